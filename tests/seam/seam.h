// What the seam tests share: components from text, calls of exports by name, and matchers for
// Result.
//
//   const Component adder = load(R"((component ...))");
//   Linker<> linker(engine());
//   Guest<> guest(linker, adder);
//   EXPECT_THAT((guest.call<"add(a, b)", u32(u32, u32)>(1, 2)), Gives(3u));
//
// The host side of every test is written by hand, without generated bindings: what is used here is
// all that generated code uses. Helpers throw when a step fails that the test takes for granted;
// GoogleTest reports that as a failure of the test.
#pragma once

#include <capstan/host/engine.h>
#include <capstan/host/guest_resource.h>
#include <capstan/host/instance.h>
#include <capstan/host/linker.h>
#include <capstan/host/store.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <ostream>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace capstan {

inline void PrintTo(ErrorCode code, std::ostream* out) { *out << name(code); }
inline void PrintTo(const Error& error, std::ostream* out) {
  *out << name(error.code()) << ": " << error.message();
}

template <typename T>
void PrintTo(const std::expected<T, Error>& result, std::ostream* out) {
  if (!result) {
    *out << "an error";
  } else if constexpr (std::is_void_v<T>) {
    *out << "nothing";
  } else {
    *out << testing::PrintToString(*result);
  }
}

namespace seam {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

using Where = std::source_location;

// ------------------------------------------------------------------------------------------
// components

// Component text to bytes.
[[nodiscard]] std::vector<u8> assemble(std::string_view text, Where where = Where::current());

// An engine without the on-disk cache, so that tests neither see nor leave files.
[[nodiscard]] Engine make_engine(EngineOptions options = {}, Where where = Where::current());

// The engine of all tests that have no wishes of their own.
[[nodiscard]] Engine& engine();

// Tests that must hold on every kind of engine take its name as their parameter.
inline constexpr const char* engine_kinds[] = {"plain", "concurrent", "pooled", "explicit"};
[[nodiscard]] Engine& engine_of_kind(std::string_view kind);
inline std::string called_by_its_name(const testing::TestParamInfo<const char*>& kind) {
  return kind.param;
}

// The component called "guest".
[[nodiscard]] Component load(std::string_view text, Where where = Where::current());
[[nodiscard]] Component load(Engine& engine, std::string_view text, Where where = Where::current());
// On the linker's engine.
[[nodiscard]] Component load(const LinkerBase& linker, std::string_view text,
                             Where where = Where::current());

// The beginning of most guests: $memory, and a $realloc that never frees and grows memory when it
// must. The first 4 KiB are the test's own.
extern const std::string_view libc;

// The component in wat/<name>.wat, with the libc in place of its line ";; LIBC".
[[nodiscard]] std::string wat(std::string_view name, Where where = Where::current());

// "(component libc body )"
[[nodiscard]] std::string with_libc(std::string_view body);

// `text` with every `from` replaced.
[[nodiscard]] std::string replace(std::string_view text, std::string_view from,
                                  std::string_view to);

// An empty directory of this test alone, removed at the end of its scope.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory();

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const {
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

void write_file(const std::filesystem::path& path, std::string_view contents);
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

// ---------------------------------------------------------------------------------------------
// results

// The value of a step that has to work.
[[noreturn]] void step_failed(const Error& error, Where where);
template <typename T>
T must(Result<T> result, Where where = Where::current()) {
  if (!result) step_failed(result.error(), where);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

MATCHER(Succeeds, negation ? "fails" : "succeeds") {
  if (arg.has_value()) return true;
  *result_listener << "it failed with " << testing::PrintToString(arg.error());
  return false;
}

MATCHER_P(Gives, value, "gives " + testing::PrintToString(value)) {
  if (!arg.has_value()) {
    *result_listener << "it failed with " << testing::PrintToString(arg.error());
    return false;
  }
  *result_listener << "it gave " << testing::PrintToString(*arg);
  return *arg == value;
}

namespace detail {
template <typename Result, typename Message>
bool fails(const Result& result, ErrorCode code, const testing::Matcher<Message>& message,
           testing::MatchResultListener& listener) {
  if (result.has_value()) {
    listener << "it succeeded";
    return false;
  }
  listener << "it failed with " << testing::PrintToString(result.error());
  return result.error().code() == code && message.Matches(result.error().message());
}
}  // namespace detail

// With this code, and a message that contains the text.
MATCHER_P2(Fails, code, text, "fails with " + testing::PrintToString(code) + ": " + text) {
  const testing::Matcher<const std::string&> message = testing::HasSubstr(text);
  return detail::fails(arg, code, message, *result_listener);
}
// With this code, and exactly this message.
MATCHER_P2(FailsWith, code, text,
           "fails with exactly " + testing::PrintToString(code) + ": " + text) {
  const testing::Matcher<const std::string&> message = testing::StrEq(text);
  return detail::fails(arg, code, message, *result_listener);
}

// -----------------------------------------------------------------------------------------------
// calls

// A string literal as a template argument.
template <std::size_t Size>
struct Text {
  char chars[Size];
  constexpr Text(const char (&text)[Size]) {
    std::ranges::copy(text, chars);
  }  // NOLINT: meant to be implicit
  [[nodiscard]] constexpr std::string_view view() const { return {chars, Size - 1}; }
};

// "interface#name(parameter, parameter)"; interface and parameters may be missing.
struct ExportName {
  std::string_view interface_id;
  std::string_view name;
  std::string_view parameters;

  static ExportName parse(std::string_view text) {
    ExportName parts;
    if (const auto hash = text.find('#'); hash != std::string_view::npos) {
      parts.interface_id = text.substr(0, hash);
      text.remove_prefix(hash + 1);
    }
    const auto open = text.find('(');
    parts.name = text.substr(0, open);
    if (open != std::string_view::npos)
      parts.parameters = text.substr(open + 1, text.size() - open - 2);
    return parts;
  }
};

// A world with one export. `Signature` has the types values travel as, as in host::export_function.
template <Text Name, typename Signature>
struct Export;
template <Text Name, typename R, typename... A>
struct Export<Name, R(A...)> {
  static const host::WorldShape& world() {
    static const ExportName parts = ExportName::parse(Name.view());
    static const host::ExportShape shapes[] = {
        host::export_function<R(A...)>(parts.interface_id, parts.name, parts.parameters)};
    static const host::WorldShape world{"test", shapes};
    return world;
  }

  static Result<R> call(Instance instance, A... arguments) {
    CAPSTAN_TRY_VOID(instance.bind(world()));
    return instance.call<R, A...>(0, std::forward<A>(arguments)...);
  }
  static Task<Result<R>> start(Instance instance, A... arguments) {
    auto bound = instance.bind(world());
    if (!bound) co_return std::unexpected(std::move(bound).error());
    auto task = instance.call_async<R, A...>(0, std::forward<A>(arguments)...);
    Result<R> result = co_await std::move(task);
    co_return result;
  }
};

// Calls an export and waits for it.
template <Text Name, typename Signature, typename... A>
[[nodiscard]] auto call(const Instance& instance, A&&... arguments) {
  return Export<Name, Signature>::call(instance, std::forward<A>(arguments)...);
}
// Calls an export as a task.
template <Text Name, typename Signature, typename... A>
[[nodiscard]] auto start(const Instance& instance, A&&... arguments) {
  return Export<Name, Signature>::start(instance, std::forward<A>(arguments)...);
}

// An instance with a store of its own.
template <typename State = NoState>
class Guest {
 public:
  explicit Guest(const PreparedComponent<State>& prepared, StoreOptions options = {},
                 Where where = Where::current())
      : store(State{}, std::move(options)), instance(must(prepared.instantiate(store), where)) {}
  Guest(const Linker<State>& linker, const Component& component, StoreOptions options = {},
        Where where = Where::current())
      : Guest(must(linker.prepare(component), where), std::move(options), where) {}

  template <Text Name, typename Signature, typename... A>
  [[nodiscard]] auto call(A&&... arguments) const {
    return seam::call<Name, Signature>(instance, std::forward<A>(arguments)...);
  }
  template <Text Name, typename Signature, typename... A>
  [[nodiscard]] auto start(A&&... arguments) const {
    return seam::start<Name, Signature>(instance, std::forward<A>(arguments)...);
  }

  Store<State> store;
  Instance instance;
};

// Polls a task step by step, and counts how often it was woken. Wakes may come after it is gone.
class Poller {
 public:
  // True when the task is finished.
  template <typename T>
  bool poll(Task<T>& task) {
    return task.poll(Waker([woken = woken_] { ++*woken; }));
  }
  [[nodiscard]] int woken() const { return *woken_; }
  void forget() { *woken_ = 0; }

 private:
  std::shared_ptr<std::atomic<int>> woken_ = std::make_shared<std::atomic<int>>(0);
};

// A guest that imports nothing and answers: proves that the host and its engine are well.
// Checked by the tests after something went wrong elsewhere.
void expect_bystander_answers(Where where = Where::current());

}  // namespace seam
}  // namespace capstan
