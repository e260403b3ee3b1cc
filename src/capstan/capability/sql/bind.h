// The dialects of wasi:sql@0.2.0-draft that components import, served by a sql::Store.
//
// There are two of one name and version: dates, times and timestamps are `option<string>` today,
// and were `option<formatted-value>` before. The component's own types say which it was built with.
// Each exists with `func` and with `async func`; the linker serves both.
#pragma once

#include <capstan/base/result.h>
#include <capstan/capability/sql/sql.h>
#include <capstan/host/linker.h>

#include <cstdint>
#include <memory>
#include <string_view>

namespace capstan::sql {

inline constexpr std::string_view interfaces[] = {"wasi:sql/types@0.2.0-draft",
                                                  "wasi:sql/readwrite@0.2.0-draft"};

enum class Shape : std::uint8_t {
  plain,      // date(option<string>)
  formatted,  // date(option<formatted-value>)
};

// What the component was built with; `plain` if nothing tells.
[[nodiscard]] Shape shape_of(const Component& component);

struct BindOptions {
  // What statements that the component has prepared and not dropped may take, with parameters.
  std::uint64_t statements_bytes_max = std::uint64_t{128} << 20;
  std::uint64_t statements_max = 10'000;
};

// The linker and all that is prepared with it share the store.
Result<void> bind(LinkerBase& linker, Shape shape, const std::shared_ptr<Store>& store,
                  const BindOptions& options = {});

}  // namespace capstan::sql
