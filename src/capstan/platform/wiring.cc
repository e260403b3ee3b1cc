#include <capstan/platform/wiring.h>

#include <optional>
#include <set>
#include <utility>

namespace capstan::platform {
namespace {

capability::Placement placement(const BackendChoice& choice, const RunSettings& settings) {
  return {.label = choice.label,
          .namespace_ = choice.shared ? std::string() : settings.application.value_or("")};
}

}  // namespace

Backends backends_of(const RunSettings& settings, std::string_view capability) {
  Backends backends;
  backends.choices.push_back(backend_for(settings.backends, capability, ""));
  for (const BackendChoice& choice : settings.backends)
    if (choice.capability == capability && !choice.label.empty())
      backends.choices.push_back(choice);

  std::vector<capability::Placement> placements;
  for (const BackendChoice& choice : backends.choices)
    placements.push_back(placement(choice, settings));
  std::optional<std::set<std::string, std::less<>>> allowed;
  for (const AllowedName& name : settings.allowed_names) {
    if (name.capability != capability) continue;
    if (!allowed) allowed.emplace();
    allowed->insert(name.name);
  }
  backends.names = std::make_shared<capability::Names>(placements, std::move(allowed));
  return backends;
}

}  // namespace capstan::platform
