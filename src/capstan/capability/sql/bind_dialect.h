// One dialect of wasi:sql over a sql::Store; `Dialect` says what differs:
//
//   types of the generated bindings    DataType, Row, Statement, Error, Connection, TypesHost
//   types_shape(), readwrite_id        its interfaces
//   to_value(DataType)                 a parameter, as ours
//   Civil, store_civil()               how a date, time or timestamp travels
//
// Rows are written into the guest from where the backend put them: a result of a hundred rows would
// otherwise be a thousand objects first. The type that does it says the same text for the linker as
// the generated `list<row>`. Internal to the bindings.
#pragma once

#include <capstan/abi/function.h>
#include <capstan/base/task.h>
#include <capstan/capability/sql/bind.h>
#include <capstan/capability/sql/sql.h>
#include <capstan/host/interface.h>
#include <capstan/host/linker.h>

#include <atomic>
#include <charconv>
#include <expected>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace capstan::sql {

// What a component's prepared statements may take together; shared by all of them.
class StatementBudget {
 public:
  explicit StatementBudget(const BindOptions& options) : options_(options) {}

  // Room for one more, or why there is none.
  [[nodiscard]] std::optional<Error> take(std::uint64_t bytes);
  void give_back(std::uint64_t bytes) {
    count_.fetch_sub(1, std::memory_order_relaxed);
    bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  }

 private:
  const BindOptions options_;
  std::atomic<std::uint64_t> count_ = 0;
  std::atomic<std::uint64_t> bytes_ = 0;
};

Result<void> bind_plain(LinkerBase& linker, std::shared_ptr<Store> store,
                        std::shared_ptr<StatementBudget> budget);
Result<void> bind_formatted(LinkerBase& linker, std::shared_ptr<Store> store,
                            std::shared_ptr<StatementBudget> budget);

namespace detail {

// What `f` makes of a task's result; without a coroutine when it is there already.
template <typename Out, typename In>
Task<Out> later_as(Task<In> task, Out (*f)(In)) {
  In result = co_await std::move(task);
  co_return f(std::move(result));
}
template <typename Out, typename In>
Task<Out> as(Task<In> task, std::type_identity_t<Out (*)(In)> f) {
  if (task.done()) return Task<Out>(f(task.take()));
  return later_as<Out, In>(std::move(task), f);
}

// Rows on their way into a guest.
template <typename Dialect>
struct SentRows {
  Rows rows;
};

template <typename Dialect>
class BoundError final : public Dialect::Error {
 public:
  explicit BoundError(std::string trace) : trace_(std::move(trace)) {}
  Task<std::string> trace() override { return trace_; }

 private:
  std::string trace_;
};

template <typename Dialect>
using Failed = std::unique_ptr<typename Dialect::Error>;
template <typename Dialect>
std::unexpected<Failed<Dialect>> failed(const sql::Error& error) {
  return std::unexpected(Failed<Dialect>(std::make_unique<BoundError<Dialect>>(error.trace())));
}

template <typename Dialect>
class BoundStatement final : public Dialect::Statement {
 public:
  BoundStatement(SharedStatement statement, std::shared_ptr<StatementBudget> budget,
                 std::uint64_t bytes)
      : statement_(std::move(statement)), budget_(std::move(budget)), bytes_(bytes) {}
  BoundStatement(const BoundStatement&) = delete;
  BoundStatement& operator=(const BoundStatement&) = delete;
  ~BoundStatement() override { budget_->give_back(bytes_); }

  [[nodiscard]] const SharedStatement& statement() const { return statement_; }

 private:
  SharedStatement statement_;
  std::shared_ptr<StatementBudget> budget_;  // of all statements of the component
  std::uint64_t bytes_;
};

template <typename Dialect>
class BoundConnection final : public Dialect::Connection {
 public:
  explicit BoundConnection(std::shared_ptr<sql::Connection> connection)
      : connection_(std::move(connection)) {}
  [[nodiscard]] sql::Connection& connection() const { return *connection_; }

 private:
  std::shared_ptr<sql::Connection> connection_;
};

template <typename Dialect>
class Types final : public Dialect::TypesHost {
 public:
  Types(std::shared_ptr<Store> store, std::shared_ptr<StatementBudget> budget)
      : store_(std::move(store)), budget_(std::move(budget)) {}

  template <typename R>
  using Answer = std::expected<std::unique_ptr<R>, Failed<Dialect>>;

  Task<Answer<typename Dialect::Statement>> statement_prepare(
      std::string query, std::vector<typename Dialect::DataType> params) override {
    return prepare(std::move(query), params);
  }
  Task<Answer<typename Dialect::Connection>> connection_open(std::string name) override {
    using Opened = Outcome<std::shared_ptr<sql::Connection>>;
    return as<Answer<typename Dialect::Connection>>(
        store_->open(std::move(name)), [](Opened opened) -> Answer<typename Dialect::Connection> {
          if (!opened) return failed<Dialect>(opened.error());
          return std::make_unique<BoundConnection<Dialect>>(*std::move(opened));
        });
  }

 private:
  Answer<typename Dialect::Statement> prepare(std::string query,
                                              std::vector<typename Dialect::DataType>& params) {
    std::vector<Value> values;
    values.reserve(params.size());
    std::uint64_t bytes = sizeof(BoundStatement<Dialect>) + query.size();
    for (auto& param : params) {
      Result<Value> value = Dialect::to_value(param);
      if (!value) {
        Error error("INVALID", "parameter " + std::to_string(values.size() + 1) + ": " +
                                   value.error().message());
        error.query = shortened(query);
        return failed<Dialect>(error);
      }
      bytes += bytes_of(*value);
      values.push_back(*std::move(value));
    }
    if (const auto full = budget_->take(bytes)) return failed<Dialect>(*full);
    return std::make_unique<BoundStatement<Dialect>>(
        make_statement(std::move(query), std::move(values)), budget_, bytes);
  }

  std::shared_ptr<Store> store_;
  std::shared_ptr<StatementBudget> budget_;  // of all statements of the component
};

template <typename Dialect>
class ReadWrite final {
 public:
  using Connection = typename Dialect::Connection;
  using Statement = typename Dialect::Statement;
  using Found = std::expected<SentRows<Dialect>, Failed<Dialect>>;
  using Changed = std::expected<std::uint32_t, Failed<Dialect>>;

  Task<Found> query(Connection& c, Statement& q) {
    return as<Found>(connection(c).query(statement(q)), [](Outcome<Rows> rows) -> Found {
      if (!rows) return failed<Dialect>(rows.error());
      return SentRows<Dialect>{*std::move(rows)};
    });
  }
  Task<Changed> exec(Connection& c, Statement& q) {
    return as<Changed>(connection(c).exec(statement(q)),
                       [](Outcome<std::uint64_t> changed) -> Changed {
                         if (!changed) return failed<Dialect>(changed.error());
                         constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
                         return static_cast<std::uint32_t>(std::min(*changed, most));
                       });
  }

 private:
  // All objects of these types are ours.
  static sql::Connection& connection(Connection& c) {
    return static_cast<BoundConnection<Dialect>&>(c).connection();
  }
  static const SharedStatement& statement(Statement& q) {
    return static_cast<BoundStatement<Dialect>&>(q).statement();
  }
};

template <typename Dialect>
inline constexpr abi::FunctionShape readwrite_functions[] = {
    abi::function<&ReadWrite<Dialect>::query>("query", "c, q"),
    abi::function<&ReadWrite<Dialect>::exec>("exec", "c, q"),
};
template <typename Dialect>
inline constexpr host::ResourceShape readwrite_resources[] = {
    host::resource<typename Dialect::Statement>("statement"),
    host::resource<typename Dialect::Error>("error"),
    host::resource<typename Dialect::Connection>("connection"),
};
template <typename Dialect>
inline constexpr host::InterfaceShape readwrite_shape = {
    Dialect::readwrite_id, readwrite_functions<Dialect>, readwrite_resources<Dialect>};

}  // namespace detail

template <typename Dialect>
Result<void> bind_dialect(LinkerBase& linker, std::shared_ptr<Store> store,
                          std::shared_ptr<StatementBudget> budget) {
  const host::Suspends suspends = store->suspends() ? host::Suspends::maybe : host::Suspends::never;
  auto types = std::make_shared<detail::Types<Dialect>>(std::move(store), std::move(budget));
  CAPSTAN_TRY_VOID(
      linker.add(Dialect::types_shape(),
                 host::serve_shared<typename Dialect::TypesHost>(std::move(types), suspends)));
  return linker.add(detail::readwrite_shape<Dialect>,
                    host::serve_shared(std::make_shared<detail::ReadWrite<Dialect>>(), suspends));
}

}  // namespace capstan::sql

namespace capstan::abi {

template <typename Dialect>
struct Abi<sql::detail::SentRows<Dialect>> {
  using List = Abi<std::vector<typename Dialect::Row>>;
  using Row = Abi<typename Dialect::Row>;
  using Field = Abi<typename Dialect::Field>;
  using DataType = Abi<typename Dialect::DataType>;
  static constexpr std::uint32_t size = List::size;
  static constexpr std::uint32_t align = List::align;
  static constexpr Flat flat = List::flat;

  static void append_text(std::string& out) { List::append_text(out); }
  template <typename Sent>
  static void lower_flat(Lower& cx, Sent&& sent, std::uint64_t* words) {
    const ListRange range = write(cx, sent.rows);
    words[0] = range.offset;
    words[1] = range.count;
  }
  template <typename Sent>
  static void store(Lower& cx, Sent&& sent, std::uint32_t at) {
    store_range(cx, write(cx, sent.rows), at);
  }

 private:
  static void store_range(Lower& cx, const ListRange& range, std::uint32_t at) {
    cx.store(at, range.offset);
    cx.store(at + 4, range.count);
  }

  static ListRange write(Lower& cx, const sql::Rows& rows) {
    const ListRange list = allocate_list(cx, rows.size(), Row::size, Row::align);
    for (std::size_t i = 0; i < rows.size() && cx.ok(); ++i) {
      const std::uint32_t at = list.offset + static_cast<std::uint32_t>(i) * Row::size;
      char digits[20];
      const auto end = std::to_chars(std::begin(digits), std::end(digits), i).ptr;
      Abi<std::string_view>::store(cx, {digits, end}, at + Row::Layout::offsets[0]);
      store_range(cx, write_fields(cx, rows, i), at + Row::Layout::offsets[1]);
    }
    return list;
  }

  static ListRange write_fields(Lower& cx, const sql::Rows& rows, std::size_t row) {
    const ListRange list = allocate_list(cx, rows.columns(), Field::size, Field::align);
    for (std::size_t i = 0; i < rows.columns() && cx.ok(); ++i) {
      const std::uint32_t at = list.offset + static_cast<std::uint32_t>(i) * Field::size;
      Abi<std::string_view>::store(cx, rows.names()[i], at + Field::Layout::offsets[0]);
      write_value(cx, rows, rows.cell(row, i), at + Field::Layout::offsets[1]);
    }
    return list;
  }

  // An option<T> that is there.
  template <typename T, typename V>
  static void write_some(Lower& cx, const V& value, std::uint32_t at) {
    cx.store(at, std::uint8_t{1});
    Abi<T>::store(cx, value, at + Abi<std::optional<T>>::Layout::payload_offset);
  }

  static void write_value(Lower& cx, const sql::Rows& rows, const sql::Rows::Cell& cell,
                          std::uint32_t at) {
    using sql::Type;
    cx.store(at, static_cast<std::uint8_t>(cell.type));
    at += DataType::Layout::payload_offset;
    if (cell.null) {
      cx.store(at, std::uint8_t{0});
      return;
    }
    switch (cell.type) {
      case Type::int32:
      case Type::uint32:
        write_some<std::uint32_t>(cx, static_cast<std::uint32_t>(cell.bits), at);
        break;
      case Type::int64:
      case Type::uint64:
        write_some<std::uint64_t>(cx, cell.bits, at);
        break;
      case Type::float_:
        write_some<float>(cx, std::bit_cast<float>(static_cast<std::uint32_t>(cell.bits)), at);
        break;
      case Type::double_:
        write_some<double>(cx, std::bit_cast<double>(cell.bits), at);
        break;
      case Type::boolean:
        write_some<bool>(cx, cell.bits != 0, at);
        break;
      case Type::str:
        write_some<std::string_view>(cx, rows.text(cell), at);
        break;
      case Type::date:
      case Type::time:
      case Type::timestamp:
        write_some<typename Dialect::Civil>(cx, Dialect::civil(cell.type, rows.text(cell)), at);
        break;
      case Type::binary: {
        const std::string_view bytes = rows.text(cell);
        const std::span<const std::uint8_t> view(
            reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
        write_some<std::span<const std::uint8_t>>(cx, view, at);
        break;
      }
    }
  }
};

}  // namespace capstan::abi
