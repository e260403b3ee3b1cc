#include <capstan/platform/wasm_file.h>

#include <algorithm>
#include <optional>

namespace capstan::platform {
namespace {

// Takes values from the front of bytes. After the first that is not there, `ok` is false and what
// is taken is zero.
class Reader {
 public:
  explicit Reader(FileBytes bytes) : rest_(bytes) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] bool at_end() const { return rest_.empty(); }
  [[nodiscard]] FileBytes rest() const { return rest_; }
  void fail() { ok_ = false; }

  std::uint8_t byte() {
    const FileBytes one = bytes(1);
    return one.empty() ? std::uint8_t{0} : one.front();
  }

  // LEB128, at most 32 bits.
  std::uint32_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 35; shift += 7) {
      const std::uint8_t next = byte();
      value |= std::uint64_t{next & 0x7fu} << shift;
      if ((next & 0x80) == 0) {
        if (value > UINT32_MAX) ok_ = false;
        return ok_ ? static_cast<std::uint32_t>(value) : 0;
      }
    }
    ok_ = false;
    return 0;
  }

  FileBytes bytes(std::size_t count) {
    if (count > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const FileBytes taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  std::string text() {
    const FileBytes taken = bytes(number());
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }

 private:
  FileBytes rest_;
  bool ok_ = true;
};

struct Section {
  std::uint8_t id = 0;
  FileBytes body;
};

constexpr std::size_t header_bytes = 8;

// All sections after the header; nothing when the last one is cut off.
std::optional<std::vector<Section>> sections(FileBytes file) {
  std::vector<Section> found;
  Reader reader(file.subspan(header_bytes));
  while (!reader.at_end()) {
    Section section;
    section.id = reader.byte();
    section.body = reader.bytes(reader.number());
    if (!reader.ok()) return std::nullopt;
    found.push_back(section);
  }
  return found;
}

bool starts_with(FileBytes bytes, std::string_view prefix) {
  return bytes.size() >= prefix.size() &&
         std::equal(prefix.begin(), prefix.end(), bytes.begin(),
                    [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

// Of a component binary.
constexpr std::uint8_t custom_section = 0;
constexpr std::uint8_t type_section = 7;
constexpr std::uint8_t export_section = 11;

FileKind kind_of_component(FileBytes bytes) {
  const auto found = sections(bytes);
  if (!found) return FileKind::truncated;
  const bool only_types = std::ranges::all_of(*found, [](const Section& section) {
    return section.id == custom_section || section.id == type_section ||
           section.id == export_section;
  });
  const bool exports = std::ranges::any_of(
      *found, [](const Section& section) { return section.id == export_section; });
  return only_types && exports ? FileKind::wit_package : FileKind::component;
}

FileKind kind_of_wasm(FileBytes bytes) {
  using namespace std::string_view_literals;
  if (bytes.size() < header_bytes) return FileKind::truncated;
  const FileBytes version = bytes.subspan(4, 4);
  if (starts_with(version, "\x0d\0\1\0"sv)) return kind_of_component(bytes);
  if (!starts_with(version, "\1\0\0\0"sv)) return FileKind::other_wasm;
  return sections(bytes) ? FileKind::module : FileKind::truncated;
}

// Text after white space and comments, in the syntax of either text format.
std::string_view skip_comments(std::string_view text) {
  while (true) {
    const auto start = text.find_first_not_of(" \t\r\n");
    if (start == std::string_view::npos) return {};
    text.remove_prefix(start);
    std::string_view end;
    if (text.starts_with(";;") || text.starts_with("//")) end = "\n";
    if (text.starts_with("(;")) end = ";)";
    if (text.starts_with("/*")) end = "*/";
    if (end.empty()) return text;
    const auto found = text.find(end);
    if (found == std::string_view::npos) return {};
    text.remove_prefix(found + end.size());
  }
}

FileKind kind_of_text(FileBytes bytes) {
  std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (text.starts_with("#!")) return FileKind::script;
  text = skip_comments(text);
  if (text.starts_with("(")) return FileKind::wat;
  for (const std::string_view word : {"package ", "interface ", "world ", "@since", "@unstable"})
    if (text.starts_with(word)) return FileKind::wit;
  if (text.starts_with("<")) return FileKind::html;
  return FileKind::unknown;
}

// Wasmtime marks its artefacts with an operating system of its own.
constexpr std::size_t elf_system_offset = 7;
constexpr std::uint8_t elf_system_wasmtime = 200;

}  // namespace

FileKind file_kind(FileBytes bytes) {
  using namespace std::string_view_literals;
  if (bytes.empty()) return FileKind::empty;
  if (starts_with(bytes, "\0asm"sv)) return kind_of_wasm(bytes);
  if (bytes.size() < 4 && starts_with(bytes, "\0"sv)) return FileKind::truncated;
  if (starts_with(bytes,
                  "\x7f"
                  "ELF"sv)) {
    const bool wasmtime =
        bytes.size() > elf_system_offset && bytes[elf_system_offset] == elf_system_wasmtime;
    return wasmtime ? FileKind::precompiled : FileKind::elf;
  }
  for (const std::string_view magic : {"PK\3\4"sv, "\x1f\x8b"sv,
                                       "\xfd"
                                       "7zXZ"sv,
                                       "\x28\xb5\x2f\xfd"sv})
    if (starts_with(bytes, magic)) return FileKind::archive;
  if (bytes.size() > 262 && starts_with(bytes.subspan(257), "ustar")) return FileKind::archive;
  return kind_of_text(bytes);
}

std::vector<std::string> module_exports(FileBytes module) {
  constexpr std::uint8_t module_export_section = 7;
  std::vector<std::string> names;
  if (module.size() < header_bytes) return names;
  const auto all = sections(module);
  if (!all) return names;
  const auto section = std::ranges::find(*all, module_export_section, &Section::id);
  if (section == all->end()) return names;
  Reader reader(section->body);
  for (std::uint32_t left = reader.number(); left > 0 && reader.ok(); --left) {
    std::string name = reader.text();
    reader.byte();
    reader.number();
    if (reader.ok()) names.push_back(std::move(name));
  }
  return names;
}

bool embeds_world(FileBytes module) {
  if (module.size() < header_bytes) return false;
  const auto found = sections(module);
  return found && std::ranges::any_of(*found, [](const Section& section) {
           if (section.id != custom_section) return false;
           return Reader(section.body).text().starts_with("component-type");
         });
}

namespace {

void put_number(std::vector<std::uint8_t>& out, std::size_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<std::uint8_t>(value));
}

void put_text(std::vector<std::uint8_t>& out, std::string_view text) {
  put_number(out, text.size());
  out.insert(out.end(), text.begin(), text.end());
}

// What kind of thing an import is, and its type. Fails for kinds that nobody knows.
void skip_import_type(Reader& reader) {
  const auto skip_limits = [&] {
    const std::uint8_t flags = reader.byte();
    reader.number();
    if ((flags & 1) != 0) reader.number();
  };
  switch (reader.byte()) {
    case 0:  // function
      reader.number();
      break;
    case 1:  // table
      reader.byte();
      skip_limits();
      break;
    case 2:  // memory
      skip_limits();
      break;
    case 3:  // global
      reader.bytes(2);
      break;
    default:
      reader.fail();
  }
}

// The import section's body with the new name; empty when there is no such import.
std::vector<std::uint8_t> rename_in_section(FileBytes body, ImportName from, ImportName to) {
  Reader reader(body);
  std::vector<std::uint8_t> out;
  const std::uint32_t count = reader.number();
  put_number(out, count);
  bool renamed = false;
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
    const std::string module = reader.text();
    const std::string name = reader.text();
    const FileBytes before = reader.rest();
    skip_import_type(reader);
    const bool found = module == from.module && name == from.name;
    put_text(out, found ? to.module : module);
    put_text(out, found ? to.name : name);
    out.insert(out.end(), before.begin(),
               before.begin() + static_cast<std::ptrdiff_t>(before.size() - reader.rest().size()));
    renamed = renamed || found;
  }
  if (!renamed || !reader.ok() || !reader.at_end()) return {};
  return out;
}

}  // namespace

std::vector<std::uint8_t> rename_import(FileBytes module, ImportName from, ImportName to) {
  constexpr std::uint8_t module_import_section = 2;
  if (module.size() < header_bytes) return {};
  const auto all = sections(module);
  if (!all) return {};
  std::vector<std::uint8_t> out(module.begin(), module.begin() + header_bytes);
  bool renamed = false;
  for (const Section& section : *all) {
    out.push_back(section.id);
    std::vector<std::uint8_t> body(section.body.begin(), section.body.end());
    if (section.id == module_import_section) {
      body = rename_in_section(section.body, from, to);
      if (body.empty()) return {};
      renamed = true;
    }
    put_number(out, body.size());
    out.insert(out.end(), body.begin(), body.end());
  }
  if (!renamed) return {};
  return out;
}

}  // namespace capstan::platform
