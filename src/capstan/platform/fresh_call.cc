#include <capstan/platform/fresh_call.h>

#include <utility>

namespace capstan::platform {

Task<Result<void>> call_fresh(std::shared_ptr<const Callee> callee, CallInstance call) {
  Store<> store(NoState(), callee->options);
  Task<Result<Instance>> starting = callee->prepared.instantiate_async(store);
  Result<Instance> instance = co_await std::move(starting);
  if (!instance) co_return std::unexpected(std::move(instance).error());
  Task<Result<void>> calling = call(*std::move(instance));
  co_return co_await std::move(calling);
}

}  // namespace capstan::platform
