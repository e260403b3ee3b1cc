#include <capstan/bundle/agree.h>

#include <capstan/base/nearest.h>
#include <capstan/host/diagnostics.h>

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

namespace capstan::bundle {
namespace {

class Comparison {
 public:
  void interfaces(const Tables& tables, const std::vector<WitInterface>& wit) {
    for (const WitInterface& wanted : wit) {
      const auto found = std::ranges::find(tables.interfaces, wanted.id, &OfferedInterface::id);
      if (found == tables.interfaces.end()) {
        problems_.push_back(
            fmt::format("the library does not offer {}{}", wanted.id,
                        instead(wanted.id, tables.interfaces, &OfferedInterface::id)));
        continue;
      }
      functions(wanted, *found);
      resources(wanted, *found);
    }
    for (std::size_t i = 0; i < tables.interfaces.size(); ++i) {
      const std::string& id = tables.interfaces[i].id;
      if (std::ranges::find(wit, id, &WitInterface::id) == wit.end())
        problems_.push_back(fmt::format("the library offers {}, which its WIT does not have", id));
      else if (std::ranges::count(tables.interfaces, id, &OfferedInterface::id) > 1 &&
               std::ranges::find(tables.interfaces, id, &OfferedInterface::id) !=
                   tables.interfaces.begin() + static_cast<std::ptrdiff_t>(i))
        problems_.push_back(fmt::format("the library offers {} twice", id));
    }
  }

  [[nodiscard]] Result<void> outcome() const {
    if (problems_.empty()) return {};
    if (problems_.size() == 1) return fail(ErrorCode::not_loadable, problems_[0]);
    std::string message = fmt::format("{} things do not agree with the WIT:", problems_.size());
    for (const std::string& problem : problems_) message += "\n- " + problem;
    return fail(ErrorCode::not_loadable, std::move(message));
  }

 private:
  template <typename Items, typename Name>
  static std::string instead(std::string_view wanted, const Items& items, Name name) {
    std::vector<std::string_view> names;
    for (const auto& item : items) names.push_back(std::invoke(name, item));
    const std::string_view near = base::nearest(wanted, names);
    return near.empty() ? "" : fmt::format(" (it has '{}')", near);
  }

  // Both lists have the same names, each once.
  template <typename Wanted, typename Offered>
  void names(std::string_view id, std::string_view kind, const Wanted& wanted,
             const Offered& offered) {
    std::set<std::string_view> seen;
    for (const auto& item : offered) {
      if (!seen.insert(item.name).second)
        problems_.push_back(
            fmt::format("{}: the library has the {} '{}' twice", id, kind, item.name));
      else if (std::ranges::none_of(wanted, [&](const auto& w) { return w.name == item.name; }))
        problems_.push_back(fmt::format(
            "{}: the library has the {} '{}', which the WIT does not have", id, kind, item.name));
    }
    for (const auto& item : wanted)
      if (!seen.contains(item.name))
        problems_.push_back(fmt::format(
            "{}: the library has no {} '{}'{}", id, kind, item.name,
            instead(item.name, offered, [](const auto& o) { return std::string_view(o.name); })));
  }

  void functions(const WitInterface& wanted, const OfferedInterface& offered) {
    names(wanted.id, "function", wanted.functions, offered.functions);
    for (const WitFunction& function : wanted.functions) {
      const auto found =
          std::ranges::find(offered.functions, function.name, &OfferedFunction::name);
      if (found == offered.functions.end() || found->signature == function.signature) continue;
      problems_.push_back(fmt::format(
          "{}#{} has another type in the library than in the WIT:\n{}", wanted.id, function.name,
          host::show_difference({"WIT", function.signature}, {"library", found->signature})));
    }
  }

  // One id for each resource type, wherever it is used.
  void resources(const WitInterface& wanted, const OfferedInterface& offered) {
    names(wanted.id, "resource", wanted.resources, offered.resources);
    for (const WitResource& resource : wanted.resources) {
      const auto found =
          std::ranges::find(offered.resources, resource.name, &OfferedResource::name);
      if (found == offered.resources.end()) continue;
      const std::uint32_t id = found->table.id;
      const auto of_origin = ids_.emplace(resource.origin, id).first;
      const auto of_id = origins_.emplace(id, resource.origin).first;
      if (of_origin->second != id)
        problems_.push_back(fmt::format("{}: the resource '{}' is {}, and must have its id",
                                        wanted.id, resource.name, resource.origin));
      else if (of_id->second != resource.origin)
        problems_.push_back(fmt::format("{}: the resource '{}' has the id of {}", wanted.id,
                                        resource.name, of_id->second));
    }
  }

  std::map<std::string, std::uint32_t> ids_;
  std::map<std::uint32_t, std::string> origins_;
  std::vector<std::string> problems_;
};

}  // namespace

Result<void> check_agreement(const Tables& tables, const std::vector<WitInterface>& wit) {
  Comparison comparison;
  comparison.interfaces(tables, wit);
  return comparison.outcome();
}

}  // namespace capstan::bundle
