#include <capstan/platform/backend.h>

#include <capstan/base/nearest.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace capstan::platform {
namespace {

constexpr BackendScheme blobstore_schemes[] = {{"memory", ""}, {"file", "DIR"}};
constexpr BackendScheme config_schemes[] = {{"options", ""}, {"file", "FILE"}};
constexpr BackendScheme keyvalue_schemes[] = {{"memory", ""},
                                              {"sqlite", "FILE"},
                                              {"file", "DIR", true},
                                              {"redis", "[//HOST:PORT]"},
                                              {"rediss", "//HOST:PORT"}};
constexpr BackendScheme logging_schemes[] = {{"stderr", ""}, {"file", "FILE"}, {"none", ""}};
constexpr BackendScheme messaging_schemes[] = {{"memory", ""}};
constexpr BackendScheme sql_schemes[] = {{"memory", ""}, {"sqlite", "FILE"}};
constexpr BackendScheme vault_schemes[] = {{"memory", ""}, {"file", "FILE"}};
constexpr CapabilityInfo known[] = {
    {.name = "blobstore", .schemes = blobstore_schemes, .labels = true},
    {.name = "config", .schemes = config_schemes, .labels = false},
    {.name = "keyvalue", .schemes = keyvalue_schemes, .labels = true},
    {.name = "logging", .schemes = logging_schemes, .labels = false},
    {.name = "messaging", .schemes = messaging_schemes, .labels = true},
    {.name = "sql", .schemes = sql_schemes, .labels = true},
    {.name = "vault", .schemes = vault_schemes, .labels = true},
};

std::vector<std::string_view> scheme_names(const CapabilityInfo& capability) {
  std::vector<std::string_view> names;
  for (const BackendScheme& scheme : capability.schemes) names.push_back(scheme.name);
  return names;
}

std::string did_you_mean(std::string_view wanted, std::span<const std::string_view> names) {
  const std::string_view near = base::nearest(wanted, names);
  return near.empty() ? std::string() : fmt::format(", did you mean '{}'?", near);
}

std::string what_is_chosen(const BackendChoice& choice) {
  return choice.label.empty() ? choice.capability
                              : fmt::format("{}:{}", choice.capability, choice.label);
}

Result<const CapabilityInfo*> find_capability(std::string_view name) {
  const auto found = std::ranges::find(known, name, &CapabilityInfo::name);
  if (found != std::end(known)) return found;
  std::vector<std::string_view> names;
  for (const CapabilityInfo& capability : known) names.push_back(capability.name);
  const std::string near = did_you_mean(name, names);
  return fail(ErrorCode::invalid_argument,
              near.empty() ? fmt::format("there is no capability '{}': there are {}", name,
                                         fmt::join(names, ", "))
                           : fmt::format("there is no capability '{}'{}", name, near));
}

// Whether the capability has such a backend, and the address what the backend needs.
Result<const BackendScheme*> check_scheme(const CapabilityInfo& capability, std::string_view chosen,
                                          const Url& url) {
  const auto scheme = std::ranges::find(capability.schemes, url.scheme, &BackendScheme::name);
  if (scheme == capability.schemes.end()) {
    const std::vector<std::string_view> names = scheme_names(capability);
    const std::string near = did_you_mean(url.scheme, names);
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("{} has no backend '{}'{}", capability.name, url.scheme,
                    near.empty() ? fmt::format(": it can be {}", fmt::join(names, ", ")) : near));
  }
  if (scheme->place.empty() && !url.rest.empty())
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' is more than a name, but the backend '{}' takes nothing else: "
                            "write {}={}",
                            url.shown(), scheme->name, chosen, scheme->name));
  if (!scheme->place.empty() && !scheme->place.starts_with('[') && url.rest.empty())
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' does not say where: write {}={}:{}", url.shown(), chosen,
                            scheme->name, scheme->place));
  return &*scheme;
}

}  // namespace

std::span<const CapabilityInfo> capabilities() { return known; }

Result<void> check_capability(std::string_view name) {
  CAPSTAN_TRY([[maybe_unused]] const CapabilityInfo* found, find_capability(name));
  return {};
}

Result<BackendChoice> parse_backend(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == std::string_view::npos)
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("'{}' has no '=': write CAPABILITY=URL, such as keyvalue=memory", text));
  const std::string_view chosen = text.substr(0, equals);
  const std::string_view url = text.substr(equals + 1);
  const auto colon = chosen.find(':');
  const std::string_view name = chosen.substr(0, colon);
  CAPSTAN_TRY(const CapabilityInfo* capability, find_capability(name));
  if (colon != std::string_view::npos && !capability->labels)
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' has a label, but there is one {} only: write {}={}", text, name,
                            name, url));
  if (colon != std::string_view::npos && colon + 1 == chosen.size())
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' has an empty label: leave the ':' out", text));
  if (url.empty())
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' names no backend: {} can be {}", text, name,
                            fmt::join(scheme_names(*capability), ", ")));
  CAPSTAN_TRY(Url parsed, Url::parse(url));
  CAPSTAN_TRY(const BackendScheme* const scheme, check_scheme(*capability, chosen, parsed));
  BackendChoice choice{.capability = std::string(name),
                       .label = colon == std::string_view::npos
                                    ? std::string()
                                    : std::string(chosen.substr(colon + 1)),
                       .url = std::move(parsed)};
  CAPSTAN_TRY(choice.shared, UrlOptions(choice.url).yes_or_no("shared", scheme->shared));
  std::erase_if(choice.url.options, [](const auto& option) { return option.first == "shared"; });
  return choice;
}

Result<void> check_backends(std::span<const BackendChoice> choices) {
  for (std::size_t i = 0; i < choices.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (choices[i].capability == choices[j].capability && choices[i].label == choices[j].label)
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{} has two backends, '{}' and '{}': choose one",
                                what_is_chosen(choices[i]), choices[j].url.shown(),
                                choices[i].url.shown()));
    }
  }
  return {};
}

bool is_file_backend(const BackendChoice& choice) {
  const auto capability = std::ranges::find(known, choice.capability, &CapabilityInfo::name);
  if (capability == std::end(known)) return false;
  const auto scheme =
      std::ranges::find(capability->schemes, choice.url.scheme, &BackendScheme::name);
  return scheme != capability->schemes.end() && (scheme->place == "FILE" || scheme->place == "DIR");
}

BackendChoice backend_for(std::span<const BackendChoice> choices, std::string_view capability,
                          std::string_view label) {
  const BackendChoice* chosen = nullptr;
  for (const BackendChoice& choice : choices) {
    if (choice.capability != capability) continue;
    if (choice.label == label) return choice;
    if (choice.label.empty()) chosen = &choice;
  }
  if (chosen != nullptr) return *chosen;
  const auto found = std::ranges::find(known, capability, &CapabilityInfo::name);
  BackendChoice otherwise{.capability = std::string(capability), .label = {}, .url = {}};
  if (found != std::end(known)) otherwise.url.scheme = found->schemes.front().name;
  return otherwise;
}

}  // namespace capstan::platform
