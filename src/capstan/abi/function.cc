#include <capstan/abi/function.h>

#include <fmt/format.h>

#include <exception>
#include <memory>
#include <new>

namespace capstan::abi::detail {

capstan_error* error_from_exception(const BoundFunction* bound) noexcept {
  try {
    std::string where = "a host value";
    if (bound != nullptr) where = fmt::format("{}#{}", bound->interface_id, bound->shape->name);
    try {
      throw;
    } catch (const std::exception& thrown) {
      return capstan_error_new(CAPSTAN_ERROR_HOST,
                               to_c(fmt::format("{} threw: {}", where, thrown.what())));
    } catch (...) {
      return capstan_error_new(CAPSTAN_ERROR_HOST,
                               to_c(where + " threw something that is no std::exception"));
    }
  } catch (...) {
    return capstan_error_new(CAPSTAN_ERROR_HOST, to_c("a host function threw, and memory ran out"));
  }
}

namespace {
struct OwnedWaker {
  capstan_waker waker;
  explicit OwnedWaker(const capstan_waker& from) : waker(from.vtable->clone(from.data)) {}
  OwnedWaker(const OwnedWaker&) = delete;
  OwnedWaker& operator=(const OwnedWaker&) = delete;
  ~OwnedWaker() { waker.vtable->drop(waker.data); }
};
}  // namespace

Waker adopt_waker(const capstan_waker* waker) {
  if (waker == nullptr || waker->vtable == nullptr) return {};
  return Waker([owned = std::make_shared<OwnedWaker>(*waker)] {
    owned->waker.vtable->wake(owned->waker.data);
  });
}

}  // namespace capstan::abi::detail
