// Values of SQLite and ours.
//
// SQLite keeps whole numbers of 64 bits with a sign, doubles, texts and blobs; the type of a column
// is what its declaration says (declared_type). So that nothing is lost, and what is compared or
// sorted compares as it should:
//
//   whole numbers, booleans   whole numbers; true is 1
//   uint64 from 2^63 on       a blob of 8 bytes, most significant first: SQLite sorts blobs after
//                             all numbers, and these among themselves by value
//   NaN                       the blob of 8 bytes 7FF8000000000000: equal to itself, after all
//                             numbers
//   dates, times, timestamps  text of ISO 8601
//
// Such a blob is read as a number again where the column is declared as one. A value that its
// column's type cannot hold (SQLite checks little) comes back as what it is: int64, double, str or
// binary. Internal to the SQLite backend.
#pragma once

#include <capstan/capability/sql/rows.h>
#include <capstan/capability/sql/value.h>

#include <optional>
#include <string_view>

struct sqlite3_stmt;

namespace capstan::sql {

// The type that a column's declaration stands for; nothing when it stands for none of ours.
[[nodiscard]] std::optional<Type> declared_type(std::string_view declaration);

// Gives a parameter to the statement, which refers to `value` from then on. SQLite's result code.
[[nodiscard]] int bind_value(sqlite3_stmt* statement, int index, const Value& value);

// Adds the value of a column to `rows`; says whether there was memory for it.
[[nodiscard]] bool read_value(sqlite3_stmt* statement, int column, std::optional<Type> declared,
                              Rows& rows);

}  // namespace capstan::sql
