// The adapter of examples/host-adapter as a component: the same class, behind exports.
#include "keyvalue_provider_cpp.h"

#include "keyvalue_store.h"

namespace {

adapter::KeyValueStore& adapter_of_this_instance() {
  static adapter::KeyValueStore store;
  return store;
}

std::expected<void, wit::string> to_guest(const std::expected<void, std::string>& result) {
  if (!result) return std::unexpected(wit::string::from_view(result.error()));
  return {};
}

}  // namespace

namespace exports::keyvalue::store::store {

std::expected<void, wit::string> Set(wit::string key, wit::string value) {
  return to_guest(adapter_of_this_instance().set(key.get_view(), value.get_view()));
}

std::optional<wit::string> Get(wit::string key) {
  const auto value = adapter_of_this_instance().get(key.get_view());
  if (!value) return std::nullopt;
  return wit::string::from_view(*value);
}

std::expected<void, wit::string> Delete(wit::string key) {
  return to_guest(adapter_of_this_instance().delete_(key.get_view()));
}

wit::vector<wit::string> ListKeys() {
  const std::vector<std::string> keys = adapter_of_this_instance().list_keys();
  auto result = wit::vector<wit::string>::allocate(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i)
    result.initialize(i, wit::string::from_view(keys[i]));
  return result;
}

bool Exists(wit::string key) { return adapter_of_this_instance().exists(key.get_view()); }

void Clear() { adapter_of_this_instance().clear(); }

}  // namespace exports::keyvalue::store::store
