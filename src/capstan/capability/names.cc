#include <capstan/capability/names.h>

#include <capstan/base/check.h>

namespace capstan::capability {

Names::Names(const std::vector<Placement>& placements,
             std::optional<std::set<std::string, std::less<>>> allowed)
    : allowed_(std::move(allowed)) {
  for (std::size_t i = 0; i < placements.size(); ++i) {
    labels_.emplace(placements[i].label, i);
    const std::string& space = placements[i].namespace_;
    prefixes_.push_back(space.empty() ? space : space + '/');
  }
  CAPSTAN_CHECK(labels_.contains(""), "there is no default backend");
}

std::optional<Names::Place> Names::find(std::string_view name) const {
  if (allowed_ && !allowed_->contains(name)) return std::nullopt;
  // "" is no label that could be asked for: it leads to the default like any other name.
  const auto own = labels_.find(name);
  const std::size_t backend = own == labels_.end() ? labels_.find("")->second : own->second;
  return Place{backend, prefixes_[backend] + std::string(name)};
}

std::string_view Names::as_given(std::size_t backend, std::string_view full) const {
  return full.substr(prefixes_[backend].size());
}

}  // namespace capstan::capability
