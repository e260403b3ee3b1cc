#include "keyvalue_store.h"

namespace adapter {

std::expected<void, std::string> KeyValueStore::set(std::string_view key, std::string_view value) {
  const bool added = values_.try_emplace(std::string(key), value).second;
  if (!added) return std::unexpected("Key '" + std::string(key) + "' already exists");
  return {};
}

std::optional<std::string> KeyValueStore::get(std::string_view key) {
  const auto found = values_.find(key);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

std::expected<void, std::string> KeyValueStore::delete_(std::string_view key) {
  const auto found = values_.find(key);
  if (found == values_.end()) return std::unexpected("Key '" + std::string(key) + "' not found");
  values_.erase(found);
  return {};
}

std::vector<std::string> KeyValueStore::list_keys() {
  std::vector<std::string> keys;
  for (const auto& [key, value] : values_) keys.push_back(key);
  return keys;
}

bool KeyValueStore::exists(std::string_view key) { return values_.contains(key); }

void KeyValueStore::clear() { values_.clear(); }

}  // namespace adapter
