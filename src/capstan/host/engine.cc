#include <capstan/host/engine.h>

#include <capstan/host/core.h>

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>

namespace capstan {
namespace {

std::filesystem::path default_cache_directory() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache != '\0')
    return std::filesystem::path(cache) / "capstan" / "components";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    return std::filesystem::path(home) / ".cache" / "capstan" / "components";
  return {};
}

void collect(void* context, const capstan_item* item) {
  using Kind = ComponentItem::Kind;
  static_cast<std::vector<ComponentItem>*>(context)->push_back(
      {.kind = item->kind == CAPSTAN_ITEM_FUNCTION    ? Kind::function
               : item->kind == CAPSTAN_ITEM_RESOURCE  ? Kind::resource
               : item->kind == CAPSTAN_ITEM_INTERFACE ? Kind::interface
                                                      : Kind::other,
       .interface_name = std::string(abi::detail::from_c(item->interface_name)),
       .name = std::string(abi::detail::from_c(item->name)),
       .signature = std::string(abi::detail::from_c(item->signature)),
       .is_async = item->is_async});
}

Result<Component> describe(std::shared_ptr<Component::Core> core) {
  CAPSTAN_TRY_VOID(
      host::check(capstan_component_imports(core->component.get(), collect, &core->imports)));
  CAPSTAN_TRY_VOID(
      host::check(capstan_component_exports(core->component.get(), collect, &core->exports)));
  return Component(std::move(core));
}

Error cannot_load(std::string_view name, Error error) {
  return std::move(error).with_context(fmt::format("cannot load '{}'", name));
}

}  // namespace

const std::string& Component::name() const { return core_->name; }
const std::vector<ComponentItem>& Component::imports() const { return core_->imports; }
const std::vector<ComponentItem>& Component::exports() const { return core_->exports; }
bool Component::needs_concurrency() const { return core_->needs_concurrency; }
bool Component::from_cache() const { return core_->from_cache; }

Result<std::vector<std::uint8_t>> Component::precompile() const {
  std::vector<std::uint8_t> artefact;
  const auto write = [](void* context, const std::uint8_t* bytes, std::size_t size) {
    static_cast<std::vector<std::uint8_t>*>(context)->assign(bytes, bytes + size);
  };
  CAPSTAN_TRY_VOID(
      host::check(capstan_component_serialize(core_->component.get(), write, &artefact)));
  return artefact;
}

Result<capstan_engine*> Engine::Core::get(bool concurrency) {
  const std::lock_guard lock(mutex);
  host::EnginePtr& engine = concurrency ? concurrent : plain;
  if (engine) return engine.get();

  capstan_pool pool{};
  if (options.pool) {
    pool = {.struct_size = sizeof pool,
            .instances = options.pool->instances,
            .memories_per_instance = options.pool->memories_per_instance,
            .tables_per_instance = options.pool->tables_per_instance,
            .memory_bytes_max = options.pool->memory_bytes_max,
            .table_elements_max = options.pool->table_elements_max,
            .memory_bytes_resident = options.pool->memory_bytes_resident,
            .table_bytes_resident = 0,
            .stack_bytes_resident = 0};
  }
  std::string cache;
  if (options.cache)
    cache = options.cache_directory.empty() ? default_cache_directory().string()
                                            : options.cache_directory.string();
  const capstan_engine_config config{.struct_size = sizeof config,
                                     .concurrency = concurrency,
                                     .interruptible = options.interruptible,
                                     .fuel = options.fuel,
                                     .no_signal_handlers = !options.signal_handlers,
                                     .no_parallel_compile = !options.parallel_compile,
                                     .guest_stack_bytes = options.guest_stack_bytes,
                                     .fiber_stack_bytes = options.fiber_stack_bytes,
                                     .tick_ms = options.tick_ms,
                                     .pool = options.pool ? &pool : nullptr,
                                     .cache_dir = abi::detail::to_c(cache)};
  capstan_engine* made = nullptr;
  CAPSTAN_TRY_VOID(host::check(capstan_engine_new(&config, &made)));
  engine.reset(made);
  return made;
}

Result<Engine> Engine::create(EngineOptions options) {
  auto core = std::make_shared<Core>();
  core->options = std::move(options);
  // The engine most components use is made at once, so that wrong options show here.
  CAPSTAN_TRY_VOID([&]() -> Result<void> {
    CAPSTAN_TRY([[maybe_unused]] auto* engine,
                core->get(core->options.concurrency == Concurrency::on));
    return {};
  }());
  return Engine(std::move(core));
}

const EngineOptions& Engine::options() const { return core_->options; }

Result<Component> Engine::load(std::span<const std::uint8_t> bytes, std::string_view name) {
  auto core = std::make_shared<Component::Core>();
  core->owner = core_;
  core->name = name;

  bool needs = false;
  if (auto checked =
          host::check(capstan_component_needs_concurrency(bytes.data(), bytes.size(), &needs));
      !checked)
    return std::unexpected(cannot_load(name, std::move(checked).error()));
  core->needs_concurrency = needs;
  if (needs && core_->options.concurrency == Concurrency::off)
    return std::unexpected(cannot_load(
        name,
        Error(
            ErrorCode::unsupported,
            "the component uses async functions, streams, futures or WASI 0.3, and this engine was "
            "made with Concurrency::off; use Concurrency::automatic")));

  CAPSTAN_TRY(core->engine, core_->get(needs || core_->options.concurrency == Concurrency::on));
  capstan_component* component = nullptr;
  if (auto made = host::check(capstan_component_new(core->engine, bytes.data(), bytes.size(),
                                                    &component, &core->from_cache));
      !made)
    return std::unexpected(cannot_load(name, std::move(made).error()));
  core->component.reset(component);
  return describe(std::move(core));
}

Result<Component> Engine::load_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::error_code ignored;
  if (!file || std::filesystem::is_directory(path, ignored))
    return fail(ErrorCode::io,
                fmt::format("cannot load '{}': no such file, or it cannot be read", path.string()));
  const std::vector<std::uint8_t> bytes((std::istreambuf_iterator<char>(file)),
                                        std::istreambuf_iterator<char>());
  if (file.bad())
    return fail(ErrorCode::io, fmt::format("cannot load '{}': reading it failed", path.string()));
  return load(bytes, path.filename().string());
}

Result<Component> Engine::load_precompiled(const std::filesystem::path& path) {
  // Which engine made it is only known to the artefact: try the one without concurrency support
  // first.
  auto core = std::make_shared<Component::Core>();
  core->owner = core_;
  core->name = path.filename().string();
  const std::string text = path.string();
  std::optional<Error> first;
  for (const bool concurrency : {false, true}) {
    if (concurrency && core_->options.concurrency == Concurrency::off) break;
    if (!concurrency && core_->options.concurrency == Concurrency::on) continue;
    CAPSTAN_TRY(core->engine, core_->get(concurrency));
    capstan_component* component = nullptr;
    auto made = host::check(
        capstan_component_from_precompiled(core->engine, abi::detail::to_c(text), &component));
    if (made) {
      core->component.reset(component);
      core->needs_concurrency = concurrency;
      return describe(std::move(core));
    }
    if (!first) first = std::move(made).error();
  }
  return std::unexpected(cannot_load(core->name, *std::move(first)));
}

}  // namespace capstan
