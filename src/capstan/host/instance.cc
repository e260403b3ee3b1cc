#include <capstan/host/instance.h>

#include <capstan/abi/handle.h>
#include <capstan/host/core.h>
#include <capstan/host/diagnostics.h>
#include <capstan/host/guest_resource.h>

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace capstan {
namespace {

// A Waker as the engine's waker. Each copy the engine makes owns one Waker on the heap.
const capstan_waker_vtable* waker_vtable() {
  static const capstan_waker_vtable vtable = {
      .clone = [](const void* data) -> capstan_waker {
        return {new Waker(*static_cast<const Waker*>(data)), waker_vtable()};
      },
      .wake = [](const void* data) { static_cast<const Waker*>(data)->wake(); },
      .drop = [](const void* data) { delete static_cast<const Waker*>(data); },
  };
  return &vtable;
}

// Lives only as long as the poll it is passed to: the engine clones what it keeps.
capstan_waker borrow_waker(const Waker& waker) { return {&waker, waker_vtable()}; }

// Marks the store as running a call of `core`; what was lent to the guest is given back at the end.
class CallScope {
 public:
  explicit CallScope(host::InstanceCore& core)
      : store_(*core.store), outer_(store_.context.instance), lent_(store_.handles.lent()) {
    store_.context.instance = &core;
  }
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;
  ~CallScope() {
    store_.handles.give_back(lent_);
    store_.context.instance = outer_;
  }

 private:
  StoreBase::Core& store_;
  void* outer_;
  std::size_t lent_;
};

Result<void> ready_to_call(const host::InstanceCore& core, std::size_t index) {
  if (core.store->store == nullptr) [[unlikely]]
    return fail(ErrorCode::invalid_argument, "the store of this instance has ended");
  CAPSTAN_CHECK(core.exports != nullptr && index < core.exports->exports.size(),
                "the instance is bound to the world whose export is called");
  return {};
}

}  // namespace

// ------------------------------------------------------------------------------------------- calls

Result<void> Instance::bind(const host::WorldShape& world) {
  CAPSTAN_TRY(core_->exports, core_->prepared->exports(world));
  return {};
}

Result<void> Instance::run(std::size_t index, const capstan_call_values& values) const {
  CAPSTAN_TRY_VOID(ready_to_call(*core_, index));
  const CallScope scope(*core_);
  capstan_error* error = capstan_call_blocking(core_->store->store, core_->index,
                                               core_->exports->exports[index], &values);
  if (error == nullptr) [[likely]]
    return {};
  return std::unexpected(host::take_error(error));
}

Instance::PendingCall::PendingCall(host::InstanceCore& core, std::size_t index,
                                   const capstan_call_values& values)
    : core_(core), values_(values) {
  lent_ = core_.store->handles.lent();
  if (outcome_ = ready_to_call(core_, index); outcome_) {
    outcome_ = host::check(capstan_call_new(core_.store->store, core_.index,
                                            core_.exports->exports[index], &values_, &call_));
  }
  done_ = !outcome_.has_value();
}

Instance::PendingCall::~PendingCall() {
  if (call_ == nullptr) return;
  capstan_call_delete(call_);  // also when its store is gone already
  if (core_.store->store != nullptr) core_.store->handles.give_back(lent_);
}

bool Instance::PendingCall::ready(const Waker& waker) {
  if (done_) return true;
  if (core_.store->store == nullptr) {
    outcome_ = fail(ErrorCode::invalid_argument, "the store ended while the call was in progress");
    return done_ = true;
  }
  // Only while it is polled does the store run this instance; several stores may share a thread.
  void* const outer = std::exchange(core_.store->context.instance, static_cast<void*>(&core_));
  const capstan_waker borrowed = borrow_waker(waker);
  capstan_error* error = nullptr;
  const capstan_status status = capstan_call_poll(call_, &borrowed, &error);
  core_.store->context.instance = outer;
  if (status == CAPSTAN_PENDING) return false;
  if (status == CAPSTAN_FAILED) outcome_ = std::unexpected(host::take_error(error));
  capstan_call_delete(std::exchange(call_, nullptr));
  core_.store->handles.give_back(lent_);
  return done_ = true;
}

// ------------------------------------------------------------------------------------------ invoke

namespace {

std::string qualified(std::string_view interface_id, std::string_view name) {
  return interface_id.empty() ? std::string(name) : fmt::format("{}#{}", interface_id, name);
}

// The exact interface, else one of a compatible version, else one whose version was left out.
const ComponentItem* find_function(const Component& component, std::string_view interface_id,
                                   std::string_view name) {
  const std::string key = host::compatibility_key(interface_id);
  const ComponentItem* near = nullptr;
  for (const ComponentItem& item : component.exports()) {
    if (item.kind != ComponentItem::Kind::function || item.name != name) continue;
    if (item.interface_name == interface_id) return &item;
    const bool compatible = !key.empty() && host::compatibility_key(item.interface_name) == key;
    if (compatible ||
        (!interface_id.empty() && host::without_version(item.interface_name) == interface_id))
      near = &item;
  }
  return near;
}

Error no_such_function(const Component& component, std::string_view wanted) {
  std::vector<std::string> names;
  for (const ComponentItem& item : component.exports())
    if (item.kind == ComponentItem::Kind::function)
      names.push_back(qualified(item.interface_name, item.name));
  const std::vector<std::string_view> candidates(names.begin(), names.end());
  const std::string_view near = host::nearest(wanted, candidates);
  std::string advice = "it exports no functions";
  if (!near.empty()) {
    advice = fmt::format("did you mean '{}'?", near);
  } else if (!names.empty()) {
    constexpr std::size_t shown_max = 10;
    const std::span shown = std::span(names).first(std::min(names.size(), shown_max));
    advice = fmt::format("it exports {}{}", fmt::join(shown, ", "),
                         shown.size() < names.size() ? " and more" : "");
  }
  return Error(
      ErrorCode::invalid_argument,
      fmt::format("'{}' does not export the function '{}': {}", component.name(), wanted, advice));
}

// The engine knows what is wrong with the text; the type says what would be right.
Error with_type(Error error, const ComponentItem& item) {
  if (error.code() != ErrorCode::invalid_argument) return error;
  constexpr std::size_t shown_max = 1000;
  std::string type = item.signature.substr(0, shown_max);
  if (type.size() < item.signature.size()) type += "...";
  return Error(ErrorCode::invalid_argument,
               fmt::format("'{}' cannot be called so: {}; its type is {}{}",
                           qualified(item.interface_name, item.name), error.message(),
                           item.is_async ? "async " : "", type));
}

}  // namespace

Result<std::string> Instance::invoke(std::string_view interface_id, std::string_view name,
                                     std::string_view arguments) const {
  using abi::detail::to_c;
  if (core_->store->store == nullptr)
    return fail(ErrorCode::invalid_argument, "the store of this instance has ended");
  const PreparedBase::Core& prepared = *core_->prepared;
  const ComponentItem* item = find_function(prepared.component, interface_id, name);
  if (item == nullptr)
    return std::unexpected(no_such_function(prepared.component, qualified(interface_id, name)));
  const capstan_export* function = capstan_prepared_export(
      prepared.prepared.get(), to_c(item->interface_name), to_c(item->name));

  std::string result;
  const auto keep = [](void* context, capstan_text text) noexcept {
    static_cast<std::string*>(context)->assign(abi::detail::from_c(text));
  };
  const CallScope scope(*core_);
  if (auto called = host::check(capstan_invoke_text(core_->store->store, core_->index, function,
                                                    to_c(arguments), keep, &result));
      !called)
    return std::unexpected(with_type(std::move(called).error(), *item));
  return result;
}

// --------------------------------------------------------------------------------------
// instantiate

namespace host {
namespace {

std::shared_ptr<InstanceCore> new_instance(StoreBase& store, const PreparedBase& prepared) {
  auto core = std::make_shared<InstanceCore>();
  core->store = store.core();
  core->prepared = prepared.core();
  return core;
}

Error cannot_instantiate(const PreparedBase& prepared, Error error) {
  return std::move(error).with_context(
      fmt::format("cannot instantiate '{}'", prepared.component().name()));
}

// Instantiation in progress.
class PendingInstance final : public base::Leaf {
 public:
  PendingInstance(StoreBase::Core& store, const PreparedBase& prepared, capstan_instance* index)
      : store_(store) {
    auto opened = store.open(*prepared.component().core());
    if (opened) {
      outcome_ =
          check(capstan_instantiate_async(*opened, prepared.core()->prepared.get(), index, &call_));
    } else {
      outcome_ = std::unexpected(std::move(opened).error());
    }
    done_ = !outcome_.has_value();
  }
  PendingInstance(const PendingInstance&) = delete;
  PendingInstance& operator=(const PendingInstance&) = delete;
  ~PendingInstance() { capstan_call_delete(call_); }

  bool ready(const Waker& waker) override {
    if (done_) return true;
    if (store_.store == nullptr) {
      outcome_ = fail(ErrorCode::invalid_argument, "the store ended while it was instantiating");
      return done_ = true;
    }
    const capstan_waker borrowed = borrow_waker(waker);
    capstan_error* error = nullptr;
    const capstan_status status = capstan_call_poll(call_, &borrowed, &error);
    if (status == CAPSTAN_PENDING) return false;
    if (status == CAPSTAN_FAILED) outcome_ = std::unexpected(take_error(error));
    return done_ = true;
  }
  Result<void> take() { return std::move(outcome_); }

 private:
  StoreBase::Core& store_;
  capstan_call* call_ = nullptr;
  bool done_ = false;
  Result<void> outcome_;
};

Task<Result<Instance>> instantiate_on(std::shared_ptr<InstanceCore> core, PreparedBase prepared) {
  PendingInstance pending(*core->store, prepared, &core->index);
  base::LeafAwaiter<PendingInstance> awaiter{pending};
  Result<void> made = co_await awaiter;
  if (!made) co_return std::unexpected(cannot_instantiate(prepared, std::move(made).error()));
  co_return Instance(std::move(core));
}

}  // namespace

Result<Instance> instantiate(StoreBase& store, const PreparedBase& prepared) {
  auto core = new_instance(store, prepared);
  auto opened = core->store->open(*prepared.component().core());
  if (!opened) return std::unexpected(cannot_instantiate(prepared, std::move(opened).error()));
  if (auto made =
          check(capstan_instantiate(*opened, prepared.core()->prepared.get(), &core->index));
      !made)
    return std::unexpected(cannot_instantiate(prepared, std::move(made).error()));
  return Instance(std::move(core));
}

Task<Result<Instance>> instantiate_async(StoreBase& store, const PreparedBase& prepared) {
  // The task starts later, when the arguments may be gone: it gets its own.
  return instantiate_on(new_instance(store, prepared), prepared);
}

}  // namespace host

// ---------------------------------------------------------------------------------- guest
// resources

Result<void> GuestResource::drop() {
  capstan_guest_resource* const handle = std::exchange(handle_, nullptr);
  if (handle == nullptr) return {};
  const auto instance = std::exchange(instance_, nullptr);
  if (instance->store->store == nullptr) {
    capstan_guest_resource_forget(handle);
    return {};
  }
  return host::check(capstan_guest_resource_delete(instance->store->store, handle));
}

namespace abi::detail {

GuestResource lift_guest_resource(Lift& cx, std::uint32_t index, std::string_view resource) {
  const capstan_handle handle = cx.take_handle(index);
  if (!cx.ok()) return {};
  auto* instance = static_cast<host::InstanceCore*>(cx.context().instance);
  if (handle.guest == nullptr || instance == nullptr) {
    no_such_handle(cx, resource);
    return {};
  }
  return {instance->shared_from_this(), handle.guest};
}

std::uint32_t lower_guest_resource(Lower& cx, capstan_handle_kind kind, GuestResource& resource,
                                   std::string_view name) {
  if (!resource) {
    cx.fail(fmt::format("an empty handle was given for {}", name), CAPSTAN_ERROR_INVALID_ARGUMENT);
    return 0;
  }
  // The engine notices it too, but takes it for a fault of the guest.
  if (&resource.instance().core()->store->context != &cx.context()) {
    cx.fail(fmt::format("the {} that was given belongs to another store", name),
            CAPSTAN_ERROR_INVALID_ARGUMENT);
    return 0;
  }
  const std::uint32_t index = cx.give_guest_handle(kind, resource.handle());
  if (kind == CAPSTAN_OWN && cx.ok()) resource.forget();
  return index;
}

}  // namespace abi::detail
}  // namespace capstan
