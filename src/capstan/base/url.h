// The address of a backend: a scheme, what the scheme needs, and options.
//
//   memory      memory?bytes=64MiB      sqlite:data/app.db?shared=yes redis://:secret@cache:6379/2
//
// Options are read by name with UrlOptions; one that nobody asked for is an error, so that a
// misspelt one does not go unnoticed.
#pragma once

#include <capstan/base/result.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace capstan {

struct Url {
  std::string scheme;  // "sqlite"
  std::string
      rest;  // as written, between the scheme's ':' and '?': "data/app.db", "//cache:6379/2"
  std::vector<std::pair<std::string, std::string>> options;  // percent-decoded

  [[nodiscard]] static Result<Url> parse(std::string_view text);

  // As it was written, but for a password, which is "***": for messages and logs.
  [[nodiscard]] std::string shown() const;
};

// Text in which "%41" stands for "A". An escape that is none is an error.
[[nodiscard]] Result<std::string> percent_decode(std::string_view text);

// Reads the options of a Url. Errors name the option and the address.
class UrlOptions {
 public:
  // `url` must outlive it.
  explicit UrlOptions(const Url& url) : url_(url) {}

  // Each gives what was written, or `otherwise`.
  [[nodiscard]] Result<std::string> text(std::string_view name, std::string_view otherwise);
  [[nodiscard]] Result<std::uint64_t> bytes(std::string_view name, std::uint64_t otherwise);
  [[nodiscard]] Result<std::uint64_t> count(std::string_view name, std::uint64_t otherwise,
                                            std::uint64_t most);
  [[nodiscard]] Result<std::uint64_t> duration_ms(std::string_view name, std::uint64_t otherwise);
  // "yes" or "no".
  [[nodiscard]] Result<bool> yes_or_no(std::string_view name, bool otherwise);  // NOLINT: a value

  // Refuses options that were never asked for; call it last.
  [[nodiscard]] Result<void> finish() const;

 private:
  std::optional<std::string_view> find(std::string_view name);
  Error wrong(std::string_view name, const Error& why) const;

  const Url& url_;
  std::set<std::string, std::less<>> known_;
};

}  // namespace capstan
