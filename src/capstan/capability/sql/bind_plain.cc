// The shape of today: dates, times and timestamps are text.
#include <capstan/capability/sql/bind_dialect.h>
#include <capstan/capability/sql/civil.h>

#include "sql_dialects.h"

namespace capstan::sql {
namespace {

namespace types = wit::wasi::sql::types;

struct Plain {
  using DataType = types::DataType;
  using Field = types::Field;
  using Row = types::Row;
  using Statement = types::Statement;
  using Error = types::Error;
  using Connection = types::Connection;
  using TypesHost = types::Host;
  using Civil = std::string_view;
  static constexpr std::string_view readwrite_id = "wasi:sql/readwrite@0.2.0-draft";

  static const host::InterfaceShape& types_shape() { return types::shape; }
  static std::string_view civil(Type, std::string_view text) { return text; }

  template <typename T>
  static Result<Value> civil_value(Type type, std::optional<std::string>& text) {
    if (!text) return Value(std::optional<T>());
    if (!is_civil(type, *text)) {
      auto wrong = civil_from(type, *text, "");
      if (!wrong) return std::unexpected(std::move(wrong).error());
    }
    return Value(std::optional<T>(T{*std::move(text)}));
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
        []<typename T>(T& held) -> Value { return Value(std::in_place_type<T>, std::move(held)); },
        given.storage());
  }
};

}  // namespace

Result<void> bind_plain(LinkerBase& linker, std::shared_ptr<Store> store,
                        std::shared_ptr<StatementBudget> budget) {
  return bind_dialect<Plain>(linker, std::move(store), std::move(budget));
}

}  // namespace capstan::sql
