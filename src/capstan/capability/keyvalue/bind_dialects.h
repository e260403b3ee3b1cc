// One function for each dialect of bind.h; what they share.
#pragma once

#include <capstan/capability/keyvalue/bind.h>
#include <capstan/capability/keyvalue/handles.h>

#include <memory>
#include <utility>

namespace capstan::keyvalue {

// What the dialects of one component are made from.
struct Dialects {
  LinkerBase& linker;
  std::shared_ptr<Store> store;
  std::shared_ptr<Handles> handles;

  // Offers an interface; `object` is shared by the linker and all that is prepared with it.
  template <typename Host>
  Result<void> add(const host::InterfaceShape& shape, std::shared_ptr<Host> object) const {
    return linker.add(shape, host::serve_shared<Host>(std::move(object),
                                                      store->suspends() ? host::Suspends::maybe
                                                                        : host::Suspends::never));
  }
};

Result<void> bind_draft2(const Dialects& dialects);
Result<void> bind_draft(const Dialects& dialects);
Result<void> bind_texts(const Dialects& dialects);

}  // namespace capstan::keyvalue
