#include <capstan/bundle/library.h>

#include <capstan/abi/attachments.h>
#include <capstan/abi/handle.h>
#include <capstan/bundle/agree.h>
#include <capstan/engine.h>

#include <fmt/format.h>

#include <dlfcn.h>

#include <algorithm>
#include <new>

namespace capstan::bundle {

using abi::detail::from_c;
using abi::detail::to_c;

// What the bundle keeps for one store.
struct Library::StoreState {
  StoreState(std::shared_ptr<const Library> owner_in, void* state_in)
      : owner(std::move(owner_in)), state(state_in) {}
  StoreState(const StoreState&) = delete;
  StoreState& operator=(const StoreState&) = delete;
  ~StoreState() {
    const capstan_bundle& bundle = owner->tables_.bundle;
    if (bundle.store_delete != nullptr) bundle.store_delete(bundle.self, state);
  }

  std::shared_ptr<const Library> owner;
  void* state;
};

// The `self` of a function and a resource towards the engine.
struct Library::Function {
  const Library* library;
  capstan_function table;
  std::uint32_t frame_offset;
};
struct Library::Resource {
  const Library* library;
  capstan_resource table;
};

// Stands before the bundle's own frame.
struct Library::Frame {
  const Function* function = nullptr;  // nullptr: the bundle has not been entered
  void* state = nullptr;

  [[nodiscard]] void* bundle_frame() {
    return reinterpret_cast<std::byte*>(this) + function->frame_offset;
  }
};

// ---------------------------------------------------------------------------------------------
// loading

Library::Library(Manifest manifest, std::vector<WitInterface> wit, Log log)
    : manifest_(std::move(manifest)), wit_(std::move(wit)), log_(std::move(log)) {
  host_ = {.struct_size = sizeof host_,
           .abi_major = CAPSTAN_BUNDLE_ABI_MAJOR,
           .abi_minor = CAPSTAN_BUNDLE_ABI_MINOR,
           .context = this,
           .error_new = &capstan_error_new,
           .error_delete = &capstan_error_delete,
           .log = &write_log,
           .config_get = &config_get,
           .resource_id_new = &abi::next_resource_id};
}

Library::~Library() {
  if (started_ && tables_.bundle.stop != nullptr) tables_.bundle.stop(tables_.bundle.self);
  if (handle_ != nullptr) dlclose(handle_);
}

Result<std::shared_ptr<const Library>> Library::load(Manifest manifest,
                                                     std::vector<WitInterface> wit, Log log) {
  std::shared_ptr<Library> library(
      new Library(std::move(manifest), std::move(wit), std::move(log)));
  // An absolute path: dlopen looks up a bare name elsewhere.
  const std::string path = std::filesystem::absolute(library->manifest_.library).string();
  library->handle_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library->handle_ == nullptr)
    return fail(ErrorCode::not_loadable,
                fmt::format("its library cannot be loaded: {}", dlerror()));
  void* entry = dlsym(library->handle_, CAPSTAN_BUNDLE_ENTRY_NAME);
  if (entry == nullptr)
    return fail(ErrorCode::not_loadable,
                fmt::format("its library '{}' is no bundle: it does not export {}", path,
                            CAPSTAN_BUNDLE_ENTRY_NAME));
  CAPSTAN_TRY_VOID(library->run_entry(reinterpret_cast<capstan_bundle_entry>(entry)));
  return library;
}

Result<void> Library::run_entry(capstan_bundle_entry entry) {
  const capstan_bundle* bundle = nullptr;
  if (capstan_error* error = entry(&host_, &bundle); error != nullptr) {
    std::string message(from_c(capstan_error_message(error)));
    capstan_error_delete(error);
    return fail(ErrorCode::not_loadable, fmt::format("it did not start: {}", message));
  }
  CAPSTAN_TRY(tables_, read_tables(bundle));
  started_ = true;
  CAPSTAN_TRY_VOID(check_agreement(tables_, wit_));
  bind();
  return {};
}

void Library::bind() {
  for (const OfferedInterface& interface : tables_.interfaces) {
    auto& functions = functions_.emplace_back();
    for (const OfferedFunction& function : interface.functions) {
      // Alignments are powers of two, and the header's size a multiple of its own.
      const auto offset = std::max<std::uint32_t>(sizeof(Frame), function.table.frame_align);
      functions.push_back({this, function.table, offset});
    }
    auto& resources = resources_.emplace_back();
    for (const OfferedResource& resource : interface.resources)
      resources.push_back({this, resource.table});
  }
}

host::RuntimeInterface Library::runtime_interface(std::size_t index) const {
  const OfferedInterface& offered = tables_.interfaces[index];
  const WitInterface& wit = *std::ranges::find(wit_, offered.id, &WitInterface::id);
  host::RuntimeInterface interface{
      .id = offered.id, .functions = {}, .resources = {}, .keep_alive = shared_from_this()};
  for (std::size_t i = 0; i < offered.functions.size(); ++i) {
    const OfferedFunction& function = offered.functions[i];
    const Function& bound = functions_[index][i];
    interface.functions.push_back(
        {.struct_size = sizeof(capstan_function),
         .name = to_c(function.name),
         .signature = to_c(function.signature),
         .flags = function.table.flags,
         .frame_bytes = bound.frame_offset + function.table.frame_bytes,
         .frame_align = std::max<std::uint32_t>(alignof(Frame), function.table.frame_align),
         .enter = &enter,
         .poll = &poll,
         .lower = &lower,
         .drop = &drop,
         .self = const_cast<Function*>(&bound),
         .direct = function.table.direct == nullptr ? nullptr : &direct});
  }
  for (std::size_t i = 0; i < offered.resources.size(); ++i) {
    const OfferedResource& resource = offered.resources[i];
    const auto& declared = *std::ranges::find(wit.resources, resource.name, &WitResource::name);
    interface.resources.push_back({.table = {.struct_size = sizeof(capstan_resource),
                                             .name = to_c(resource.name),
                                             .id = resource.table.id,
                                             .destroy = &destroy,
                                             .self = const_cast<Resource*>(&resources_[index][i])},
                                   .origin = declared.origin});
  }
  return interface;
}

// ---------------------------------------------------------------------------------------------
// calls

Library::StoreState* Library::store_state(abi::StoreContext& context,
                                          capstan_error** error_out) const {
  if (void* known = context.attachments->find(this)) return static_cast<StoreState*>(known);
  try {
    const capstan_bundle& bundle = tables_.bundle;
    void* state = bundle.self;
    if (bundle.store_new != nullptr) {
      *error_out = bundle.store_new(bundle.self, &state);
      if (*error_out != nullptr) return nullptr;
    }
    auto made = std::make_shared<StoreState>(shared_from_this(), state);
    context.attachments->attach(this, made);
    return made.get();
  } catch (...) {
    *error_out = capstan_error_new(CAPSTAN_ERROR_HOST, to_c("no memory for the state of a bundle"));
    return nullptr;
  }
}

namespace {

// A bundle that breaks the rules of a call must not make the engine wait or guess.
capstan_status checked(capstan_status status, const capstan_function& function,
                       capstan_error** error_out) noexcept {
  if (status == CAPSTAN_READY) [[likely]]
    return status;
  if (status == CAPSTAN_PENDING && (function.flags & CAPSTAN_MAY_SUSPEND) != 0) return status;
  if (status != CAPSTAN_FAILED || *error_out == nullptr) {
    capstan_error_delete(*error_out);
    *error_out = capstan_error_new(
        CAPSTAN_ERROR_HOST,
        to_c(status == CAPSTAN_FAILED ? "a function of a bundle failed without an error"
                                      : "a function of a bundle gave a wrong status"));
  }
  return CAPSTAN_FAILED;
}

}  // namespace

capstan_status Library::enter(void* self, capstan_lift* call, void* storage,
                              const capstan_waker* waker, capstan_error** error_out) noexcept {
  const auto* function = static_cast<const Function*>(self);
  auto* frame = new (storage) Frame();
  auto* context = static_cast<abi::StoreContext*>(call->user);
  const StoreState* store = function->library->store_state(*context, error_out);
  if (store == nullptr) return CAPSTAN_FAILED;
  frame->function = function;
  frame->state = store->state;
  call->user = store->state;
  const capstan_status status =
      function->table.enter(function->table.self, call, frame->bundle_frame(), waker, error_out);
  call->user = context;
  return checked(status, function->table, error_out);
}

capstan_status Library::poll(void* storage, const capstan_waker* waker,
                             capstan_error** error_out) noexcept {
  auto* frame = static_cast<Frame*>(storage);
  const capstan_function& table = frame->function->table;
  return checked(table.poll(frame->bundle_frame(), waker, error_out), table, error_out);
}

capstan_error* Library::lower(void* storage, capstan_lower* call) noexcept {
  auto* frame = static_cast<Frame*>(storage);
  void* context = std::exchange(call->user, frame->state);
  capstan_error* error = frame->function->table.lower(frame->bundle_frame(), call);
  call->user = context;
  return error;
}

void Library::drop(void* storage) noexcept {
  auto* frame = static_cast<Frame*>(storage);
  if (frame->function != nullptr) frame->function->table.drop(frame->bundle_frame());
}

capstan_status Library::direct(void* self, capstan_lift* call, std::uint64_t* word_out,
                               capstan_error** error_out) noexcept {
  const auto* function = static_cast<const Function*>(self);
  auto* context = static_cast<abi::StoreContext*>(call->user);
  const StoreState* store = function->library->store_state(*context, error_out);
  if (store == nullptr) return CAPSTAN_FAILED;
  call->user = store->state;
  const capstan_status status =
      function->table.direct(function->table.self, call, word_out, error_out);
  call->user = context;
  return checked(status, function->table, error_out);
}

void Library::destroy(void* self, void* user, std::uint32_t rep) noexcept {
  const auto* resource = static_cast<const Resource*>(self);
  // The resource came from a call, so the state is there.
  const auto* context = static_cast<const abi::StoreContext*>(user);
  if (const void* found = context->attachments->find(resource->library))
    resource->table.destroy(resource->table.self, static_cast<const StoreState*>(found)->state,
                            rep);
}

// ---------------------------------------------------------------------------------------------
// what the host does for the bundle

void Library::write_log(void* context, capstan_log_level level, capstan_text message) noexcept {
  const auto* library = static_cast<const Library*>(context);
  if (!library->log_) return;
  try {
    const int known =
        std::clamp<int>(static_cast<int>(level), CAPSTAN_LOG_ERROR, CAPSTAN_LOG_DEBUG);
    library->log_(static_cast<LogLevel>(known), library->manifest_.name, from_c(message));
  } catch (...) {  // a log that fails loses this line, nothing else
  }
}

bool Library::config_get(void* context, capstan_text key, capstan_text* value_out) noexcept {
  const Config& config = static_cast<const Library*>(context)->manifest_.config;
  const auto found = std::ranges::find(config, from_c(key), &Config::value_type::first);
  if (found == config.end()) return false;
  *value_out = to_c(found->second);
  return true;
}

}  // namespace capstan::bundle
