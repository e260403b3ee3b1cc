#include <capstan/platform/backend.h>

#include <capstan/base/nearest.h>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace capstan::platform {
namespace {

constexpr std::string_view keyvalue_schemes[] = {"memory"};
constexpr std::string_view logging_schemes[] = {"stderr", "none"};
constexpr std::string_view config_schemes[] = {"options"};
constexpr CapabilityInfo known[] = {
    {.name = "config", .schemes = config_schemes, .labels = false},
    {.name = "keyvalue", .schemes = keyvalue_schemes, .labels = true},
    {.name = "logging", .schemes = logging_schemes, .labels = false},
};

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

}  // namespace

std::span<const CapabilityInfo> capabilities() { return known; }

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
                            fmt::join(capability->schemes, ", ")));
  const std::string_view scheme = url.substr(0, url.find(':'));
  if (std::ranges::find(capability->schemes, scheme) == capability->schemes.end()) {
    const std::string near = did_you_mean(scheme, capability->schemes);
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} has no backend '{}'{}", name, scheme,
                            near.empty() ? fmt::format(": it can be {}",
                                                       fmt::join(capability->schemes, ", "))
                                         : near));
  }
  if (scheme != url)
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' is more than a name, but the backend '{}' takes nothing else: "
                            "write {}={}",
                            url, scheme, chosen, scheme));
  return BackendChoice{.capability = std::string(name),
                       .label = colon == std::string_view::npos
                                    ? std::string()
                                    : std::string(chosen.substr(colon + 1)),
                       .scheme = std::string(scheme),
                       .url = std::string(url)};
}

Result<void> check_backends(std::span<const BackendChoice> choices) {
  for (std::size_t i = 0; i < choices.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (choices[i].capability == choices[j].capability && choices[i].label == choices[j].label)
        return fail(ErrorCode::invalid_argument,
                    fmt::format("{} has two backends, '{}' and '{}': choose one",
                                what_is_chosen(choices[i]), choices[j].url, choices[i].url));
    }
  }
  return {};
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
  const std::string scheme(found == std::end(known) ? "" : found->schemes.front());
  return {.capability = std::string(capability), .label = {}, .scheme = scheme, .url = scheme};
}

}  // namespace capstan::platform
