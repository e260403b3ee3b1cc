#include <capstan/host/store.h>

#include <capstan/host/core.h>

#include <limits>
#include <type_traits>

namespace capstan {
namespace {

template <typename... F>
struct Overloaded : F... {
  using F::operator()...;
};
template <typename... F>
Overloaded(F...) -> Overloaded<F...>;

// 0 stands for no limit; the engine has limits of its own where it is given 0.
std::uint64_t or_most(std::uint64_t limit) {
  return limit == 0 ? std::numeric_limits<std::uint64_t>::max() : limit;
}
std::uint32_t handles_max(const Limits& limits) {
  return limits.handles == 0 ? std::numeric_limits<std::uint32_t>::max() : limits.handles;
}

capstan_limits to_c(const Limits& limits) {
  return {.struct_size = sizeof(capstan_limits),
          .memory_bytes = limits.memory_bytes,
          .table_elements = limits.table_elements,
          .instances = limits.instances,
          .handles = handles_max(limits),
          .fuel = limits.fuel,
          .deadline_ms = limits.deadline_ms,
          .lifted_bytes = or_most(limits.lifted_bytes)};
}

void set_sink(capstan_wasi* wasi, capstan_stream stream, const wasi::Sink& sink) {
  auto* kept = new wasi::Sink(sink);
  capstan_wasi_sink(
      wasi, stream,
      [](void* context, const std::uint8_t* bytes, std::size_t size) noexcept {
        try {
          static_cast<wasi::Sink*>(context)->write({reinterpret_cast<const char*>(bytes), size});
        } catch (...) {  // a sink that breaks its rule loses this write, nothing else
        }
      },
      [](void* context) { delete static_cast<wasi::Sink*>(context); }, kept);
}

Result<void> set_output(capstan_wasi* wasi, capstan_stream stream, const wasi::Output& output) {
  return std::visit(
      Overloaded{[](const wasi::Discard&) { return Result<void>(); },
                 [&](const wasi::Inherit&) {
                   capstan_wasi_inherit(wasi, stream);
                   return Result<void>();
                 },
                 [&](const wasi::Descriptor& descriptor) {
                   return host::check(capstan_wasi_descriptor(wasi, stream, descriptor.fd));
                 },
                 [&](const wasi::Sink& sink) {
                   set_sink(wasi, stream, sink);
                   return Result<void>();
                 }},
      output);
}

Result<void> set_input(capstan_wasi* wasi, const wasi::Input& input) {
  return std::visit(
      Overloaded{[](const wasi::Discard&) { return Result<void>(); },
                 [&](const wasi::Inherit&) {
                   capstan_wasi_inherit(wasi, CAPSTAN_STDIN);
                   return Result<void>();
                 },
                 [&](const wasi::Descriptor& descriptor) {
                   return host::check(capstan_wasi_descriptor(wasi, CAPSTAN_STDIN, descriptor.fd));
                 },
                 [&](const wasi::Bytes& bytes) {
                   capstan_wasi_stdin_bytes(
                       wasi, reinterpret_cast<const std::uint8_t*>(bytes.bytes.data()),
                       bytes.bytes.size());
                   return Result<void>();
                 }},
      input);
}

bool grants_anything(const Wasi& options) {
  return !options.arguments.empty() || !options.environment.empty() ||
         !options.directories.empty() || options.standard_input.index() != 0 ||
         options.standard_output.index() != 0 || options.standard_error.index() != 0 ||
         options.network || !options.allowed_addresses.empty();
}

// Null when nothing is granted: the engine then makes an empty one should a guest ask, which most
// stores never do.
Result<host::WasiPtr> make_wasi(const Wasi& options) {
  using abi::detail::to_c;
  if (!grants_anything(options)) return host::WasiPtr();
  host::WasiPtr wasi(capstan_wasi_new());
  for (const std::string& argument : options.arguments)
    capstan_wasi_argument(wasi.get(), to_c(argument));
  for (const auto& [name, value] : options.environment)
    capstan_wasi_environment(wasi.get(), to_c(name), to_c(value));
  // Before the directories: they copy the setting.
  capstan_wasi_block_on_files(wasi.get(), options.block_on_files);
  for (const wasi::Directory& directory : options.directories) {
    const auto access =
        directory.access == wasi::Access::read_write ? CAPSTAN_DIR_READ_WRITE : CAPSTAN_DIR_READ;
    CAPSTAN_TRY_VOID(host::check(
        capstan_wasi_directory(wasi.get(), to_c(directory.host), to_c(directory.guest), access)));
  }
  CAPSTAN_TRY_VOID(set_input(wasi.get(), options.standard_input));
  CAPSTAN_TRY_VOID(set_output(wasi.get(), CAPSTAN_STDOUT, options.standard_output));
  CAPSTAN_TRY_VOID(set_output(wasi.get(), CAPSTAN_STDERR, options.standard_error));
  if (options.network) capstan_wasi_inherit_network(wasi.get());
  for (const std::string& address : options.allowed_addresses)
    CAPSTAN_TRY_VOID(host::check(capstan_wasi_allow_address(wasi.get(), to_c(address))));
  return wasi;
}

}  // namespace

StoreBase::Core::Core(StoreOptions options_in, void* state)
    : options(std::move(options_in)),
      handles(handles_max(options.limits)),
      context{&handles, state, nullptr, &attachments} {}

Result<capstan_store*> StoreBase::Core::open(const Component::Core& component) {
  if (store != nullptr) {
    if (engine == component.engine) return store;
    if (owner == component.owner)
      return fail(ErrorCode::invalid_argument,
                  "one store cannot hold components with and without concurrency support; "
                  "use another store, or an engine with Concurrency::on");
    return fail(ErrorCode::invalid_argument,
                "the store already holds components of another engine");
  }
  CAPSTAN_TRY(host::WasiPtr wasi, make_wasi(options.wasi));
  const capstan_limits limits = to_c(options.limits);
  CAPSTAN_TRY_VOID(host::check(
      capstan_store_new(component.engine, &limits, wasi.release(), &context, nullptr, &store)));
  engine = component.engine;
  owner = component.owner;
  return store;
}

void StoreBase::Core::end() {
  capstan_store_delete(store);
  store = nullptr;
}

StoreBase::StoreBase(StoreOptions options, void* state)
    : core_(std::make_shared<Core>(std::move(options), state)) {}
StoreBase::~StoreBase() = default;

void StoreBase::end() {
  if (core_ == nullptr) return;
  core_->end();
  // Handles to guest resources may keep the core; the objects of the host go now, before the state.
  core_->handles.destroy_all();
  core_->attachments.destroy_all();
  core_.reset();
}

Result<std::uint64_t> StoreBase::fuel() const {
  if (core_->store == nullptr)
    return fail(ErrorCode::invalid_argument, "the store has no instance yet");
  std::uint64_t fuel = 0;
  CAPSTAN_TRY_VOID(host::check(capstan_store_get_fuel(core_->store, &fuel)));
  return fuel;
}

Result<void> StoreBase::set_limits(const Limits& limits) {
  core_->options.limits = limits;
  core_->handles.set_handles_max(handles_max(limits));
  if (core_->store == nullptr) return {};
  const capstan_limits converted = to_c(limits);
  return host::check(capstan_store_set_limits(core_->store, &converted));
}

MemoryUse StoreBase::memory() const {
  MemoryUse use;
  if (core_->store != nullptr) capstan_store_memory(core_->store, &use.now_bytes, &use.peak_bytes);
  return use;
}

std::size_t StoreBase::handles() const { return core_->handles.size(); }

}  // namespace capstan
