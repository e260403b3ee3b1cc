#include <capstan/cli/outline.h>

#include <capstan/cli/examples.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace capstan::cli {
namespace {

bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// "a|b|c", "[a|b] NAME" and CLI11's "NAME:{a,b}" all say which words are possible.
std::vector<std::string> choices_of(std::string_view type) {
  std::vector<std::string> words;
  const std::size_t open = type.find('{');
  const std::size_t close = type.find('}', std::min(open, type.size()));
  if (close != std::string_view::npos) {
    words = split(type.substr(open + 1, close - open - 1), ',');
  } else if (type.find('|') != std::string_view::npos) {
    type = type.substr(0, type.find(' '));
    if (type.starts_with('[')) type = type.substr(1, type.find(']') - 1);
    words = split(type, '|');
  }
  std::erase_if(words, [](const std::string& word) { return !is_word(word); });
  return words;
}

ValueKind kind_of(std::string_view type) {
  constexpr std::array<std::string_view, 7> files = {"PATH",   "FILE",     "MODULE", "SOURCE",
                                                     "BINARY", "PROVIDER", "APP"};
  if (type.empty()) return ValueKind::none;
  if (type == "DIR" || type == "FOLDER" || type.starts_with("HOST[")) return ValueKind::folder;
  return std::ranges::find(files, type) != files.end() ? ValueKind::file : ValueKind::text;
}

OptionOutline option_outline(const CLI::Option& option) {
  OptionOutline outline;
  for (const std::string& name : option.get_snames()) outline.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) outline.names.push_back("--" + name);
  if (outline.names.empty()) outline.names.push_back(option.get_name());
  const bool takes_value = option.get_items_expected_max() > 0;
  if (takes_value) {
    const std::string type = option.get_type_name();
    outline.choices = choices_of(type);
    outline.value = type.substr(0, type.find(":{"));
    // TEXT is what CLI11 says of itself, when the command says nothing.
    const bool unsaid = outline.value == "TEXT";
    if (unsaid && !option.nonpositional()) outline.value = outline.names.front();
    outline.kind = unsaid && option.nonpositional() ? ValueKind::file : kind_of(outline.value);
  }
  outline.description = option.get_description();
  outline.required = option.get_required();
  outline.repeatable = option.get_items_expected_max() > 1;
  return outline;
}

}  // namespace

CommandOutline outline_of(const CLI::App& app) {
  CommandOutline outline;
  outline.name = full_name(app);
  outline.description = app.get_description();
  const std::string footer = app.get_footer();
  outline.notes = footer.substr(0, footer.find("Examples:"));
  while (outline.notes.ends_with('\n')) outline.notes.pop_back();
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;  // hidden
    auto& list = option->nonpositional() ? outline.options : outline.arguments;
    list.push_back(option_outline(*option));
  }
  for (const CLI::App* command : app.get_subcommands({})) {
    if (!command->get_group().empty()) outline.commands.push_back(outline_of(*command));
  }
  return outline;
}

CommandOutline program_outline() {
  Session session;
  CLI::App app("Runs WebAssembly components, and makes them.", "capstan");
  define_all(app, session);
  return outline_of(app);
}

std::vector<const CommandOutline*> all_commands(const CommandOutline& top) {
  std::vector<const CommandOutline*> all = {&top};
  for (const CommandOutline& command : top.commands) {
    const auto below = all_commands(command);
    all.insert(all.end(), below.begin(), below.end());
  }
  return all;
}

}  // namespace capstan::cli
