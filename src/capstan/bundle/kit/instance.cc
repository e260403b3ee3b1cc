#include <capstan/bundle/kit/instance.h>

#include <capstan/abi/attachments.h>
#include <capstan/abi/handle.h>
#include <capstan/engine.h>

#include <exception>
#include <limits>

// What abi/ calls of the engine: here it is passed on to the host. The functions themselves are the
// same for every instance of the bundle, so that this needs no instance.
namespace {

decltype(capstan_bundle_host::error_new) host_error_new = nullptr;
decltype(capstan_bundle_host::error_delete) host_error_delete = nullptr;
decltype(capstan_bundle_host::resource_id_new) host_resource_id_new = nullptr;

}  // namespace

extern "C" {
capstan_error* capstan_error_new(capstan_error_code code, capstan_text message) {
  return host_error_new(code, message);
}
void capstan_error_delete(capstan_error* error) {
  if (error != nullptr) host_error_delete(error);
}
}

namespace capstan::abi {
std::uint32_t next_resource_id() { return host_resource_id_new(); }
}  // namespace capstan::abi

namespace capstan::bundle {

std::optional<std::string_view> Host::config(std::string_view key) const {
  capstan_text value{};
  if (!table_->config_get(table_->context, abi::detail::to_c(key), &value)) return std::nullopt;
  return abi::detail::from_c(value);
}

void Host::log(LogLevel level, std::string_view message) const {
  table_->log(table_->context, static_cast<capstan_log_level>(level), abi::detail::to_c(message));
}

namespace kit {
namespace {

// Call inside a catch block.
capstan_error* thrown_error() noexcept {
  try {
    throw;
  } catch (const std::exception& thrown) {
    return capstan_error_new(CAPSTAN_ERROR_HOST, abi::detail::to_c(thrown.what()));
  } catch (...) {
    return capstan_error_new(CAPSTAN_ERROR_HOST,
                             abi::detail::to_c("it threw something that is no std::exception"));
  }
}

}  // namespace

// What crosses as the store is a StoreContext, which is what host functions look for in `user`.
struct Instance::StoreState : abi::StoreContext {
  explicit StoreState(Instance& owner_in)
      : StoreContext{&table, owner_in.make_state(), nullptr, &kept}, owner(owner_in) {}
  StoreState(const StoreState&) = delete;
  StoreState& operator=(const StoreState&) = delete;
  ~StoreState() {
    table.destroy_all();
    owner.delete_state(state);
  }

  Instance& owner;
  // The engine counts what guests hold.
  abi::HandleTable table{std::numeric_limits<std::uint32_t>::max()};
  abi::Attachments kept;
};

void Instance::add(const host::InterfaceShape& shape, host::Provider provider) {
  offered_.emplace_back().table.fill(shape, std::move(provider));
}

void Instance::finish() {
  for (Offered& offered : offered_) {
    for (const capstan_function& function : offered.table.functions)
      offered.functions.push_back(&function);
    for (const capstan_resource& resource : offered.table.resources)
      offered.resources.push_back(&resource);
    offered.interface = {.struct_size = sizeof(capstan_interface),
                         .import_name = abi::detail::to_c(offered.table.shape.id),
                         .functions = offered.functions.data(),
                         .function_count = offered.functions.size(),
                         .resources = offered.resources.data(),
                         .resource_count = offered.resources.size()};
    interfaces_.push_back(&offered.interface);
  }
  bundle_ = {.struct_size = sizeof bundle_,
             .abi_major = CAPSTAN_BUNDLE_ABI_MAJOR,
             .abi_minor = CAPSTAN_BUNDLE_ABI_MINOR,
             .interfaces = interfaces_.data(),
             .interface_count = interfaces_.size(),
             .self = this,
             .store_new = &store_new,
             .store_delete = &store_delete,
             .stop = &stop};
}

capstan_error* Instance::start(const capstan_bundle_host* host, const capstan_bundle** bundle_out,
                               Make make) noexcept {
  // Once: another instance may be in use meanwhile.
  if (host_error_new == nullptr) {
    host_error_delete = host->error_delete;
    host_resource_id_new = host->resource_id_new;
    host_error_new = host->error_new;
  }
  try {
    *bundle_out = &make(*host).release()->bundle_;  // stop() takes it back
    return nullptr;
  } catch (...) {
    return thrown_error();
  }
}

capstan_error* Instance::store_new(void* self, void** store_out) noexcept {
  try {
    auto made = std::make_unique<StoreState>(*static_cast<Instance*>(self));
    *store_out = static_cast<abi::StoreContext*>(made.release());
    return nullptr;
  } catch (...) {
    return thrown_error();
  }
}

void Instance::store_delete(void*, void* store) noexcept {
  delete static_cast<StoreState*>(static_cast<abi::StoreContext*>(store));
}

void Instance::stop(void* self) noexcept { delete static_cast<Instance*>(self); }

}  // namespace kit
}  // namespace capstan::bundle
