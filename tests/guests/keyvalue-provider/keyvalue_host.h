// In place of the generated host bindings: what the adapter of examples/host-adapter derives from,
// so that the same class can be compiled for a component.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace wit::keyvalue::store::store {

class Host {
 public:
  virtual ~Host() = default;
  virtual std::expected<void, std::string> set(std::string_view key, std::string_view value) = 0;
  virtual std::optional<std::string> get(std::string_view key) = 0;
  virtual std::expected<void, std::string> delete_(std::string_view key) = 0;
  virtual std::vector<std::string> list_keys() = 0;
  virtual bool exists(std::string_view key) = 0;
  virtual void clear() = 0;
};

}  // namespace wit::keyvalue::store::store
