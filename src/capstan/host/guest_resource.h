// GuestResource: a resource the guest implements, held by the host.
//
// Generated handle classes derive from it, own the guest's object and add its methods. Destroying
// the handle runs the guest's destructor (later, if the store is running a call; never, if the
// store is gone). Handles are moved, not copied, and belong to their store's thread.
#pragma once

#include <capstan/abi/handle.h>
#include <capstan/host/instance.h>

#include <concepts>
#include <memory>
#include <optional>

namespace capstan {

class GuestResource {
 public:
  GuestResource() = default;  // holds nothing
  GuestResource(std::shared_ptr<host::InstanceCore> instance, capstan_guest_resource* handle)
      : instance_(std::move(instance)), handle_(handle) {}
  GuestResource(GuestResource&& other) noexcept
      : instance_(std::move(other.instance_)), handle_(std::exchange(other.handle_, nullptr)) {}
  GuestResource& operator=(GuestResource&& other) noexcept {
    GuestResource taken(std::move(other));
    std::swap(instance_, taken.instance_);
    std::swap(handle_, taken.handle_);
    return *this;
  }
  ~GuestResource() { (void)drop(); }

  // False for a default-constructed, moved-from or dropped handle.
  [[nodiscard]] explicit operator bool() const { return handle_ != nullptr; }

  // Ends the object now; says so when the guest's destructor trapped.
  Result<void> drop();

  // For generated code and the canonical ABI.
  [[nodiscard]] Instance instance() const { return Instance(instance_); }
  [[nodiscard]] capstan_guest_resource* handle() const { return handle_; }
  void forget() { handle_ = nullptr; }

 private:
  std::shared_ptr<host::InstanceCore> instance_;
  capstan_guest_resource* handle_ = nullptr;
};

namespace abi {

template <typename R>
concept HeldGuestResource = std::derived_from<R, GuestResource>;

namespace detail {
// The handle behind the guest's `index`, as the parts of a GuestResource; null after a failure.
GuestResource lift_guest_resource(Lift& cx, std::uint32_t index, std::string_view resource);
std::uint32_t lower_guest_resource(Lower& cx, capstan_handle_kind kind, GuestResource& resource,
                                   std::string_view name);
}  // namespace detail

template <HeldGuestResource R>
struct Abi<R> : HandleLayout {
  static void append_text(std::string& out) { out.append("own<").append(R::wit_resource) += '>'; }
  static R lift(Lift& cx, std::uint32_t index) {
    R resource;
    static_cast<GuestResource&>(resource) = detail::lift_guest_resource(cx, index, R::wit_resource);
    return resource;
  }
  static R lift_flat(Lift& cx, const std::uint64_t* words) {
    return lift(cx, static_cast<std::uint32_t>(words[0]));
  }
  static R load(Lift& cx, std::uint32_t at) { return lift(cx, cx.load<std::uint32_t>(at)); }
  static void lower_flat(Lower& cx, R& resource, std::uint64_t* words) {
    words[0] = detail::lower_guest_resource(cx, CAPSTAN_OWN, resource, R::wit_resource);
  }
  static void store(Lower& cx, R& resource, std::uint32_t at) {
    cx.store(at, detail::lower_guest_resource(cx, CAPSTAN_OWN, resource, R::wit_resource));
  }
};

template <HeldGuestResource R>
struct Abi<Borrow<R>> : HandleLayout {
  static void append_text(std::string& out) {
    out.append("borrow<").append(R::wit_resource) += '>';
  }
  static std::uint32_t lower(Lower& cx, const Borrow<R>& resource) {
    GuestResource nothing;  // lowering it is the error that an empty borrow deserves
    GuestResource& lent = resource.empty() ? nothing : resource.get();
    return detail::lower_guest_resource(cx, CAPSTAN_BORROW, lent, R::wit_resource);
  }
  static void lower_flat(Lower& cx, const Borrow<R>& resource, std::uint64_t* words) {
    words[0] = lower(cx, resource);
  }
  static void store(Lower& cx, const Borrow<R>& resource, std::uint32_t at) {
    cx.store(at, lower(cx, resource));
  }
};

}  // namespace abi
}  // namespace capstan
