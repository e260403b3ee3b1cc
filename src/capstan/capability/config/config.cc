#include <capstan/capability/config/config.h>

#include <map>

namespace capstan::config {
namespace {

class FixedValues final : public Source {
 public:
  explicit FixedValues(const Values& values) {
    for (const auto& [key, value] : values) values_.insert_or_assign(key, value);
  }

  Outcome<std::optional<std::string>> get(std::string_view key) override {
    const auto found = values_.find(key);
    if (found == values_.end()) return std::nullopt;
    return found->second;
  }
  Outcome<Values> all() override { return Values(values_.begin(), values_.end()); }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace

std::shared_ptr<Source> make_fixed_values(const Values& values) {
  return std::make_shared<FixedValues>(values);
}

}  // namespace capstan::config
