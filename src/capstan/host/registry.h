// Registry: what takes interfaces, whoever runs the guests.
//
// The generated add_to_linker() functions register with a Registry<State>: a Linker<State>, or the
// table of a bundle, which is connected to a linker in another program later on.
#pragma once

#include <capstan/base/result.h>
#include <capstan/host/interface.h>

namespace capstan {

template <typename State>
class Registry {
 public:
  // Offers an interface. Registering the same interface again replaces it.
  virtual Result<void> add(const host::InterfaceShape& shape, host::Provider provider) = 0;

 protected:
  Registry() = default;
  Registry(const Registry&) = default;
  Registry& operator=(const Registry&) = default;
  ~Registry() = default;
};

}  // namespace capstan
