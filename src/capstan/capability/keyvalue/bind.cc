#include <capstan/capability/keyvalue/bind.h>

#include <capstan/capability/keyvalue/bind_dialects.h>

namespace capstan::keyvalue {

Result<void> bind(LinkerBase& linker, const std::shared_ptr<Store>& store,
                  const BindLimits& limits) {
  const Dialects dialects{
      .linker = linker, .store = store, .handles = std::make_shared<Handles>(limits)};
  CAPSTAN_TRY_VOID(bind_draft2(dialects));
  CAPSTAN_TRY_VOID(bind_draft(dialects));
  return bind_texts(dialects);
}

}  // namespace capstan::keyvalue
