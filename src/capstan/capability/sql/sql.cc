#include <capstan/capability/sql/sql.h>

#include <fmt/format.h>

#include <array>

namespace capstan::sql {
namespace {

// What is shown of a statement.
constexpr std::size_t shown_bytes_max = 200;

// The length of the longest part of at most `bytes` that ends between two characters.
std::size_t whole_characters(std::string_view text, std::size_t bytes) {
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
  while (bytes > 0 && bytes < text.size() && continues(text[bytes])) --bytes;
  return bytes;
}

template <std::size_t... I>
constexpr auto make_nulls(std::index_sequence<I...>) {
  return std::array<Value (*)(), sizeof...(I)>{[] { return Value(std::in_place_index<I>); }...};
}

}  // namespace

Value null_of(Type type) {
  static constexpr auto nulls = make_nulls(std::make_index_sequence<std::variant_size_v<Value>>());
  return nulls[static_cast<std::size_t>(type)]();
}

std::uint64_t bytes_of(const Value& value) {
  const std::uint64_t held = std::visit(
      []<typename T>(const std::optional<T>& held_value) -> std::uint64_t {
        if (!held_value) return 0;
        if constexpr (std::is_arithmetic_v<T>) {
          return 0;
        } else if constexpr (requires { held_value->size(); }) {
          return held_value->size();
        } else {
          return held_value->text.size();
        }
      },
      value);
  return sizeof(Value) + held;
}

Value Rows::value(std::size_t row, std::size_t column) const {
  const Cell& at = cell(row, column);
  if (at.null) return null_of(at.type);
  switch (at.type) {
    case Type::int32:
      return std::optional(static_cast<std::int32_t>(at.bits));
    case Type::int64:
      return std::optional(static_cast<std::int64_t>(at.bits));
    case Type::uint32:
      return std::optional(static_cast<std::uint32_t>(at.bits));
    case Type::uint64:
      return std::optional(at.bits);
    case Type::float_:
      return std::optional(std::bit_cast<float>(static_cast<std::uint32_t>(at.bits)));
    case Type::double_:
      return std::optional(std::bit_cast<double>(at.bits));
    case Type::boolean:
      return std::optional(at.bits != 0);
    case Type::str:
      return std::optional(std::string(text(at)));
    case Type::date:
      return std::optional(Date{std::string(text(at))});
    case Type::time:
      return std::optional(Time{std::string(text(at))});
    case Type::timestamp:
      return std::optional(Timestamp{std::string(text(at))});
    case Type::binary:
      return std::optional(Bytes::copy_of(text(at)));
  }
  return {};
}

std::string shortened(std::string_view query) {
  std::string shown;
  for (const char c : query.substr(0, whole_characters(query, shown_bytes_max))) {
    const bool space = c == ' ' || c == '\n' || c == '\r' || c == '\t';
    if (!space) {
      shown.push_back(c);
    } else if (!shown.empty() && shown.back() != ' ') {
      shown.push_back(' ');
    }
  }
  if (query.size() > shown_bytes_max) shown += " ...";
  return shown;
}

std::string Error::trace() const {
  std::string text = fmt::format("{} ({})", message, code);
  if (offset) text += fmt::format(", at byte {}", *offset);
  if (!query.empty()) text += fmt::format(", in: {}", query);
  return text;
}

Error access_denied(std::string_view name) {
  return {"ACCESS_DENIED",
          fmt::format("the database '{}' is none of those that this component may use", name)};
}

Error limit_error(std::string message) { return {"LIMIT", std::move(message)}; }

}  // namespace capstan::sql
