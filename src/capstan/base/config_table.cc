#include <capstan/base/config_table.h>

#include <capstan/base/nearest.h>

#include <fmt/format.h>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

namespace capstan {

// One table of the file. Tables taken out of it are kept, so that finish() sees what was asked of
// them; they share the parsed file.
struct ConfigTable::Node {
  std::shared_ptr<const toml::table> file;  // owners: all nodes of one file
  const toml::table* table = nullptr;
  std::string file_name;
  std::string title;  // "[host]"; empty for the whole file

  std::set<std::string, std::less<>> known = {};
  std::map<std::string, std::vector<std::shared_ptr<Node>>, std::less<>> taken = {};
};

namespace {

using Node = ConfigTable::Node;

// Nobody writes that much by hand; it keeps a wrong path (a component, a device) from being read.
constexpr std::size_t file_bytes_max = 1024 * 1024;

// Keys come from the file: what a terminal would act on is shown as what it is.
std::string shown(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f')
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out + "'";
}

std::string_view kind_of(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "a list";
    case toml::node_type::string:
      return "text";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number with a fraction";
    case toml::node_type::boolean:
      return "a boolean";
    case toml::node_type::date:
    case toml::node_type::time:
    case toml::node_type::date_time:
      return "a date or time";
    case toml::node_type::none:
      break;
  }
  return "nothing";
}

Error error_on(const Node& node, const toml::source_region& where, std::string_view message) {
  if (where.begin.line == 0)
    return Error(ErrorCode::invalid_argument, fmt::format("{}: {}", node.file_name, message));
  return Error(ErrorCode::invalid_argument,
               fmt::format("{}:{}: {}", node.file_name, where.begin.line, message));
}

// Where a key stands; the table it should be in when it is missing, and just the file for the
// outermost table.
toml::source_region place(const Node& node, std::string_view key) {
  if (const auto found = node.table->find(key); found != node.table->end())
    return found->first.source();
  return node.title.empty() ? toml::source_region{} : node.table->source();
}

const toml::node* look_up(Node& node, std::string_view key) {
  node.known.emplace(key);
  return node.table->get(key);
}

std::unexpected<Error> missing(const Node& node, std::string_view key, std::string_view what) {
  const std::string where = node.title.empty() ? "" : " in " + node.title;
  return std::unexpected(
      error_on(node, place(node, key),
               fmt::format("the key {}{} is missing: add {}", shown(key), where, what)));
}

std::unexpected<Error> wrong_type(const Node& node, std::string_view key, const toml::node& value,
                                  std::string_view expected) {
  return std::unexpected(
      error_on(node, value.source(),
               fmt::format("{} must be {}, not {}", shown(key), expected, kind_of(value))));
}

constexpr std::string_view text_example = "text in quotes";
constexpr std::string_view texts_example = "a list of texts, as [\"a\", \"b\"]";

template <typename T>
Result<T> value_or(Node& node, std::string_view key, T otherwise, std::string_view expected) {
  const toml::node* found = look_up(node, key);
  if (found == nullptr) return otherwise;
  if (const auto* value = found->as<T>()) return value->get();
  return wrong_type(node, key, *found, expected);
}

std::shared_ptr<Node> make_child(const Node& parent, const toml::table& table, std::string title) {
  return std::make_shared<Node>(Node{.file = parent.file,
                                     .table = &table,
                                     .file_name = parent.file_name,
                                     .title = std::move(title)});
}

std::string title_of(const Node& parent, std::string_view key) {
  if (parent.title.empty()) return fmt::format("[{}]", key);
  const std::size_t brackets = parent.title.starts_with("[[") ? 2 : 1;
  return fmt::format("[{}.{}]", parent.title.substr(brackets, parent.title.size() - 2 * brackets),
                     key);
}

struct Unknown {
  const Node* node;
  const toml::key* key;
};

bool earlier(const toml::source_position& a, const toml::source_position& b) {
  return a.line != b.line ? a.line < b.line : a.column < b.column;
}

// The first key of the file, in this table or in tables taken out of it, that nobody asked for.
void find_unknown(const Node& node, std::optional<Unknown>& first) {
  for (const auto& [key, value] : *node.table) {
    if (node.known.contains(key.str())) continue;
    if (!first || earlier(key.source().begin, first->key->source().begin))
      first = Unknown{&node, &key};
  }
  for (const auto& [key, tables] : node.taken)
    for (const auto& table : tables) find_unknown(*table, first);
}

std::string known_keys(const Node& node) {
  std::string list;
  for (const std::string& key : node.known) list += (list.empty() ? "" : ", ") + shown(key);
  return list;
}

std::string scalar_text(const toml::node& value) {
  if (const auto* text = value.as_string()) return text->get();
  if (const auto* integer = value.as_integer()) return std::to_string(integer->get());
  if (const auto* boolean = value.as_boolean()) return boolean->get() ? "true" : "false";
  if (const auto* number = value.as_floating_point()) return fmt::format("{}", number->get());
  std::ostringstream out;
  if (const auto* date = value.as_date()) out << date->get();
  if (const auto* time = value.as_time()) out << time->get();
  if (const auto* date_time = value.as_date_time()) out << date_time->get();
  return out.str();
}

}  // namespace

Result<ConfigTable> ConfigTable::parse(std::string_view text, std::string_view file) {
  toml::parse_result parsed = toml::parse(text, file);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return fail(ErrorCode::invalid_argument,
                fmt::format("{}:{}: no valid TOML: {}", file, error.source().begin.line,
                            error.description()));
  }
  auto table = std::make_shared<const toml::table>(std::move(parsed).table());
  const toml::table* root = table.get();
  return ConfigTable(std::make_shared<Node>(
      Node{.file = std::move(table), .table = root, .file_name = std::string(file), .title = {}}));
}

Result<ConfigTable> ConfigTable::read(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    return fail(ErrorCode::io, fmt::format("'{}' is a folder, not a file", path.string()));
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    const bool exists = std::filesystem::exists(path, ignored);
    return fail(ErrorCode::io, fmt::format("cannot read '{}': {}", path.string(),
                                           exists ? "permission denied" : "there is no such file"));
  }
  std::string text(file_bytes_max + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return fail(ErrorCode::io, fmt::format("cannot read '{}'", path.string()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > file_bytes_max)
    return fail(ErrorCode::invalid_argument,
                fmt::format("'{}' has more than {} bytes, too many for a configuration file",
                            path.string(), file_bytes_max));
  return parse(text, path.string());
}

Result<std::string> ConfigTable::text(std::string_view key) const {
  if (look_up(*node_, key) == nullptr)
    return missing(*node_, key, fmt::format("{} = \"...\"", key));
  return text_or(key, "");
}

Result<ConfigTable> ConfigTable::table(std::string_view key) const {
  CAPSTAN_TRY(auto found, table_if(key));
  if (!found) return missing(*node_, key, fmt::format("the table {}", title_of(*node_, key)));
  return *std::move(found);
}

Result<std::string> ConfigTable::text_or(std::string_view key, std::string_view otherwise) const {
  return value_or<std::string>(*node_, key, std::string(otherwise), text_example);
}
Result<std::int64_t> ConfigTable::integer_or(std::string_view key, std::int64_t otherwise) const {
  return value_or<std::int64_t>(*node_, key, otherwise, "an integer");
}
Result<bool> ConfigTable::boolean_or(std::string_view key, bool otherwise) const {
  return value_or<bool>(*node_, key, otherwise, "true or false");
}

Result<std::vector<std::string>> ConfigTable::texts(std::string_view key) const {
  std::vector<std::string> all;
  const toml::node* found = look_up(*node_, key);
  if (found == nullptr) return all;
  const toml::array* list = found->as_array();
  if (list == nullptr) return wrong_type(*node_, key, *found, texts_example);
  for (const toml::node& element : *list) {
    const auto* text = element.as_string();
    if (text == nullptr) return wrong_type(*node_, key, element, texts_example);
    all.push_back(text->get());
  }
  return all;
}

Result<std::optional<ConfigTable>> ConfigTable::table_if(std::string_view key) const {
  const toml::node* found = look_up(*node_, key);
  if (found == nullptr) return std::nullopt;
  const toml::table* table = found->as_table();
  const std::string title = title_of(*node_, key);
  if (table == nullptr) return wrong_type(*node_, key, *found, "the table " + title);
  auto& taken = node_->taken[std::string(key)];
  if (taken.empty()) taken.push_back(make_child(*node_, *table, title));
  return ConfigTable(taken.front());
}

Result<std::vector<ConfigTable>> ConfigTable::tables(std::string_view key) const {
  std::vector<ConfigTable> all;
  const toml::node* found = look_up(*node_, key);
  if (found == nullptr) return all;
  const std::string title = fmt::format("[{}]", title_of(*node_, key));
  const toml::array* list = found->as_array();
  if (list == nullptr) return wrong_type(*node_, key, *found, "one or more tables " + title);
  auto& taken = node_->taken[std::string(key)];
  if (taken.empty()) {
    for (const toml::node& element : *list) {
      const toml::table* table = element.as_table();
      if (table == nullptr) return wrong_type(*node_, key, element, "a list of tables " + title);
      taken.push_back(make_child(*node_, *table, title));
    }
  }
  for (const auto& node : taken) all.push_back(ConfigTable(node));
  return all;
}

bool ConfigTable::has(std::string_view key) const { return node_->table->contains(key); }

Result<std::vector<std::pair<std::string, std::string>>> ConfigTable::values() const {
  std::vector<std::pair<const toml::key*, const toml::node*>> in_order;
  for (const auto& [key, value] : *node_->table) {
    look_up(*node_, key.str());
    if (value.is_table() || value.is_array())
      return wrong_type(*node_, key.str(), value, "a single value");
    in_order.emplace_back(&key, &value);
  }
  std::ranges::sort(in_order, [](const auto& a, const auto& b) {
    return earlier(a.first->source().begin, b.first->source().begin);
  });
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& [key, value] : in_order)
    all.emplace_back(std::string(key->str()), scalar_text(*value));
  return all;
}

Result<void> ConfigTable::finish() const {
  std::optional<Unknown> first;
  find_unknown(*node_, first);
  if (!first) return {};
  const Node& node = *first->node;
  const std::string_view key = first->key->str();
  const std::vector<std::string_view> known(node.known.begin(), node.known.end());
  const std::string_view near = base::nearest(key, known);
  std::string advice = ", nothing is known here";
  if (!near.empty()) {
    advice = fmt::format(", did you mean {}?", shown(near));
  } else if (!known.empty()) {
    advice = fmt::format(", known {} {}{}", known.size() == 1 ? "is" : "are", known_keys(node),
                         node.title.empty() ? "" : " in " + node.title);
  }
  return std::unexpected(
      error_on(node, first->key->source(), fmt::format("unknown key {}{}", shown(key), advice)));
}

Error ConfigTable::error_at(std::string_view key, std::string_view message) const {
  return error_on(*node_, place(*node_, key), message);
}

}  // namespace capstan
