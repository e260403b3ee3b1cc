#include <capstan/cli/run_options.h>

#include <capstan/cli/progress.h>

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <iterator>

namespace capstan::cli {
namespace {

Result<platform::RunSettings> read_flags(const RunFlags& flags) {
  platform::RunSettings settings;
  const auto options = platform::run_options();
  for (std::size_t i = 0; i < options.size(); ++i)
    for (const std::string& text : flags.values[i])
      CAPSTAN_TRY_VOID(platform::apply(options[i], settings, text));
  if (flags.inherit_environment) settings.inherit_environment = true;
  if (flags.inherit_network) settings.inherit_network = true;
  settings.arguments = flags.arguments;
  return settings;
}

bundle::Log log_of(const Session& session) {
  return [&session](bundle::LogLevel level, std::string_view bundle, std::string_view message) {
    constexpr std::string_view names[] = {"error", "warn", "info", "debug"};
    const auto most = std::ranges::find(names, session.log_level) - std::begin(names);
    if (static_cast<int>(level) > (session.quiet ? 0 : most)) return;
    fmt::print(stderr, "capstan: {}: bundle '{}': {}\n", names[static_cast<std::size_t>(level)],
               bundle, message);
  };
}

}  // namespace

void add_run_options(CLI::App& command, RunFlags& flags) {
  command
      .add_option("SOURCE", flags.source, "a component, a core module, a .wat text, or a folder")
      ->required();
  const auto options = platform::run_options();
  flags.values.resize(options.size());
  for (std::size_t i = 0; i < options.size(); ++i) {
    // One value each time the option is given.
    auto* option = command.add_option(std::string(options[i].flag), flags.values[i],
                                      std::string(options[i].help));
    option->type_name(std::string(options[i].value))->expected(1);
    option->allow_extra_args(false);
    option->multi_option_policy(options[i].repeatable ? CLI::MultiOptionPolicy::TakeAll
                                                      : CLI::MultiOptionPolicy::TakeLast);
  }
  command.add_flag("--inherit-env", flags.inherit_environment, "pass on the whole environment");
  command.add_flag("--inherit-network", flags.inherit_network, "let the component use the network");
  command.add_flag("--allow-precompiled", flags.allow_precompiled,
                   "run a precompiled artefact, which is native code");
  command.add_flag("--no-cache", flags.no_cache, "compile again, and keep nothing");
  command.add_flag("--allow-bundle-anywhere", flags.bundle_anywhere,
                   "load host bundles that others could have written");
}

Result<Loaded> load(const Session& session, const RunFlags& flags) {
  CAPSTAN_TRY(platform::RunSettings settings, read_flags(flags));
  CAPSTAN_TRY(platform::Source source,
              platform::read_source(flags.source, flags.allow_precompiled
                                                      ? platform::Precompiled::allowed
                                                      : platform::Precompiled::refused));
  settings = platform::merge(source.settings, std::move(settings));
  if (!settings.application) settings.application = source.application();
  const platform::RunnerOptions options{
      .cache = flags.no_cache ? platform::CompileCache::off : platform::CompileCache::on,
      .bundle_files =
          flags.bundle_anywhere ? platform::BundleFiles::anywhere : platform::BundleFiles::safe,
      .bundle_log = log_of(session),
      .report = [&session](std::string_view sentence) { session.warn(sentence); }};
  CAPSTAN_TRY(platform::Runner runner, platform::Runner::create(std::move(settings), options));
  const Progress progress(session, fmt::format("compiling {}", source.name));
  CAPSTAN_TRY(Component component, runner.load(source));
  return Loaded{std::move(source), std::move(runner), std::move(component)};
}

}  // namespace capstan::cli
