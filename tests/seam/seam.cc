#include "seam.h"

#include <capstan/toolchain.h>

#include <fmt/format.h>

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace capstan::seam {
namespace {

std::string place(const Where& where) {
  return fmt::format("{}:{}", where.file_name(), where.line());
}

}  // namespace

const std::string_view libc = R"(
  (core module $libc-module
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 4096))
    (func (export "realloc") (param $old i32) (param $old-bytes i32) (param $align i32)
      (param $bytes i32)
        (result i32)
      (local $at i32)
      (local.set $at (i32.and
        (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
      (global.set $next (i32.add (local.get $at) (local.get $bytes)))
      (block $done (loop $more
        (br_if $done (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
        (br_if $done (i32.eq (memory.grow (i32.const 1)) (i32.const -1)))
        (br $more)))
      (local.get $at)))
  (core instance $libc (instantiate $libc-module))
  (alias core export $libc "memory" (core memory $memory))
  (alias core export $libc "realloc" (core func $realloc))
)";

std::string with_libc(std::string_view body) { return fmt::format("(component {}{})", libc, body); }

std::string wat(std::string_view name, Where where) {
  const std::string path = fmt::format("{}/{}.wat", CAPSTAN_SEAM_WAT, name);
  const std::string text = read_file(path);
  if (text.empty()) throw std::runtime_error(fmt::format("{}: no guest in {}", place(where), path));
  return replace(text, ";; LIBC", libc);
}

std::string replace(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  while (true) {
    const auto at = text.find(from);
    out += text.substr(0, at);
    if (at == std::string_view::npos) return out;
    out += to;
    text.remove_prefix(at + from.size());
  }
}

std::vector<u8> assemble(std::string_view text, Where where) {
  constexpr std::string_view name = "guest.wat";
  capstan_toolchain_buffer wasm{};
  capstan_toolchain_error* error = capstan_toolchain_wat(
      {name.data(), name.size()}, {reinterpret_cast<const u8*>(text.data()), text.size()}, &wasm);
  if (error != nullptr) {
    const capstan_toolchain_text message = capstan_toolchain_error_message(error);
    const std::string copy(message.data, message.size);
    capstan_toolchain_error_delete(error);
    throw std::runtime_error(fmt::format("{}: {}", place(where), copy));
  }
  std::vector<u8> bytes(wasm.data, wasm.data + wasm.size);
  capstan_toolchain_buffer_delete(&wasm);
  return bytes;
}

Engine make_engine(EngineOptions options, Where where) {
  options.cache = false;
  return must(Engine::create(std::move(options)), where);
}

Engine& engine() {
  static Engine shared = make_engine();
  return shared;
}

Engine& engine_of_kind(std::string_view kind) {
  if (kind == "plain") return engine();
  if (kind == "concurrent") {
    static Engine concurrent = make_engine({.concurrency = Concurrency::on});
    return concurrent;
  }
  if (kind == "pooled") {
    static Engine pooled = make_engine({.pool = PoolOptions{.instances = 20}});
    return pooled;
  }
  if (kind == "explicit") {
    static Engine explicit_checks = make_engine({.signal_handlers = false});
    return explicit_checks;
  }
  throw std::runtime_error(fmt::format("no engine is called '{}'", kind));
}

Component load(const LinkerBase& linker, std::string_view text, Where where) {
  Engine engine = linker.engine();
  return load(engine, text, where);
}

Component load(std::string_view text, Where where) { return load(engine(), text, where); }

Component load(Engine& engine, std::string_view text, Where where) {
  return must(engine.load(assemble(text, where), "guest"), where);
}

ScratchDirectory::ScratchDirectory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "capstan-seam-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr)
    throw std::runtime_error("cannot make a scratch directory");
  path_ = pattern;
}
ScratchDirectory::~ScratchDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void write_file(const std::filesystem::path& path, std::string_view contents) {
  std::ofstream(path, std::ios::binary) << contents;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void step_failed(const Error& error, Where where) {
  throw std::runtime_error(
      fmt::format("{}: {}: {}", place(where), name(error.code()), error.message()));
}

void expect_bystander_answers(Where where) {
  const testing::ScopedTrace trace(where.file_name(), static_cast<int>(where.line()), "bystander");
  static const PreparedComponent<> prepared = must(Linker<>(engine()).prepare(load(R"((component
    (core module $main (func (export "answer") (result i32) (i32.const 42)))
    (core instance $main (instantiate $main))
    (func (export "answer") (result u32) (canon lift (core func $main "answer")))))")));

  const Guest<> bystander(prepared);

  EXPECT_THAT((bystander.call<"answer", u32()>()), Gives(42u));
}

}  // namespace capstan::seam
