#include <capstan/capability/sql/bind.h>

#include <capstan/capability/sql/bind_dialect.h>

#include <algorithm>

namespace capstan::sql {

Shape shape_of(const Component& component) {
  const bool formatted = std::ranges::any_of(component.imports(), [](const ComponentItem& item) {
    return item.interface_name.starts_with("wasi:sql/") &&
           item.signature.contains("date(option<record {");
  });
  return formatted ? Shape::formatted : Shape::plain;
}

Result<void> bind(LinkerBase& linker, Shape shape, const std::shared_ptr<Store>& store,
                  const BindOptions& options) {
  auto budget = std::make_shared<StatementBudget>(options);
  return shape == Shape::plain ? bind_plain(linker, store, std::move(budget))
                               : bind_formatted(linker, store, std::move(budget));
}

std::optional<Error> StatementBudget::take(std::uint64_t bytes) {
  const std::uint64_t count = count_.fetch_add(1, std::memory_order_relaxed) + 1;
  const std::uint64_t total = bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (count <= options_.statements_max && total <= options_.statements_bytes_max)
    return std::nullopt;
  give_back(bytes);
  if (count > options_.statements_max)
    return limit_error("too many statements are prepared: drop those that are not needed any more");
  return limit_error("the statements that are prepared take too much memory: drop some");
}

}  // namespace capstan::sql
