// A configuration file (TOML), read strictly.
//
//   CAPSTAN_TRY(auto file, ConfigTable::read("host.toml"));
//   CAPSTAN_TRY(auto host, file.table("host"));             // required
//   CAPSTAN_TRY(auto name, host.text("name"));              // required
//   CAPSTAN_TRY(auto lib, host.text_or("lib", ""));         // optional
//   CAPSTAN_TRY_VOID(file.finish()); // whatever nobody asked for is an error
//
// Reading a key makes it known. finish() refuses the first key that is not, in this table and all
// tables that were taken out of it, and names the nearest known one. Every error says where:
// "host.toml:3: unknown key 'nmae', did you mean 'name'?".
//
// Copies refer to the same table. Threads: one at a time.
#pragma once

#include <capstan/base/result.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace capstan {

class ConfigTable {
 public:
  // `file` appears in messages.
  [[nodiscard]] static Result<ConfigTable> parse(std::string_view text, std::string_view file);
  [[nodiscard]] static Result<ConfigTable> read(const std::filesystem::path& path);

  // Required: an error when the key is missing or has another type.
  [[nodiscard]] Result<std::string> text(std::string_view key) const;
  [[nodiscard]] Result<ConfigTable> table(std::string_view key) const;

  // Optional: the default when the key is missing; an error when it has another type.
  [[nodiscard]] Result<std::string> text_or(std::string_view key, std::string_view otherwise) const;
  [[nodiscard]] Result<std::int64_t> integer_or(std::string_view key, std::int64_t otherwise) const;
  [[nodiscard]] Result<bool> boolean_or(std::string_view key, bool otherwise) const;
  [[nodiscard]] Result<std::vector<std::string>> texts(std::string_view key) const;  // ["a", "b"]
  [[nodiscard]] Result<std::optional<ConfigTable>> table_if(std::string_view key) const;
  [[nodiscard]] Result<std::vector<ConfigTable>> tables(std::string_view key) const;  // [[key]]

  [[nodiscard]] bool has(std::string_view key) const;  // does not make it known
  // All keys, in the order of the file; for tables whose keys are the user's own ([config]). Makes
  // all of them known. A value is given as text, whatever scalar it is.
  [[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> values() const;

  [[nodiscard]] Result<void> finish() const;

  // An error about one key of this table: "host.toml:3: <message>".
  [[nodiscard]] Error error_at(std::string_view key, std::string_view message) const;

  struct Node;

 private:
  explicit ConfigTable(std::shared_ptr<Node> node) : node_(std::move(node)) {}
  std::shared_ptr<Node> node_;
};

}  // namespace capstan
