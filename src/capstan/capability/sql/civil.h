// Dates, times and timestamps as text.
//
// What databases are given and give is ISO 8601:
//
//   date        2026-02-28                       year 0001 to 9999
//   time        23:59:59    23:59    23:59:59.123456789
//   timestamp   2026-02-28T23:59:59Z    2026-02-28 23:59:59.5    2026-02-28T23:59:59+02:00
//
// The older shape of wasi:sql sends a format along, in the directives of strftime as the chrono
// library of Rust extends them ("%Y-%m-%d", "%d.%m.%Y %H:%M:%S%.f"). Text in such a format is
// translated to ISO 8601 when it arrives, and every text that is given back names its own format.
#pragma once

#include <capstan/base/result.h>
#include <capstan/capability/sql/value.h>

#include <string>
#include <string_view>

namespace capstan::sql {

// Whether the text is a date, a time or a timestamp; such a day exists.
[[nodiscard]] bool is_civil(Type type, std::string_view text);

// The text in ISO 8601 that `text` in `format` means; an empty format is ISO 8601 itself. Errors
// do not repeat the text.
[[nodiscard]] Result<std::string> civil_from(Type type, std::string_view text,
                                             std::string_view format);

// The format of a text that is_civil().
[[nodiscard]] std::string civil_format(Type type, std::string_view text);

}  // namespace capstan::sql
