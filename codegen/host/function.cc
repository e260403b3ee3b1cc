#include <fmt/format.h>

#include "emit.h"
#include "layout.h"

namespace capstan::codegen::host {
namespace {

std::string wit_params(const Function& function) {
  std::vector<std::string> names;
  for (const Field& param : function.params) names.push_back(param.name);
  return joined(names);
}

// A long literal as several, one a line, broken behind spaces.
std::string broken(std::string_view literal) {
  constexpr std::size_t width = columns_max - 8 - 1;  // and one for the quote that is added
  std::string text;
  while (literal.size() > width + 1) {
    const std::size_t cut = literal.rfind(' ', width - 1) + 1;
    if (cut <= 1) break;
    text += fmt::format("{}\"\n        \"", literal.substr(0, cut));
    literal.remove_prefix(cut);
  }
  return text + std::string(literal);
}

// `function<member>("open", "identifier")` of a table; without the last text when there are no
// parameters.
std::string entry(const std::string& function, const std::string& member,
                  std::vector<std::string> texts) {
  if (texts.back().empty()) texts.pop_back();
  for (std::string& text : texts) text = quoted(text);
  std::string head = fmt::format("{}<{}>", function, member);
  if (4 + head.size() + 1 > columns_max) head = fmt::format("{}<\n        {}>", function, member);
  if (8 + texts.back().size() + 2 > columns_max) {
    const std::string names = std::exchange(texts.back(), "");
    texts.pop_back();
    return fmt::format("{}(\n        {},\n        {})", head, joined(texts), broken(names));
  }
  // The comma that follows in the table must fit as well.
  std::string text = packed(4, head + "(", texts, "),");
  text.pop_back();
  return text;
}

// One exported function in one of its two forms.
struct Form {
  const Site& site;
  const Method& method;
  Waiting waiting;

  [[nodiscard]] std::string name() const {
    return waiting == Waiting::task ? method.async_name : method.name;
  }
  [[nodiscard]] std::string value() const {
    return site.types.optional_value(method.function->result, "void");
  }
  [[nodiscard]] std::string result() const {
    const std::string result = fmt::format("capstan::Result<{}>", value());
    return waiting == Waiting::task ? fmt::format("capstan::Task<{}>", result) : result;
  }
  [[nodiscard]] std::vector<Argument> arguments() const {
    std::vector<Argument> all;
    for (std::size_t i = 0; i < method.params.size(); ++i)
      all.push_back(
          site.types.argument(method.function->params[i].type, method.params[i], waiting));
    return all;
  }
  [[nodiscard]] std::vector<std::string> parameters() const {
    std::vector<std::string> all;
    const std::vector<Argument> list = arguments();
    for (std::size_t i = 0; i < list.size(); ++i)
      all.push_back(fmt::format("{} {}", list[i].declared, method.params[i]));
    return all;
  }

  //   capstan::Result<bool> check(std::string_view name) const;
  [[nodiscard]] std::string declaration(std::string_view qualifier) const {
    const std::string tail = fmt::format("){};", qualifier);
    return "  " + function_head(2, result(), name(), parameters(), tail) + "\n";
  }

  //   capstan::Result<bool> Guest::check(std::string_view name) const {
  //     return instance_.call<bool>(0, name);
  //   }
  [[nodiscard]] std::string definition(std::string_view owner, std::string_view instance,
                                       std::string_view qualifier) const {
    std::vector<std::string> passed = {std::to_string(method.index)};
    if (method.function->kind == FunctionKind::method)
      passed.emplace_back("capstan::Borrow(*this)");
    for (const Argument& argument : arguments()) passed.push_back(argument.forwarded);
    const std::string call = fmt::format("{}.{}<{}>(", instance,
                                         waiting == Waiting::task ? "call_async" : "call", value());
    const std::string function = fmt::format("{}::{}", owner, name());
    const std::string flat =
        fmt::format("{} {}({}){}", result(), function, joined(parameters()), qualifier);
    const std::string one_line = returning(0, flat, fmt::format("{}{})", call, joined(passed)));
    if (one_line.find('\n') == std::string::npos) return one_line + "\n";
    return fmt::format(
        "{}\n  {}\n}}\n",
        function_head(0, result(), function, parameters(), fmt::format("){} {{", qualifier)),
        packed(2, "return " + call, passed, ");"));
  }
};

}  // namespace

//   // What the WIT says about it.
//   virtual std::expected<std::unique_ptr<Bucket>, Error> open(std::string_view identifier) = 0;
std::string emit_host_function(const Site& site, const Method& method) {
  const Function& function = *method.function;
  const Waiting waiting = method.returns_task ? Waiting::task : Waiting::blocking;
  std::string result = site.types.optional_value(function.result, "void");
  if (method.returns_task)
    result = function.result ? fmt::format("capstan::Task<{}>", result) : "capstan::Task<>";
  std::vector<std::string> parameters;
  for (std::size_t i = 0; i < method.params.size(); ++i) {
    parameters.push_back(fmt::format(
        "{} {}", site.types.host_parameter(function.params[i].type, waiting), method.params[i]));
  }
  return fmt::format("{}  {}\n", comment(2, function.notes),
                     function_head(2, "virtual " + result, method.name, parameters, ") = 0;"));
}

Text emit_guest_functions(const Site& site, const std::vector<Method>& methods,
                          std::string_view owner, std::string_view instance) {
  Text text;
  for (const Method& method : methods) {
    const bool on_resource = method.function->kind == FunctionKind::method;
    const std::string_view qualifier = on_resource ? "" : " const";
    text.header += comment(2, method.function->notes);
    for (const Waiting waiting : {Waiting::blocking, Waiting::task}) {
      const Form form = {site, method, waiting};
      text.header += form.declaration(qualifier);
      text.source += (text.source.empty() ? "" : "\n");
      text.source += form.definition(owner, instance, qualifier);
    }
  }
  return text;
}

// capstan::abi::function<&Host::open>("open", "identifier")
std::string host_entry(const Method& method, std::string_view owner) {
  return entry("capstan::abi::function", fmt::format("&{}::{}", owner, method.name),
               {method.function->name, wit_params(*method.function)});
}

// capstan::host::export_function<&Guest::check>("demo:app/api", "check", "name")
std::string guest_entry(const Site& site, const Method& method, std::string_view owner) {
  std::string names = wit_params(*method.function);
  if (method.function->kind == FunctionKind::method)
    names.insert(0, names.empty() ? "self" : "self, ");
  return entry("capstan::host::export_function", fmt::format("&{}::{}", owner, method.name),
               {site.scope.id, method.function->name, names});
}

}  // namespace capstan::codegen::host
