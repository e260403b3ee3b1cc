// own<T> and borrow<T> of resources that the host implements.
//
// A resource is an abstract class R with `static constexpr std::string_view wit_resource` (its
// canonical name). own<R> is std::unique_ptr<R>, borrow<R> is R& (Borrow<R> inside other types).
// While a guest owns an object, it lives in its store's HandleTable under a number, the "rep"; the
// guest itself only sees an index the engine checks.
#pragma once

#include <capstan/abi/type.h>

#include <concepts>
#include <memory>
#include <string_view>
#include <vector>

namespace capstan {

// A resource lent for the length of a call, where a plain reference does not fit (inside a list or
// record). Null only before a value is assigned.
template <typename R>
class Borrow {
 public:
  Borrow() = default;
  Borrow(R& resource) : resource_(&resource) {}  // NOLINT: lending is meant to be implicit
  Borrow(const std::unique_ptr<R>& resource) : resource_(resource.get()) {}  // NOLINT

  [[nodiscard]] bool empty() const { return resource_ == nullptr; }
  [[nodiscard]] R& get() const { return *resource_; }
  R& operator*() const { return *resource_; }
  R* operator->() const { return resource_; }
  operator R&() const { return *resource_; }  // NOLINT

 private:
  R* resource_ = nullptr;
};

namespace abi {

template <typename R>
concept HostResource = requires {
  { R::wit_resource } -> std::convertible_to<std::string_view>;
} && std::has_virtual_destructor_v<R>;

// A number nobody in this process has yet.
[[nodiscard]] std::uint32_t next_resource_id();

// Identifies the C++ type R in this process; what the engine knows a resource type by.
template <typename R>
std::uint32_t resource_id() {
  if constexpr (std::is_const_v<R>) {
    return resource_id<std::remove_const_t<R>>();
  } else {
    static const std::uint32_t id = next_resource_id();
    return id;
  }
}

// The host objects a store's guests hold. Objects that are left are destroyed with the table.
// Belongs to its store's thread.
class HandleTable {
 public:
  explicit HandleTable(std::uint32_t handles_max) : handles_max_(handles_max) {}
  HandleTable(const HandleTable&) = delete;
  HandleTable& operator=(const HandleTable&) = delete;
  ~HandleTable() { destroy_all(); }

  // The rep of an object the guest now owns; 0 when the table is full, and then the object is
  // destroyed.
  template <HostResource R>
  [[nodiscard]] std::uint32_t insert(std::unique_ptr<R> object) {
    const std::uint32_t rep =
        insert({object.get(), [](void* raw) { delete static_cast<R*>(raw); }, resource_id<R>()});
    if (rep != 0) (void)object.release();
    return rep;
  }
  // The rep of an object the host lends to the guest for one call; 0 when the table is full. See
  // give_back.
  template <HostResource R>
  [[nodiscard]] std::uint32_t lend(R& object) {
    void* const address = const_cast<std::remove_const_t<R>*>(&object);
    const std::uint32_t rep = insert({address, nullptr, resource_id<R>()});
    if (rep != 0) lent_.push_back(rep);
    return rep;
  }

  // The object behind a rep, or nullptr when there is none of that type.
  template <HostResource R>
  [[nodiscard]] R* find(std::uint32_t rep) const {
    return static_cast<R*>(find(rep, resource_id<R>()));
  }
  // Takes an owned object out; null when there is none of that type.
  template <HostResource R>
  [[nodiscard]] std::unique_ptr<R> take(std::uint32_t rep) {
    void* object = find(rep, resource_id<R>());
    if (object == nullptr || slots_[rep - 1].destroy == nullptr) return nullptr;
    release(rep);
    return std::unique_ptr<R>(static_cast<R*>(object));
  }
  // The guest dropped the handle: destroys the object. Reps of nothing, or of what is only lent,
  // are ignored.
  void destroy(std::uint32_t rep);
  // Newest first, as locals would go: later objects may refer to earlier ones.
  void destroy_all();

  // Lending is scoped: what was lent since `mark` is given back.
  [[nodiscard]] std::size_t lent() const { return lent_.size(); }
  void give_back(std::size_t mark);

  [[nodiscard]] std::size_t size() const { return used_; }
  [[nodiscard]] std::uint32_t handles_max() const { return handles_max_; }
  void set_handles_max(std::uint32_t handles_max) { handles_max_ = handles_max; }

 private:
  struct Slot {
    void* object = nullptr;  // nullptr: free
    void (*destroy)(void*) = nullptr;
    std::uint32_t resource = 0;  // of a free slot: the next free one
    std::uint32_t older = 0;     // the slots in use, by age
    std::uint32_t newer = 0;
  };
  std::uint32_t insert(Slot slot);
  void* find(std::uint32_t rep, std::uint32_t resource) const;
  void release(std::uint32_t rep);

  std::vector<Slot> slots_;
  std::vector<std::uint32_t> lent_;
  std::uint32_t first_free_ = 0;
  std::uint32_t newest_ = 0;
  std::uint32_t used_ = 0;
  std::uint32_t handles_max_;
};

void no_such_handle(Lift& cx, std::string_view resource);
void table_full(Lower& cx, std::string_view resource);

// Both kinds are one i32 on the guest's side.
struct HandleLayout {
  static constexpr std::uint32_t size = 4;
  static constexpr std::uint32_t align = 4;
  static constexpr Flat flat = one(Core::i32);
};

template <HostResource R>
struct Abi<std::unique_ptr<R>> : HandleLayout {
  static void append_text(std::string& out) { out.append("own<").append(R::wit_resource) += '>'; }
  static std::unique_ptr<R> lift(Lift& cx, std::uint32_t index) {
    const capstan_handle handle = cx.take_handle(index);
    if (!cx.ok()) return nullptr;
    auto object =
        handle.resource == resource_id<R>() ? cx.context().handles->take<R>(handle.rep) : nullptr;
    if (object == nullptr) no_such_handle(cx, R::wit_resource);
    return object;
  }
  static std::unique_ptr<R> lift_flat(Lift& cx, const std::uint64_t* words) {
    return lift(cx, static_cast<std::uint32_t>(words[0]));
  }
  static std::unique_ptr<R> load(Lift& cx, std::uint32_t at) {
    return lift(cx, cx.load<std::uint32_t>(at));
  }
  static std::uint32_t lower(Lower& cx, std::unique_ptr<R>& object) {
    if (object == nullptr) {
      cx.fail("the host gave an empty resource", CAPSTAN_ERROR_HOST);
      return 0;
    }
    const std::uint32_t rep = cx.context().handles->insert(std::move(object));
    if (rep == 0) {
      table_full(cx, R::wit_resource);
      return 0;
    }
    const std::uint32_t index = cx.give_handle(CAPSTAN_OWN, resource_id<R>(), rep);
    if (!cx.ok()) cx.context().handles->destroy(rep);
    return index;
  }
  static void lower_flat(Lower& cx, std::unique_ptr<R>& object, std::uint64_t* words) {
    words[0] = lower(cx, object);
  }
  static void store(Lower& cx, std::unique_ptr<R>& object, std::uint32_t at) {
    cx.store(at, lower(cx, object));
  }
};

template <HostResource R>
struct Abi<Borrow<R>> : HandleLayout {
  static void append_text(std::string& out) {
    out.append("borrow<").append(R::wit_resource) += '>';
  }
  static Borrow<R> lift(Lift& cx, std::uint32_t index) {
    const capstan_handle handle = cx.take_handle(index);
    if (!cx.ok()) return {};
    R* object =
        handle.resource == resource_id<R>() ? cx.context().handles->find<R>(handle.rep) : nullptr;
    if (object == nullptr) {
      no_such_handle(cx, R::wit_resource);
      return {};
    }
    return *object;
  }
  static Borrow<R> lift_flat(Lift& cx, const std::uint64_t* words) {
    return lift(cx, static_cast<std::uint32_t>(words[0]));
  }
  static Borrow<R> load(Lift& cx, std::uint32_t at) { return lift(cx, cx.load<std::uint32_t>(at)); }
  static std::uint32_t lower(Lower& cx, const Borrow<R>& object) {
    if (object.empty()) {
      cx.fail("the host lent an empty resource", CAPSTAN_ERROR_HOST);
      return 0;
    }
    const std::uint32_t rep = cx.context().handles->lend(object.get());
    if (rep == 0) {
      table_full(cx, R::wit_resource);
      return 0;
    }
    return cx.give_handle(CAPSTAN_BORROW, resource_id<R>(), rep);
  }
  static void lower_flat(Lower& cx, const Borrow<R>& object, std::uint64_t* words) {
    words[0] = lower(cx, object);
  }
  static void store(Lower& cx, const Borrow<R>& object, std::uint32_t at) {
    cx.store(at, lower(cx, object));
  }
};

}  // namespace abi
}  // namespace capstan
