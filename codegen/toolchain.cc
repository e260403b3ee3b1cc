#include "toolchain.h"

#include <utility>

namespace capstan::codegen {
namespace {

capstan_toolchain_text text_of(std::string_view text) { return {text.data(), text.size()}; }

capstan_toolchain_bytes bytes_of(std::string_view bytes) {
  return {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()};
}

std::string_view view_of(capstan_toolchain_text text) { return {text.data, text.size}; }

std::string_view view_of(capstan_toolchain_bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data), bytes.size};
}

std::vector<capstan_toolchain_text> texts_of(const std::vector<std::string>& texts) {
  std::vector<capstan_toolchain_text> result;
  result.reserve(texts.size());
  for (const std::string& text : texts) {
    result.push_back(text_of(text));
  }
  return result;
}

// Takes the error over.
std::unexpected<std::string> failure(capstan_toolchain_error* error) {
  std::string message(view_of(capstan_toolchain_error_message(error)));
  capstan_toolchain_error_delete(error);
  return std::unexpected(std::move(message));
}

// Takes the buffer over.
std::string take(capstan_toolchain_buffer buffer) {
  std::string result(reinterpret_cast<const char*>(buffer.data), buffer.size);
  capstan_toolchain_buffer_delete(&buffer);
  return result;
}

}  // namespace

Outcome<Wit> Wit::parse(const WitInput& input) {
  const auto paths = texts_of(input.paths);
  const auto features = texts_of(input.features);
  std::vector<capstan_toolchain_wit_source> sources;
  for (const File& source : input.sources) {
    sources.push_back({text_of(source.name), bytes_of(source.contents)});
  }
  const capstan_toolchain_wit_options options = {
      .paths = paths.data(),
      .path_count = paths.size(),
      .sources = sources.data(),
      .source_count = sources.size(),
      .features = features.data(),
      .feature_count = features.size(),
      .all_features = input.all_features,
  };
  capstan_toolchain_wit* wit = nullptr;
  if (auto* error = capstan_toolchain_parse_wit(&options, &wit)) {
    return failure(error);
  }
  return Wit(wit);
}

Outcome<std::string> Wit::json() const {
  capstan_toolchain_buffer json = {};
  if (auto* error = capstan_toolchain_wit_json(get(), &json)) {
    return failure(error);
  }
  return take(json);
}

Outcome<std::uint32_t> Wit::select_world(std::string_view world) const {
  std::uint32_t index = 0;
  if (auto* error = capstan_toolchain_select_world(get(), text_of(world), &index)) {
    return failure(error);
  }
  return index;
}

Outcome<std::string> Wit::print() const {
  capstan_toolchain_buffer text = {};
  if (auto* error = capstan_toolchain_print_wit(get(), &text)) {
    return failure(error);
  }
  return take(text);
}

Outcome<std::string> Wit::dummy_component(std::uint32_t world) const {
  capstan_toolchain_buffer component = {};
  if (auto* error = capstan_toolchain_dummy_component(get(), world, &component)) {
    return failure(error);
  }
  return take(component);
}

std::vector<std::string> Wit::files() const {
  std::vector<std::string> files;
  for (std::size_t i = 0; i < capstan_toolchain_wit_file_count(get()); ++i) {
    files.emplace_back(view_of(capstan_toolchain_wit_file(get(), i)));
  }
  return files;
}

namespace {

// Skeletons of the classes behind exported resources are in a folder of their own: beside the
// generated header they would be included in place of the author's.
std::string place_of(std::string_view name) {
  const bool skeleton = name.starts_with("exports-") && name.ends_with(".h");
  return skeleton ? "skeletons/" + std::string(name) : std::string(name);
}

// wit-bindgen's C++ generator forgets that an exported resource which comes back as own<r> has a
// new handle: dropping it would drop whatever has the old one. These two edits tell the object.
constexpr std::string_view handle_taker =
    "  // Takes over an object that comes back with a new handle.\n"
    "  static R *Take(handle_t h) {\n"
    "    R *object = R::ResourceRep(h);\n"
    "    object->handle = h;\n"
    "    return object;\n"
    "  }\n";

std::string with_handle_taker(std::string text) {
  constexpr std::string_view before = "  handle_t into_handle() {";
  const auto at = text.find(before);
  return at == std::string::npos ? text : text.insert(at, handle_taker);
}

// "x::Cas::Owned(x::Cas::ResourceRep(arg0))" takes instead.
std::string with_taken_handles(std::string text) {
  constexpr std::string_view owned = "::Owned(";
  constexpr std::string_view found = "::ResourceRep(";
  for (auto at = text.find(owned); at != std::string::npos; at = text.find(owned, at + 1)) {
    const auto end = text.find('(', at + owned.size());
    if (end == std::string::npos) break;
    const auto begin = end + 1 - found.size();
    if (begin > at && text.compare(begin, found.size(), found) == 0)
      text.replace(begin, found.size(), "::Take(");
  }
  return text;
}

std::string corrected(std::string_view name, std::string contents) {
  if (name == "wit.h") return with_handle_taker(std::move(contents));
  if (name.ends_with(".cpp")) return with_taken_handles(std::move(contents));
  return contents;
}

}  // namespace

Outcome<std::vector<File>> guest_bindings(const Wit& wit, std::uint32_t world,
                                          const GuestBindings& options) {
  const capstan_toolchain_guest_options request = {
      .wit = wit.get(),
      .world = world,
      .language = options.language,
      .string_encoding = options.string_encoding,
  };
  capstan_toolchain_files* raw = nullptr;
  if (auto* error = capstan_toolchain_guest_bindings(&request, &raw)) {
    return failure(error);
  }
  const std::unique_ptr<capstan_toolchain_files, decltype(&capstan_toolchain_files_delete)> files(
      raw, &capstan_toolchain_files_delete);
  std::vector<File> result;
  for (std::size_t i = 0; i < capstan_toolchain_files_count(raw); ++i) {
    const std::string_view name = view_of(capstan_toolchain_files_name(raw, i));
    result.push_back(
        {place_of(name),
         corrected(name, std::string(view_of(capstan_toolchain_files_contents(raw, i))))});
  }
  return result;
}

Outcome<std::string> componentize(const Componentize& options) {
  const capstan_toolchain_componentize_options request = {
      .module = bytes_of(options.module),
      .wit = options.wit == nullptr ? nullptr : options.wit->get(),
      .world = options.world,
      .string_encoding = options.string_encoding,
      .adapter = options.adapter,
  };
  capstan_toolchain_buffer component = {};
  if (auto* error = capstan_toolchain_componentize(&request, &component)) {
    return failure(error);
  }
  return take(component);
}

Outcome<std::string> wat_to_wasm(std::string_view name, std::string_view text) {
  capstan_toolchain_buffer wasm = {};
  if (auto* error = capstan_toolchain_wat(text_of(name), bytes_of(text), &wasm)) {
    return failure(error);
  }
  return take(wasm);
}

Outcome<void> validate(std::string_view wasm) {
  if (auto* error = capstan_toolchain_validate(bytes_of(wasm))) {
    return failure(error);
  }
  return {};
}

Outcome<capstan_toolchain_file_kind> kind_of(std::string_view bytes) {
  capstan_toolchain_file_kind kind = CAPSTAN_TOOLCHAIN_KIND_UNKNOWN;
  if (auto* error = capstan_toolchain_kind(bytes_of(bytes), &kind)) {
    return failure(error);
  }
  return kind;
}

Outcome<std::string> producers_json(std::string_view wasm) {
  capstan_toolchain_buffer json = {};
  if (auto* error = capstan_toolchain_producers_json(bytes_of(wasm), &json)) {
    return failure(error);
  }
  return take(json);
}

Outcome<Composition> compose(const File& app, const std::vector<File>& providers) {
  std::vector<capstan_toolchain_compose_part> parts;
  parts.reserve(providers.size());
  for (const File& provider : providers) {
    parts.push_back({text_of(provider.name), bytes_of(provider.contents)});
  }
  const capstan_toolchain_compose_options options = {
      .app = {text_of(app.name), bytes_of(app.contents)},
      .providers = parts.data(),
      .provider_count = parts.size(),
  };
  capstan_toolchain_buffer component = {};
  capstan_toolchain_buffer report = {};
  if (auto* error = capstan_toolchain_compose(&options, &component, &report)) {
    return failure(error);
  }
  return Composition{.component = take(component), .report_json = take(report)};
}

}  // namespace capstan::codegen
