#include <capstan/bundle/wit.h>

#include <capstan/toolchain.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <map>
#include <memory>
#include <utility>

namespace capstan::bundle {
namespace {

// Keeps the order of the WIT.
using Json = nlohmann::ordered_json;

constexpr std::size_t signature_bytes_max = 1024 * 1024;

struct Failure {
  std::string message;
};

Result<void> check(capstan_toolchain_error* error) {
  if (error == nullptr) return {};
  const capstan_toolchain_text text = capstan_toolchain_error_message(error);
  auto failed = fail(ErrorCode::not_loadable, std::string(text.data, text.size));
  capstan_toolchain_error_delete(error);
  return failed;
}

// Writes types as canonical text. Throws Failure for what a bundle cannot serve.
class Signatures {
 public:
  Signatures(const Json& types, const std::map<std::size_t, std::string>& interface_ids)
      : types_(types), interface_ids_(interface_ids) {}

  std::string function(const Json& function) {
    text_ = "func(";
    std::string_view comma;
    for (const Json& parameter : function.at("params")) {
      put(std::exchange(comma, ", "));
      put(parameter.at("name").get_ref<const std::string&>());
      put(": ");
      type(parameter.at("type"));
    }
    put(")");
    if (const auto result = function.find("result");
        result != function.end() && !result->is_null()) {
      put(" -> ");
      type(*result);
    }
    return std::move(text_);
  }

  // The resource behind a type and its aliases; nothing when it is another kind of type.
  [[nodiscard]] const Json* resource(std::size_t id) const {
    const Json* definition = &types_.at(id);
    while (true) {
      const Json& kind = definition->at("kind");
      if (kind.is_string())
        return kind.get_ref<const std::string&>() == "resource" ? definition : nullptr;
      const auto alias = kind.find("type");
      if (alias == kind.end() || !alias->is_number()) return nullptr;
      definition = &types_.at(alias->get<std::size_t>());
    }
  }
  [[nodiscard]] std::string origin(const Json& resource) const {
    const auto& name = resource.at("name").get_ref<const std::string&>();
    const Json& owner = resource.at("owner");
    if (!owner.is_object() || !owner.contains("interface")) return name;
    return fmt::format("{}.{}", interface_ids_.at(owner.at("interface").get<std::size_t>()), name);
  }

 private:
  // A type may be a graph whose written-out form is exponentially larger than itself.
  void put(std::string_view text) {
    if (text_.size() + text.size() > signature_bytes_max) throw Failure{"its type is too large"};
    text_ += text;
  }

  void type(const Json& type) {
    if (type.is_string()) {
      const auto& name = type.get_ref<const std::string&>();
      if (name == "error-context") throw Failure{"error-context cannot cross to a bundle"};
      return put(name);
    }
    definition(types_.at(type.get<std::size_t>()).at("kind"));
  }

  void definition(const Json& shape) {
    const auto entry = shape.items().begin();
    const std::string& kind = entry.key();
    const Json& body = entry.value();
    if (kind == "type") return type(body);
    if (kind == "record") return members("record", body.at("fields"), ": ", "");
    if (kind == "variant") return members("variant", body.at("cases"), "(", ")");
    if (kind == "enum") return members("enum", body.at("cases"), "", "");
    if (kind == "flags") return members("flags", body.at("flags"), "", "");
    if (kind == "handle") return handle(body);
    if (kind == "tuple") return generic("tuple", body.at("types"));
    if (kind == "option" || kind == "list") return generic(kind, Json::array({body}));
    if (kind == "map") return generic(kind, body);
    if (kind == "fixed-length-list") {
      put("list<");
      type(body.at(0));
      return put(fmt::format(", {}>", body.at(1).get<std::uint32_t>()));
    }
    if (kind == "result") return result(body);
    throw Failure{fmt::format("{} cannot cross to a bundle", kind)};
  }

  void members(std::string_view kind, const Json& list, std::string_view open,
               std::string_view close) {
    put(kind);
    put(" { ");
    std::string_view comma;
    for (const Json& member : list) {
      put(std::exchange(comma, ", "));
      put(member.at("name").get_ref<const std::string&>());
      const auto found = member.find("type");
      if (found == member.end() || found->is_null()) continue;
      put(open);
      type(*found);
      put(close);
    }
    put(" }");
  }

  void generic(std::string_view name, const Json& arguments) {
    put(name);
    put("<");
    std::string_view comma;
    for (const Json& argument : arguments) {
      put(std::exchange(comma, ", "));
      type(argument);
    }
    put(">");
  }

  void result(const Json& body) {
    const Json& ok = body.at("ok");
    const Json& error = body.at("err");
    if (ok.is_null() && error.is_null()) return put("result");
    if (error.is_null()) return generic("result", Json::array({ok}));
    if (!ok.is_null()) return generic("result", Json::array({ok, error}));
    put("result<_, ");
    type(error);
    put(">");
  }

  void handle(const Json& body) {
    const auto entry = body.items().begin();
    const Json* found = resource(entry.value().get<std::size_t>());
    if (found == nullptr) throw Failure{"a handle refers to no resource"};
    put(entry.key());  // "own" or "borrow"
    put("<");
    put(origin(*found));
    put(">");
  }

  const Json& types_;
  const std::map<std::size_t, std::string>& interface_ids_;
  std::string text_;
};

// "wasi:keyvalue/store@0.2.0"
std::string interface_id(const Json& wit, const Json& interface) {
  const auto& package = wit.at("packages")
                            .at(interface.at("package").get<std::size_t>())
                            .at("name")
                            .get_ref<const std::string&>();
  const auto& name = interface.at("name").get_ref<const std::string&>();
  const std::size_t at = package.find('@');
  if (at == std::string::npos) return fmt::format("{}/{}", package, name);
  return fmt::format("{}/{}{}", package.substr(0, at), name, package.substr(at));
}

// Index and id of each interface to serve, in order.
using Chosen = std::vector<std::pair<std::size_t, std::string>>;

// The imports of a world for guests; the exports of a world that has none, a provider's.
Chosen of_world(const Json& wit, const Json& world) {
  const bool of_guest = !world.at("imports").empty();
  Chosen chosen;
  for (const auto& [key, item] : world.at(of_guest ? "imports" : "exports").items()) {
    if (item.contains("function"))
      throw Failure{
          fmt::format("the world has the function '{}' outside of an interface, which a "
                      "bundle cannot serve",
                      key)};
    if (!item.contains("interface")) continue;
    const auto index = item.at("interface").at("id").get<std::size_t>();
    const Json& interface = wit.at("interfaces").at(index);
    const bool by_name = key != fmt::format("interface-{}", index);
    chosen.emplace_back(index, by_name ? key : interface_id(wit, interface));
  }
  return chosen;
}

Chosen of_main_packages(const Json& wit) {
  Chosen chosen;
  for (const Json& package : wit.at("main_packages"))
    for (const auto& [name, id] :
         wit.at("packages").at(package.get<std::size_t>()).at("interfaces").items()) {
      const auto index = id.get<std::size_t>();
      chosen.emplace_back(index, interface_id(wit, wit.at("interfaces").at(index)));
    }
  return chosen;
}

std::vector<WitInterface> describe(const Json& wit, const Chosen& chosen) {
  std::map<std::size_t, std::string> ids;
  for (std::size_t i = 0; i < wit.at("interfaces").size(); ++i) {
    const Json& interface = wit.at("interfaces").at(i);
    if (interface.at("name").is_string()) ids.emplace(i, interface_id(wit, interface));
  }
  for (const auto& [index, id] : chosen) ids.insert_or_assign(index, id);

  Signatures signatures(wit.at("types"), ids);
  std::vector<WitInterface> described;
  for (const auto& [index, id] : chosen) {
    const Json& interface = wit.at("interfaces").at(index);
    WitInterface one{.id = id, .functions = {}, .resources = {}};
    for (const auto& [name, type] : interface.at("types").items())
      if (const Json* resource = signatures.resource(type.get<std::size_t>()))
        one.resources.push_back({name, signatures.origin(*resource)});
    for (const auto& [name, function] : interface.at("functions").items()) {
      try {
        one.functions.push_back({name, signatures.function(function)});
      } catch (const Failure& failure) {
        throw Failure{fmt::format("{}#{}: {}", id, name, failure.message)};
      }
    }
    // Of a package of types nothing is to be served.
    if (!one.functions.empty() || !one.resources.empty()) described.push_back(std::move(one));
  }
  return described;
}

struct DeleteWit {
  void operator()(capstan_toolchain_wit* wit) const { capstan_toolchain_wit_delete(wit); }
};
using Wit = std::unique_ptr<capstan_toolchain_wit, DeleteWit>;

Result<Wit> parse(const std::string& path) {
  const capstan_toolchain_text text = {path.data(), path.size()};
  capstan_toolchain_wit_options options{};
  options.paths = &text;
  options.path_count = 1;
  capstan_toolchain_wit* wit = nullptr;
  CAPSTAN_TRY_VOID(check(capstan_toolchain_parse_wit(&options, &wit)));
  return Wit(wit);
}

Result<Json> to_json(const Wit& wit) {
  capstan_toolchain_buffer buffer{};
  CAPSTAN_TRY_VOID(check(capstan_toolchain_wit_json(wit.get(), &buffer)));
  Json json = Json::parse(buffer.data, buffer.data + buffer.size, nullptr, false);
  capstan_toolchain_buffer_delete(&buffer);
  return json;
}

}  // namespace

Result<std::vector<WitInterface>> read_wit(const std::filesystem::path& path,
                                           std::string_view world) {
  CAPSTAN_TRY(const Wit wit, parse(path.string()));
  CAPSTAN_TRY(const Json json, to_json(wit));
  std::uint32_t selected = 0;
  if (!world.empty())
    CAPSTAN_TRY_VOID(
        check(capstan_toolchain_select_world(wit.get(), {world.data(), world.size()}, &selected)));
  try {
    const Chosen chosen =
        world.empty() ? of_main_packages(json) : of_world(json, json.at("worlds").at(selected));
    return describe(json, chosen);
  } catch (const Failure& failure) {
    return fail(ErrorCode::not_loadable, failure.message);
  } catch (const std::exception& error) {
    return fail(ErrorCode::internal,
                fmt::format("the toolchain's WIT is not as expected: {}", error.what()));
  }
}

}  // namespace capstan::bundle
