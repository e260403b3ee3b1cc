// WIT names as C++ names: the one place that knows how.
//
//   open-bucket    open_bucket    functions, parameters, fields, cases, namespaces
//   key-response   KeyResponse    types
//   class          class_         what C++ or a well-known macro has taken
//
// Two names of one scope may become the same (`a-1` and `a1` are both `A1`): a NameSet keeps them
// apart, and whoever asks first gets the plain form.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::codegen::host {

// "open-bucket" -> "open_bucket", "HTTP-get" -> "http_get". Not yet escaped.
[[nodiscard]] std::string snake(std::string_view name);

// "key-response" -> "KeyResponse", "HTTP-get" -> "HttpGet".
[[nodiscard]] std::string title(std::string_view name);

// Whether `name` is a keyword of C++23 or a macro that common system headers define.
[[nodiscard]] bool is_taken(std::string_view name);

// snake(), escaped.
[[nodiscard]] std::string identifier(std::string_view name);

// One segment of a namespace: also keeps clear of `std`, `capstan` and the outermost `root`, which
// generated code must be able to name from inside.
[[nodiscard]] std::string namespace_segment(std::string_view name, std::string_view root);

// "0.2.0-draft2" -> "0_2_0_draft2", to be appended to a package's name.
[[nodiscard]] std::string version_suffix(std::string_view version);

// The names of one scope.
class NameSet {
 public:
  NameSet() = default;
  explicit NameSet(const std::vector<std::string>& reserved)
      : taken_(reserved.begin(), reserved.end()) {}

  // `wanted`, or the first free of "wanted_", "wanted_2", "wanted_3" ...
  std::string claim(std::string_view wanted);

 private:
  std::set<std::string, std::less<>> taken_;
};

}  // namespace capstan::codegen::host
