// The adapter: keyvalue:store/store@0.1.0 over a map in memory.
//
// Keys are set once: setting a key that exists, and deleting one that does not, are errors the
// guest sees.
#pragma once

#include "keyvalue_host.h"

#include <map>
#include <string>

namespace adapter {

class KeyValueStore final : public wit::keyvalue::store::store::Host {
 public:
  std::expected<void, std::string> set(std::string_view key, std::string_view value) override;
  std::optional<std::string> get(std::string_view key) override;
  std::expected<void, std::string> delete_(std::string_view key) override;
  std::vector<std::string> list_keys() override;
  bool exists(std::string_view key) override;
  void clear() override;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace adapter
