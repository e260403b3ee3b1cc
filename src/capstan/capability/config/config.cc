#include <capstan/capability/config/config.h>

#include <capstan/abi/text.h>
#include <capstan/base/printable.h>

#include <fmt/format.h>

#include <map>

namespace capstan::config {
namespace {

class FixedValues final : public Source {
 public:
  explicit FixedValues(const Values& values) {
    for (const auto& [key, value] : values) values_.insert_or_assign(key, value);
  }

  [[nodiscard]] std::size_t size() const { return values_.size(); }
  Outcome<std::optional<std::string>> get(std::string_view key) override {
    const auto found = values_.find(key);
    if (found == values_.end()) return std::nullopt;
    return found->second;
  }
  Outcome<Values> all() override { return Values(values_.begin(), values_.end()); }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

std::unexpected<capstan::Error> wrong(std::string message) {
  return fail(ErrorCode::invalid_argument, std::move(message));
}

// What a component must be able to be given.
Result<void> check(std::string_view key, std::string_view value) {
  if (key.empty()) return wrong("a configuration value has no key");
  const std::string shown = base::printable(base::utf8_prefix(key, 100));
  if (key.size() > key_bytes_max)
    return wrong(fmt::format("the configuration key '{}...' has {} bytes: at most {} are allowed",
                             shown, key.size(), key_bytes_max));
  if (value.size() > value_bytes_max)
    return wrong(fmt::format("the configuration value of '{}' has {} bytes: at most {} are allowed",
                             shown, value.size(), value_bytes_max));
  if (!abi::is_utf8(key))
    return wrong(fmt::format("the configuration key '{}' is not UTF-8", shown));
  if (!abi::is_utf8(value))
    return wrong(fmt::format("the configuration value of '{}' is not UTF-8", shown));
  return {};
}

}  // namespace

Result<std::shared_ptr<Source>> connect_with(const FixedOptions& options) {
  for (const auto& [key, value] : options.values) CAPSTAN_TRY_VOID(check(key, value));
  auto source = std::make_shared<FixedValues>(options.values);
  if (source->size() > values_max)
    return wrong(fmt::format("there are {} configuration values: at most {} are allowed",
                             source->size(), values_max));
  return source;
}

}  // namespace capstan::config
