// The shape before: dates, times and timestamps are text with a format.
#include <capstan/capability/sql/bind_dialect.h>
#include <capstan/capability/sql/civil.h>

#include "sql_formatted_dialects.h"

namespace capstan::sql {
namespace {

namespace types = wit::formatted::wasi::sql::types;

struct Formatted {
  using DataType = types::DataType;
  using Field = types::Field;
  using Row = types::Row;
  using Statement = types::Statement;
  using Error = types::Error;
  using Connection = types::Connection;
  using TypesHost = types::Host;
  using Civil = types::FormattedValue;
  static constexpr std::string_view readwrite_id = "wasi:sql/readwrite@0.2.0-draft";

  static const host::InterfaceShape& types_shape() { return types::shape; }
  static Civil civil(Type type, std::string_view text) {
    return {.value = std::string(text), .format = civil_format(type, text)};
  }

  template <typename T>
  static Result<Value> civil_value(Type type, const std::optional<Civil>& given) {
    if (!given) return Value(std::optional<T>());
    CAPSTAN_TRY(std::string text, civil_from(type, given->value, given->format));
    return Value(std::optional<T>(T{std::move(text)}));
  }

  static Result<Value> to_value(DataType& given) {
    using Case = types::DataTypeCase;
    switch (given.which()) {
      case Case::date:
        return civil_value<Date>(Type::date, given.get<Case::date>());
      case Case::time:
        return civil_value<Time>(Type::time, given.get<Case::time>());
      case Case::timestamp:
        return civil_value<Timestamp>(Type::timestamp, given.get<Case::timestamp>());
      default:
        return same_value(given);
    }
  }

  static Value same_value(DataType& given) {
    return std::visit(
        []<typename T>(T& held) -> Value {
          if constexpr (std::is_same_v<T, std::optional<Civil>>) {
            return {};  // to_value() has its own way for these
          } else {
            return Value(std::in_place_type<T>, std::move(held));
          }
        },
        given.storage());
  }
};

}  // namespace

Result<void> bind_formatted(LinkerBase& linker, std::shared_ptr<Store> store,
                            std::shared_ptr<StatementBudget> budget) {
  return bind_dialect<Formatted>(linker, std::move(store), std::move(budget));
}

}  // namespace capstan::sql
