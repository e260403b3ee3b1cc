// Compiled once for each guest: GUEST is the namespace of its bindings.
#include "guest_store.h"

#include "through.h"

#include <capstan/base/check.h>
#include <capstan/capability/sql/bind.h>
#include <capstan/host/engine.h>
#include <capstan/host/linker.h>
#include <capstan/host/store.h>

#include <optional>
#include <regex>
#include <stdexcept>
#include <utility>

namespace capstan::sql::GUEST {
namespace {

namespace types = ::GUEST::wasi::sql::types;
using Through = ::GUEST::test::sql::Through;
using types::DataType;

template <typename T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// Dates of both shapes.
[[maybe_unused]] std::string text_of(const std::string& text) { return text; }
template <typename Formatted>
std::string text_of(const Formatted& formatted) {
  if (formatted.format.empty()) throw std::runtime_error("a date came without its format");
  return formatted.value;
}
template <typename T>
T civil(const std::string& text) {
  if constexpr (requires { T::format; }) {
    return T{.value = text, .format = ""};
  } else {
    return text;
  }
}

// Payload number `I`, from one kind of value to the other.
template <std::size_t I>
Value to_ours(DataType& given) {
  using Held = std::variant_alternative_t<I, Value>;
  auto& payload = std::get<I>(given.storage());
  if (!payload) return Value(std::in_place_index<I>);
  if constexpr (requires { Held::value_type::text; }) {
    return Value(std::in_place_index<I>, typename Held::value_type{text_of(*payload)});
  } else {
    return Value(std::in_place_index<I>, payload);
  }
}
template <std::size_t I>
DataType to_theirs(const Value& value) {
  DataType given;
  const auto& held = std::get<I>(value);
  auto& payload = given.storage().template emplace<I>();
  if (!held) return given;
  if constexpr (requires { held->text; }) {
    using Payload = typename std::remove_cvref_t<decltype(payload)>::value_type;
    payload = civil<Payload>(held->text);
  } else {
    payload = held;
  }
  return given;
}

template <std::size_t... I>
Value any_to_ours(DataType& given, std::index_sequence<I...>) {
  using Convert = Value (*)(DataType&);
  constexpr Convert each[] = {&to_ours<I>...};
  return each[given.storage().index()](given);
}
template <std::size_t... I>
DataType any_to_theirs(const Value& value, std::index_sequence<I...>) {
  using Convert = DataType (*)(const Value&);
  constexpr Convert each[] = {&to_theirs<I>...};
  return each[value.index()](value);
}
constexpr auto every = std::make_index_sequence<std::variant_size_v<Value>>();

void add(Rows& rows, const Value& value) {
  std::visit(
      [&]<typename T>(const std::optional<T>& held) {
        const Type type = type_of(value);
        if (!held) {
          rows.add_null(type);
        } else if constexpr (std::is_same_v<T, float>) {
          rows.add_float(*held);
        } else if constexpr (std::is_same_v<T, double>) {
          rows.add_double(*held);
        } else if constexpr (std::is_arithmetic_v<T>) {
          rows.add_whole(type, static_cast<std::uint64_t>(*held));
        } else if constexpr (std::is_same_v<T, std::string>) {
          rows.add_text(type, *held);
        } else if constexpr (std::is_same_v<T, Bytes>) {
          rows.add_text(type, held->text());
        } else {
          rows.add_text(type, held->text);
        }
      },
      value);
}

Rows to_rows(std::vector<types::Row>& given) {
  Rows::Names names;
  if (!given.empty())
    for (const types::Field& field : given.front().fields) names.push_back(field.name);
  Rows rows(std::make_shared<const Rows::Names>(names));
  for (std::size_t i = 0; i < given.size(); ++i) {
    if (given[i].index != std::to_string(i)) throw std::runtime_error("a row has another index");
    for (std::size_t k = 0; k < given[i].fields.size(); ++k) {
      if (given[i].fields[k].name != names[k]) throw std::runtime_error("a row has other names");
      add(rows, any_to_ours(given[i].fields[k].value, every));
    }
  }
  return rows;
}

// The parts of Error::trace().
Error to_error(const std::string& trace) {
  static const std::regex parts(
      R"(^([^]*?) \(([A-Z_0-9]+)\)(?:, at byte (\d+))?(?:, in: ([^]*))?$)");
  std::smatch found;
  if (!std::regex_match(trace, found, parts)) throw std::runtime_error("no trace: " + trace);
  Error error(found[2], found[1]);
  if (found[3].matched) error.offset = std::stoul(found[3]);
  error.query = found[4];
  return error;
}

// The guest in its store; shared by the GuestStore and its connections.
struct Running {
  Running(const char* path, std::shared_ptr<Store> store, const BindOptions& options)
      : behind(std::move(store)),
        engine(must(Engine::create({.cache = false}))),
        linker(engine),
        component(must(engine.load_file(path))) {
    must(sql::bind(linker, shape_of(component), behind, options));
    prepared.emplace(must(linker.prepare(component)));
    world.emplace(must(Through::instantiate(instances, *prepared)));
  }

  std::shared_ptr<Store> behind;  // also the test's
  Engine engine;
  Linker<> linker;
  Component component;
  std::optional<PreparedComponent<>> prepared;
  capstan::Store<> instances;
  std::optional<Through> world;
};

class GuestConnection final : public Connection {
 public:
  GuestConnection(std::shared_ptr<Running> running, std::uint32_t number)
      : running_(std::move(running)), number_(number) {}
  ~GuestConnection() override { (void)running_->world->close(number_); }

  Task<Outcome<Rows>> query(SharedStatement statement) override {
    auto rows = must(running_->world->query(number_, statement->query, parameters(*statement)));
    if (!rows) return Outcome<Rows>(std::unexpected(to_error(rows.error())));
    return Outcome<Rows>(to_rows(*rows));
  }
  Task<Outcome<std::uint64_t>> exec(SharedStatement statement) override {
    auto changed = must(running_->world->exec(number_, statement->query, parameters(*statement)));
    if (!changed) return Outcome<std::uint64_t>(std::unexpected(to_error(changed.error())));
    return Outcome<std::uint64_t>(*changed);
  }

 private:
  static std::vector<DataType> parameters(const Statement& statement) {
    std::vector<DataType> given;
    for (const Value& value : statement.parameters) given.push_back(any_to_theirs(value, every));
    return given;
  }

  std::shared_ptr<Running> running_;
  std::uint32_t number_;
};

class ThroughGuest final : public GuestStore {
 public:
  explicit ThroughGuest(std::shared_ptr<Running> running) : running_(std::move(running)) {}

  Task<Outcome<std::shared_ptr<Connection>>> open(std::string name) override {
    using Opened = Outcome<std::shared_ptr<Connection>>;
    auto number = must(running_->world->open(name));
    if (!number) return Opened(std::unexpected(to_error(number.error())));
    return Opened(std::make_shared<GuestConnection>(running_, *number));
  }
  [[nodiscard]] bool suspends() const override { return false; }
  std::string hoard(const std::string& text) override { return must(running_->world->hoard(text)); }

 private:
  std::shared_ptr<Running> running_;
};

}  // namespace

std::shared_ptr<GuestStore> through(const char* component, std::shared_ptr<Store> behind,
                                    const BindOptions& options) {
  return std::make_shared<ThroughGuest>(
      std::make_shared<Running>(component, std::move(behind), options));
}

}  // namespace capstan::sql::GUEST
