#include <capstan/capability/sql/sqlite_value.h>

#include <capstan/abi/text.h>
#include <capstan/capability/sql/civil.h>

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

namespace capstan::sql {
namespace {

constexpr std::size_t number_bytes = 8;
constexpr std::uint64_t nan_bits = 0x7ff8'0000'0000'0000;
constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63;

struct Declaration {
  std::string_view name;
  Type type;
};
// Without what is in parentheses, which changes no type.
constexpr Declaration declarations[] = {
    {"BIGINT", Type::int64},
    {"BIGINT UNSIGNED", Type::uint64},
    {"BINARY", Type::binary},
    {"BLOB", Type::binary},
    {"BOOL", Type::boolean},
    {"BOOLEAN", Type::boolean},
    {"BYTEA", Type::binary},
    {"CHAR", Type::str},
    {"CHARACTER", Type::str},
    {"CHARACTER VARYING", Type::str},
    {"CLOB", Type::str},
    {"DATE", Type::date},
    {"DATETIME", Type::timestamp},
    {"DECIMAL", Type::double_},
    {"DOUBLE", Type::double_},
    {"DOUBLE PRECISION", Type::double_},
    {"FLOAT", Type::double_},
    {"FLOAT4", Type::float_},
    {"FLOAT8", Type::double_},
    {"INT", Type::int64},
    {"INT UNSIGNED", Type::uint32},
    {"INT2", Type::int32},
    {"INT4", Type::int32},
    {"INT8", Type::int64},
    {"INTEGER", Type::int64},
    {"INTEGER UNSIGNED", Type::uint32},
    {"JSON", Type::str},
    {"MEDIUMINT", Type::int32},
    {"NCHAR", Type::str},
    {"NUMERIC", Type::double_},
    {"NVARCHAR", Type::str},
    {"REAL", Type::double_},
    {"SMALLINT", Type::int32},
    {"SMALLINT UNSIGNED", Type::uint32},
    {"TEXT", Type::str},
    {"TIME", Type::time},
    {"TIMESTAMP", Type::timestamp},
    {"TIMESTAMP WITH TIME ZONE", Type::timestamp},
    {"TIMESTAMP WITHOUT TIME ZONE", Type::timestamp},
    {"TIMESTAMPTZ", Type::timestamp},
    {"TINYINT", Type::int32},
    {"UINT32", Type::uint32},
    {"UINT64", Type::uint64},
    {"UNSIGNED", Type::uint64},
    {"UNSIGNED BIG INT", Type::uint64},
    {"UNSIGNED BIGINT", Type::uint64},
    {"UNSIGNED INT", Type::uint32},
    {"UNSIGNED INTEGER", Type::uint32},
    {"UUID", Type::str},
    {"VARBINARY", Type::binary},
    {"VARCHAR", Type::str},
};

// In capitals, with single spaces, without parentheses.
std::string plain(std::string_view declaration) {
  std::string text;
  int depth = 0;
  for (const char c : declaration) {
    if (c == '(') ++depth;
    if (depth == 0 && c != ' ') {
      text.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
    } else if (depth == 0 && !text.empty() && text.back() != ' ') {
      text.push_back(' ');
    }
    if (c == ')' && depth > 0) --depth;
  }
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

int bind_number_as_blob(sqlite3_stmt* statement, int index, std::uint64_t bits) {
  std::array<std::uint8_t, number_bytes> bytes{};
  for (std::size_t i = 0; i < number_bytes; ++i)
    bytes[i] = static_cast<std::uint8_t>(bits >> (8 * (number_bytes - 1 - i)));
  return sqlite3_bind_blob(statement, index, bytes.data(), number_bytes, SQLITE_TRANSIENT);
}

std::optional<std::uint64_t> number_of_blob(std::string_view bytes) {
  if (bytes.size() != number_bytes) return std::nullopt;
  std::uint64_t bits = 0;
  for (const char byte : bytes) bits = bits << 8 | static_cast<std::uint8_t>(byte);
  return bits;
}

int bind_double(sqlite3_stmt* statement, int index, double value) {
  if (std::isnan(value)) return bind_number_as_blob(statement, index, nan_bits);
  return sqlite3_bind_double(statement, index, value);
}

int bind_text(sqlite3_stmt* statement, int index, std::string_view text) {
  return sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_STATIC,
                             SQLITE_UTF8);
}

struct Binder {
  sqlite3_stmt* statement;
  int index;

  int operator()(std::int32_t value) const { return sqlite3_bind_int64(statement, index, value); }
  int operator()(std::int64_t value) const { return sqlite3_bind_int64(statement, index, value); }
  int operator()(std::uint32_t value) const { return sqlite3_bind_int64(statement, index, value); }
  int operator()(std::uint64_t value) const {
    if ((value & sign_bit) != 0) return bind_number_as_blob(statement, index, value);
    return sqlite3_bind_int64(statement, index, static_cast<std::int64_t>(value));
  }
  int operator()(float value) const { return bind_double(statement, index, value); }
  int operator()(double value) const { return bind_double(statement, index, value); }
  int operator()(bool value) const { return sqlite3_bind_int64(statement, index, value ? 1 : 0); }
  int operator()(const std::string& text) const { return bind_text(statement, index, text); }
  int operator()(const Date& date) const { return bind_text(statement, index, date.text); }
  int operator()(const Time& time) const { return bind_text(statement, index, time.text); }
  int operator()(const Timestamp& stamp) const { return bind_text(statement, index, stamp.text); }
  int operator()(const Bytes& bytes) const {
    // A null pointer would be a null.
    const void* data = bytes.empty() ? "" : static_cast<const void*>(bytes.data());
    return sqlite3_bind_blob64(statement, index, data, bytes.size(), SQLITE_STATIC);
  }
};

bool is_whole(Type type) {
  return type == Type::int32 || type == Type::int64 || type == Type::uint32 || type == Type::uint64;
}

// Whether a column of that type can hold the number.
bool holds(Type type, std::int64_t value) {
  switch (type) {
    case Type::int32:
      return value == static_cast<std::int32_t>(value);
    case Type::uint32:
      return value == static_cast<std::uint32_t>(value);
    case Type::int64:
      return true;
    case Type::uint64:
      return value >= 0;
    case Type::boolean:
      return value == 0 || value == 1;
    default:
      return false;
  }
}

void read_whole(std::int64_t value, std::optional<Type> declared, Rows& rows) {
  constexpr std::int64_t exact_double_max = std::int64_t{1} << 53;
  // Columns of affinity NUMERIC keep whole doubles as whole numbers.
  if (declared == Type::double_ && value >= -exact_double_max && value <= exact_double_max) {
    rows.add_double(static_cast<double>(value));
    return;
  }
  const Type type = declared && holds(*declared, value) ? *declared : Type::int64;
  rows.add_whole(type, static_cast<std::uint64_t>(value));
}

void read_double(double value, std::optional<Type> declared, Rows& rows) {
  const bool fits = std::abs(value) <= std::numeric_limits<float>::max() || std::isinf(value);
  if (declared == Type::float_ && fits && static_cast<double>(static_cast<float>(value)) == value) {
    rows.add_float(static_cast<float>(value));
  } else {
    rows.add_double(value);
  }
}

void read_text(std::string_view text, std::optional<Type> declared, Rows& rows) {
  // SQLite takes any bytes for text; guests take only what is text.
  if (!abi::is_utf8(text)) return rows.add_text(Type::binary, text);
  const bool civil =
      declared == Type::date || declared == Type::time || declared == Type::timestamp;
  rows.add_text(civil && is_civil(*declared, text) ? *declared : Type::str, text);
}

void read_blob(std::string_view bytes, std::optional<Type> declared, Rows& rows) {
  const bool number =
      declared && (is_whole(*declared) || declared == Type::double_ || declared == Type::float_);
  const auto bits = number ? number_of_blob(bytes) : std::nullopt;
  if (bits && is_whole(*declared) && (*bits & sign_bit) != 0)
    return rows.add_whole(Type::uint64, *bits);
  if (bits && !is_whole(*declared) && *bits == nan_bits) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    return declared == Type::float_ ? rows.add_float(static_cast<float>(nan))
                                    : rows.add_double(nan);
  }
  rows.add_text(Type::binary, bytes);
}

}  // namespace

std::optional<Type> declared_type(std::string_view declaration) {
  const std::string name = plain(declaration);
  const auto* found = std::ranges::find(declarations, name, &Declaration::name);
  if (found == std::end(declarations)) return std::nullopt;
  return found->type;
}

int bind_value(sqlite3_stmt* statement, int index, const Value& value) {
  return std::visit(
      [&](const auto& held) {
        return held ? Binder{statement, index}(*held) : sqlite3_bind_null(statement, index);
      },
      value);
}

bool read_value(sqlite3_stmt* statement, int column, std::optional<Type> declared, Rows& rows) {
  const auto size = [&] {
    return static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
  };
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      read_whole(sqlite3_column_int64(statement, column), declared, rows);
      return true;
    case SQLITE_FLOAT:
      read_double(sqlite3_column_double(statement, column), declared, rows);
      return true;
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
      if (text == nullptr) return false;
      read_text({text, size()}, declared, rows);
      return true;
    }
    case SQLITE_BLOB: {
      const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, column));
      // No bytes at all have no address either.
      if (bytes == nullptr && size() != 0) return false;
      read_blob({bytes, size()}, declared, rows);
      return true;
    }
    default:
      rows.add_null(declared.value_or(Type::str));
      return true;
  }
}

}  // namespace capstan::sql
