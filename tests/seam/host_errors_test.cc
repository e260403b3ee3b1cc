// Errors of the host: what a host function throws or gets wrong ends the guest that called it, and
// nothing else.
#include "seam.h"

#include <fmt/format.h>

#include <memory>
#include <new>
#include <optional>
#include <stdexcept>

namespace capstan::seam {
namespace {

enum class How : u32 { fine, exception, number, no_memory, bad_text, bad_char, empty_resource };

class Lamp {
 public:
  static constexpr std::string_view wit_resource = "test:errors/host.lamp";
  Lamp() = default;
  Lamp(const Lamp&) = delete;
  Lamp& operator=(const Lamp&) = delete;
  virtual ~Lamp() = default;
  virtual u32 brightness() = 0;
};

class BrokenLamp final : public Lamp {
 public:
  u32 brightness() override { throw std::runtime_error("the bulb is gone"); }
};

class Moody {
 public:
  u32 work(u32 how) {
    fail_like(static_cast<How>(how));
    return 42;
  }
  std::string text(u32 how) {
    if (static_cast<How>(how) == How::bad_text) return "bad: \xff";
    return "good";
  }
  char32_t letter(u32 how) { return static_cast<How>(how) == How::bad_char ? 0xd800 : U'x'; }
  std::unique_ptr<Lamp> new_lamp(u32 how) {
    if (static_cast<How>(how) == How::empty_resource) return nullptr;
    return std::make_unique<BrokenLamp>();
  }

  // As tasks; `pauses` decides whether the exception comes in the first poll or in a later one.
  Task<u32> work_later(u32 how, u32 pauses) {
    if (pauses != 0) (void)co_await pause.wait();
    fail_like(static_cast<How>(how));
    co_return 42u;
  }
  Completion<bool> pause;

 private:
  static void fail_like(How how) {
    switch (how) {
      case How::exception:
        throw std::runtime_error("no luck today");
      case How::number:
        throw 7;
      case How::no_memory:
        throw std::bad_alloc();
      default:
        return;
    }
  }
};

constexpr abi::FunctionShape moody_functions[] = {
    abi::function<&Moody::work>("work", "how"),
    abi::function<&Moody::text>("text", "how"),
    abi::function<&Moody::letter>("letter", "how"),
    abi::function<&Moody::new_lamp>("new-lamp", "how"),
    abi::function<&Moody::work_later>("work-later", "how, pauses"),
    abi::function<&Lamp::brightness>("[method]lamp.brightness"),
};
constexpr host::ResourceShape moody_resources[] = {host::resource<Lamp>("lamp")};
constexpr host::InterfaceShape moody{"test:errors/host", moody_functions, moody_resources};

class HostErrors : public testing::Test {
 protected:
  HostErrors() {
    must(linker.add(moody, host::serve_with(host)));
    prepared.emplace(must(linker.prepare(load(wat("moody")))));
    guest.emplace(*prepared);
    witness.emplace(*prepared);
  }

  void expect_only_this_one_finished(Where where = Where::current()) {
    const testing::ScopedTrace trace(where.file_name(), static_cast<int>(where.line()),
                                     "afterwards");
    EXPECT_THAT((guest->call<"work(how)", u32(u32)>(0u)),
                Fails(ErrorCode::trap, "the guest is finished"));
    EXPECT_THAT((witness->call<"work(how)", u32(u32)>(0u)), Gives(42u));
    EXPECT_THAT((witness->call<"text(how)", std::string(u32)>(0u)), Gives("good"));
    guest.emplace(*prepared);
  }

  Moody host;
  Linker<> linker{engine()};
  std::optional<PreparedComponent<>> prepared;
  std::optional<Guest<>> guest;
  std::optional<Guest<>> witness;
};

constexpr u32 raw(How how) { return static_cast<u32>(how); }

TEST_F(HostErrors, AnExceptionBecomesAnErrorThatNamesTheFunction) {
  const auto worked = guest->call<"work(how)", u32(u32)>(raw(How::exception));

  EXPECT_THAT(worked, FailsWith(ErrorCode::host, "test:errors/host#work threw: no luck today"));
  EXPECT_THAT(worked.error().backtrace(), testing::HasSubstr("work-in-guest"));
  expect_only_this_one_finished();
}

TEST_F(HostErrors, AnythingCanBeThrown) {
  EXPECT_THAT((guest->call<"work(how)", u32(u32)>(raw(How::number))),
              FailsWith(ErrorCode::host,
                        "test:errors/host#work threw something that is no std::exception"));
  expect_only_this_one_finished();

  EXPECT_THAT((guest->call<"work(how)", u32(u32)>(raw(How::no_memory))),
              FailsWith(ErrorCode::host, "test:errors/host#work threw: std::bad_alloc"));
  expect_only_this_one_finished();
}

TEST_F(HostErrors, AMethodThatThrowsIsNamed) {
  EXPECT_THAT((guest->call<"light(how)", u32(u32)>(raw(How::fine))),
              FailsWith(ErrorCode::host,
                        "test:errors/host#[method]lamp.brightness threw: the bulb is gone"));
  expect_only_this_one_finished();
}

TEST_F(HostErrors, ATaskThatThrowsAtOnceOrLater) {
  EXPECT_THAT((guest->call<"later(how, pauses)", u32(u32, u32)>(raw(How::exception), 0u)),
              FailsWith(ErrorCode::host, "test:errors/host#work-later threw: no luck today"));
  expect_only_this_one_finished();

  host.pause.complete(true);
  EXPECT_THAT((guest->call<"later(how, pauses)", u32(u32, u32)>(raw(How::exception), 1u)),
              FailsWith(ErrorCode::host, "test:errors/host#work-later threw: no luck today"));
  expect_only_this_one_finished();
}

TEST_F(HostErrors, ValuesThatNoGuestMaySeeAreErrorsOfTheHost) {
  EXPECT_THAT(
      (guest->call<"text(how)", std::string(u32)>(raw(How::bad_text))),
      Fails(ErrorCode::host, "the host gave text that is not UTF-8 (bad sequence at byte 5)"));
  expect_only_this_one_finished();

  EXPECT_THAT((guest->call<"letter(how)", char32_t(u32)>(raw(How::bad_char))),
              Fails(ErrorCode::host, "the host gave a char that is no Unicode scalar value"));
  expect_only_this_one_finished();

  EXPECT_THAT((guest->call<"light(how)", u32(u32)>(raw(How::empty_resource))),
              Fails(ErrorCode::host, "the host gave an empty resource"));
  expect_only_this_one_finished();
}

TEST(HostErrorsReentry, AHostFunctionCannotCallIntoTheStoreThatCallsIt) {
  class Reentrant {
   public:
    u32 enter() {
      const auto again = guest->call<"run", u32()>();
      seen = again ? "it worked" : again.error().message();
      code = again ? ErrorCode::internal : again.error().code();
      return must(other->call<"answer", u32()>());
    }
    Guest<>* guest = nullptr;
    Guest<>* other = nullptr;
    std::string seen;
    ErrorCode code = ErrorCode::internal;
  } host;
  static constexpr abi::FunctionShape functions[] = {abi::function<&Reentrant::enter>("enter")};
  Linker<> linker(engine());
  must(linker.add({"test:errors/reentrant", functions, {}}, host::serve_with(host)));
  Guest<> guest(linker, load(R"((component
    (import "test:errors/reentrant" (instance $host (export "enter" (func (result u32)))))
    (core func $enter (canon lower (func $host "enter")))
    (core module $main (import "host" "enter" (func $enter (result i32)))
      (func (export "run") (result i32) (call $enter)))
    (core instance $main (instantiate $main (with "host" (instance (export "enter"
      (func $enter))))))
    (func (export "run") (result u32) (canon lift (core func $main "run")))))"));
  Guest<> other(linker, load(R"((component
    (core module $main (func (export "answer") (result i32) (i32.const 42)))
    (core instance $main (instantiate $main))
    (func (export "answer") (result u32) (canon lift (core func $main "answer")))))"));
  host.guest = &guest;
  host.other = &other;

  // A guest of another store may be called meanwhile.
  EXPECT_THAT((guest.call<"run", u32()>()), Gives(42u));

  EXPECT_EQ(host.code, ErrorCode::busy);
  EXPECT_EQ(host.seen, "the store is already running a call");
  EXPECT_THAT((guest.call<"run", u32()>()), Gives(42u));
}

}  // namespace
}  // namespace capstan::seam
