// Streams of wasi:io that the host makes: what guests write arrives, what they read is the host's,
// and whoever has to wait is woken.
#include "seam.h"

#include <capstan/base/pool.h>
#include <capstan/host/streams.h>

#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <expected>
#include <map>
#include <optional>
#include <thread>

namespace capstan::seam {
namespace {

using std::chrono::milliseconds;

// What one stream of the host did; outlives it.
struct Record {
  std::vector<u8> bytes;
  int writes = 0;
  int flushes = 0;
  int destroyed = 0;
  std::size_t largest = 0;
};

// How a stream behaves.
struct Manner {
  BlockingPool* pool = nullptr;  // where it takes its time
  milliseconds time{0};
  std::optional<std::size_t> fails_after = std::nullopt;  // bytes
  bool throws = false;
  std::vector<u8> content = {};  // to be read
  std::size_t piece = host::stream_chunk_bytes;
  const Completion<Result<void>>* gate = nullptr;  // the first operation waits for it
};

Task<Result<void>> pause(const Manner& manner) {
  return run_blocking(manner.pool, [time = manner.time] {
    std::this_thread::sleep_for(time);
    return Result<void>();
  });
}

class Sink final : public host::OutputStream {
 public:
  Sink(const Manner& manner, Record& record) : manner_(manner), record_(record) {}
  ~Sink() override { ++record_.destroyed; }

  Task<Result<void>> write(Bytes bytes) override {
    ++record_.writes;
    record_.largest = std::max(record_.largest, bytes.size());
    if (manner_.throws) throw std::runtime_error("the sink is broken");
    if (manner_.gate != nullptr) {
      auto opened = manner_.gate->wait();
      (void)co_await std::move(opened);
    }
    auto paused = pause(manner_);
    (void)co_await std::move(paused);
    if (manner_.fails_after && record_.bytes.size() + bytes.size() > *manner_.fails_after)
      co_return fail(ErrorCode::io, "the disk is full");
    record_.bytes.insert(record_.bytes.end(), bytes.begin(), bytes.end());
    co_return Result<void>();
  }
  Task<Result<void>> flush() override {
    ++record_.flushes;
    return pause(manner_);
  }

 private:
  const Manner manner_;
  Record& record_;
};

class Source final : public host::InputStream {
 public:
  Source(const Manner& manner, Record& record) : manner_(manner), record_(record) {}
  ~Source() override { ++record_.destroyed; }

  Task<Result<Bytes>> read(std::size_t bytes_max) override {
    if (manner_.throws) throw std::runtime_error("the source is broken");
    if (manner_.gate != nullptr) {
      auto opened = manner_.gate->wait();
      (void)co_await std::move(opened);
    }
    auto paused = pause(manner_);
    (void)co_await std::move(paused);
    if (manner_.fails_after && at_ >= *manner_.fails_after)
      co_return fail(ErrorCode::io, "the disk is damaged");
    const std::size_t size = std::min({bytes_max, manner_.piece, manner_.content.size() - at_});
    Bytes piece = Bytes::copy_of(std::span(manner_.content).subspan(at_, size));
    at_ += size;
    co_return piece;
  }

 private:
  const Manner manner_;
  Record& record_;
  std::size_t at_ = 0;
};

// test:streams/bodies. Every name is a stream of its own manner.
class Bodies {
 public:
  std::unique_ptr<host::OutputStream> upload(std::string_view name) {
    return std::make_unique<Sink>(manners[std::string(name)], records[std::string(name)]);
  }
  std::expected<std::unique_ptr<host::InputStream>, std::string> download(std::string_view name) {
    if (name == "missing") return std::unexpected("there is no such body");
    return std::make_unique<Source>(manners[std::string(name)], records[std::string(name)]);
  }

  std::map<std::string, Manner> manners;
  std::map<std::string, Record> records;
};

constexpr abi::FunctionShape bodies_functions[] = {
    abi::function<&Bodies::upload>("upload", "name"),
    abi::function<&Bodies::download>("download", "name"),
};
constexpr host::InterfaceShape bodies_shape{"test:streams/bodies", bodies_functions, {}};

using Nothing = std::expected<void, std::string>;
using Read = std::expected<std::vector<u8>, std::string>;

std::vector<u8> counting(std::size_t size) {
  std::vector<u8> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<u8>(i);
  return bytes;
}

const Component& user(Engine& engine) {
  static std::map<const void*, Component> loaded;
  const auto found = loaded.find(engine.core().get());
  if (found != loaded.end()) return found->second;
  return loaded.emplace(engine.core().get(), must(engine.load_file(CAPSTAN_SEAM_STREAMS)))
      .first->second;
}

class StreamsOnEachEngine : public testing::TestWithParam<const char*> {
 protected:
  StreamsOnEachEngine() {
    Linker<> linker(engine_of_kind(GetParam()));
    must(linker.add(bodies_shape, host::serve_with<Bodies>(bodies)));
    linker.add_wasi();
    guest_.emplace(linker, user(engine_of_kind(GetParam())));
  }
  // The guest, which ends before what its streams refer to.
  ~StreamsOnEachEngine() override { guest_.reset(); }

  Guest<>& guest() { return *guest_; }

  BlockingPool pool{{.threads = 2}};
  Bodies bodies;

 private:
  std::optional<Guest<>> guest_;
};

INSTANTIATE_TEST_SUITE_P(Engines, StreamsOnEachEngine, testing::ValuesIn(engine_kinds),
                         called_by_its_name);

TEST_P(StreamsOnEachEngine, TenMebibytesArriveInPieces) {
  constexpr std::size_t size = 10 << 20;

  const auto written =
      guest().call<"write(name, bytes, piece)", Nothing(std::string_view, u64, u32)>("big", size,
                                                                                     50'000u);

  EXPECT_THAT(written, Gives(Nothing()));
  const Record& record = bodies.records["big"];
  EXPECT_TRUE(record.bytes == counting(size));
  EXPECT_LE(record.largest, host::stream_chunk_bytes);
  EXPECT_EQ(record.flushes, 1);
  EXPECT_EQ(record.destroyed, 1);
}

TEST_P(StreamsOnEachEngine, ASlowSinkMakesTheGuestWait) {
  bodies.manners["slow"] = {.pool = &pool, .time = milliseconds(2)};

  const auto written =
      guest().call<"write(name, bytes, piece)", Nothing(std::string_view, u64, u32)>(
          "slow", 500'000u, 65536u);

  EXPECT_THAT(written, Gives(Nothing()));
  EXPECT_TRUE(bodies.records["slow"].bytes == counting(500'000));
}

TEST_P(StreamsOnEachEngine, BlockingWritesArriveAndAreFlushed) {
  bodies.manners["b"] = {.pool = &pool, .time = milliseconds(1)};

  const auto written =
      guest().call<"write-blocking(name, bytes)", Nothing(std::string_view, u64)>("b", 40'000u);

  EXPECT_THAT(written, Gives(Nothing()));
  EXPECT_TRUE(bodies.records["b"].bytes == counting(40'000));
  EXPECT_EQ(bodies.records["b"].flushes, 10);
}

TEST_P(StreamsOnEachEngine, ZeroesArrive) {
  EXPECT_THAT(
      (guest().call<"write-zeroes(name, bytes)", Nothing(std::string_view, u32)>("z", 5000u)),
      Gives(Nothing()));
  EXPECT_EQ(bodies.records["z"].bytes, std::vector<u8>(5000));
}

TEST_P(StreamsOnEachEngine, WhatWasWrittenBeforeTheHandleWasDroppedStillArrives) {
  bodies.manners["d"] = {.pool = &pool, .time = milliseconds(30)};

  const auto done =
      guest().call<"write-and-drop(name, bytes)", void(std::string_view, u32)>("d", 1000u);

  EXPECT_THAT(done, Succeeds());
  EXPECT_EQ(bodies.records["d"].bytes, counting(1000));
  EXPECT_EQ(bodies.records["d"].destroyed, 1);
}

TEST_P(StreamsOnEachEngine, AStreamThatIsNotUsedIsOnlyDestroyed) {
  EXPECT_THAT((guest().call<"drop-unused(name)", void(std::string_view)>("u")), Succeeds());
  EXPECT_EQ(bodies.records["u"].writes, 0);
  EXPECT_EQ(bodies.records["u"].destroyed, 1);
}

TEST_P(StreamsOnEachEngine, AWriteThatFailsTellsWhyOnceAndThenTheStreamIsClosed) {
  bodies.manners["full"] = {.pool = &pool, .time = milliseconds(1), .fails_after = 100'000};

  const auto written =
      guest().call<"write(name, bytes, piece)", Nothing(std::string_view, u64, u32)>(
          "full", 500'000u, 65536u);
  const auto after = guest().call<"write-after-error(name)", std::string(std::string_view)>("full");

  EXPECT_THAT(written, Gives(Nothing(std::unexpected("the disk is full"))));
  EXPECT_THAT(after, Gives("closed"));
}

TEST_P(StreamsOnEachEngine, WritingWithoutAPermitTraps) {
  bodies.manners["w"] = {.pool = &pool, .time = milliseconds(50)};

  const auto written =
      guest().call<"write-unasked(name, bytes)", void(std::string_view, u32)>("w", 1000u);

  EXPECT_THAT(written, Fails(ErrorCode::trap,
                             "the guest wrote 1000 bytes to an output-stream whose check-write did "
                             "not permit that many"));
  EXPECT_EQ(bodies.records["w"].writes, 1);
}

TEST_P(StreamsOnEachEngine, WritingMoreThanPermittedTraps) {
  EXPECT_THAT(
      (guest().call<"write-unasked(name, bytes)", void(std::string_view, u32)>("w", 70'000u)),
      Fails(ErrorCode::trap, "the guest wrote 70000 bytes"));
  EXPECT_EQ(bodies.records["w"].writes, 0);
}

TEST_P(StreamsOnEachEngine, ASlowSourceIsReadToItsEnd) {
  bodies.manners["s"] = {
      .pool = &pool, .time = milliseconds(2), .content = counting(300'000), .piece = 30'001};

  const auto blocking =
      guest().call<"read(name, at-once)", Read(std::string_view, u64)>("s", std::uint64_t{1} << 40);
  const auto polling =
      guest().call<"read-polling(name, at-once)", Read(std::string_view, u64)>("s", 1000u);

  EXPECT_TRUE(blocking && *blocking && **blocking == counting(300'000));
  EXPECT_TRUE(polling && *polling && **polling == counting(300'000));
  EXPECT_EQ(bodies.records["s"].destroyed, 2);
}

TEST_P(StreamsOnEachEngine, AnEmptySourceIsAtItsEndAtOnce) {
  EXPECT_THAT((guest().call<"read(name, at-once)", Read(std::string_view, u64)>("e", 10u)),
              Gives(Read(std::vector<u8>())));
}

TEST_P(StreamsOnEachEngine, ASourceMayBeLeftEarly) {
  bodies.manners["l"] = {.content = counting(300'000)};

  EXPECT_THAT((guest().call<"read-first(name, at-once)", Read(std::string_view, u64)>("l", 5u)),
              Gives(Read(counting(5))));
  EXPECT_EQ(bodies.records["l"].destroyed, 1);
}

TEST_P(StreamsOnEachEngine, AReadThatFailsTellsWhy) {
  bodies.manners["r"] = {.fails_after = 100, .content = counting(300), .piece = 100};

  EXPECT_THAT((guest().call<"read(name, at-once)", Read(std::string_view, u64)>("r", 1000u)),
              Gives(Read(std::unexpected("the disk is damaged"))));
  EXPECT_THAT((guest().call<"read(name, at-once)", Read(std::string_view, u64)>("missing", 10u)),
              Gives(Read(std::unexpected("there is no such body"))));
}

TEST_P(StreamsOnEachEngine, TwoStreamsAreWaitedForAtOnce) {
  Completion<Result<void>> never;
  bodies.manners["never"] = {.gate = &never};
  bodies.manners["soon"] = {.pool = &pool, .time = milliseconds(20), .content = counting(10)};

  const auto first = guest().call<"first-ready(one, two)", u32(std::string_view, std::string_view)>(
      "never", "soon");

  EXPECT_THAT(first, Gives(1u));
  EXPECT_EQ(bodies.records["never"].destroyed, 1);
}

TEST_P(StreamsOnEachEngine, OneIsSplicedIntoTheOther) {
  bodies.manners["from"] = {.pool = &pool, .time = milliseconds(1), .content = counting(200'000)};

  const auto moved =
      guest()
          .call<"splice(source, target)",
                std::expected<u64, std::string>(std::string_view, std::string_view)>("from", "to");

  EXPECT_THAT(moved, Gives(std::expected<u64, std::string>(200'000u)));
  EXPECT_TRUE(bodies.records["to"].bytes == counting(200'000));
}

TEST_P(StreamsOnEachEngine, NobodyPollsInALoopWhileAStreamIsSlow) {
  const auto cpu_ms = [] {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1'000'000;
  };
  bodies.manners["slow"] = {.pool = &pool, .time = milliseconds(400), .content = counting(10)};
  const auto before = cpu_ms();

  EXPECT_THAT((guest().call<"read(name, at-once)", Read(std::string_view, u64)>("slow", 100u)),
              Gives(Read(counting(10))));

  EXPECT_LT(cpu_ms() - before, 100);
}

TEST_P(StreamsOnEachEngine, AnExceptionOfAStreamEndsTheGuest) {
  bodies.manners["t"] = {.throws = true};

  EXPECT_THAT((guest().call<"write-and-drop(name, bytes)", void(std::string_view, u32)>("t", 10u)),
              Fails(ErrorCode::host, "the sink is broken"));
  EXPECT_THAT((guest().call<"read(name, at-once)", Read(std::string_view, u64)>("t", 10u)),
              testing::Not(Succeeds()));
  expect_bystander_answers();
}

TEST_P(StreamsOnEachEngine, AStoreThatEndsDestroysItsStreams) {
  Completion<Result<void>> never;
  bodies.manners["n"] = {.gate = &never};
  {
    Linker<> linker(engine_of_kind(GetParam()));
    must(linker.add(bodies_shape, host::serve_with<Bodies>(bodies)));
    linker.add_wasi();
    Guest<> other(linker, user(engine_of_kind(GetParam())), {.limits = {.deadline_ms = 50}});
    EXPECT_THAT((other.call<"read(name, at-once)", Read(std::string_view, u64)>("n", 100u)),
                Fails(ErrorCode::deadline, "time limit"));
  }
  EXPECT_EQ(bodies.records["n"].destroyed, 1);
}

// ------------------------------------------------------------------------------------------
// linking

TEST(StreamLinking, NeedsWasi) {
  Bodies bodies;
  Linker<> linker(engine());
  must(linker.add(bodies_shape, host::serve_with<Bodies>(bodies)));

  EXPECT_THAT(linker.prepare(user(engine())),
              Fails(ErrorCode::not_linkable,
                    "wasi:io/streams@0.2.12, which nothing provides: it is part of WASI: call "
                    "linker.add_wasi()"));
}

// A component that imports only what its text says; `streams` is the name of WASI's interface.
std::string small_guest(std::string_view streams, std::string_view result) {
  return fmt::format(R"((component
    (import "wasi:io/error@0.2.0" (instance $error (export "error" (type (sub resource)))))
    (import "{0}" (instance $streams
      (export "output-stream" (type (sub resource)))
      (export "input-stream" (type (sub resource)))))
    (alias export $streams "output-stream" (type $output))
    (alias export $streams "input-stream" (type $input))
    (import "test:streams/bodies" (instance $bodies
      (alias outer 1 $output (type $out))
      (alias outer 1 $input (type $in))
      (export "output-stream" (type $o (eq $out)))
      (export "input-stream" (type $i (eq $in)))
      (export "upload" (func (param "name" string) (result {1})))))
  ))",
                     streams, result);
}

TEST(StreamLinking, TakesEveryStableVersionOfZeroTwo) {
  Bodies bodies;
  Linker<> linker(engine());
  must(linker.add(bodies_shape, host::serve_with<Bodies>(bodies)));
  linker.add_wasi();

  for (const char* version : {"0.2.0", "0.2.2", "0.2.12"}) {
    const auto text = small_guest(fmt::format("wasi:io/streams@{}", version), "(own $o)");
    EXPECT_THAT(linker.prepare(load(text)), Succeeds()) << version;
  }
}

TEST(StreamLinking, TellsTheKindsApart) {
  Bodies bodies;
  Linker<> linker(engine());
  must(linker.add(bodies_shape, host::serve_with<Bodies>(bodies)));
  linker.add_wasi();

  EXPECT_THAT(linker.prepare(load(small_guest("wasi:io/streams@0.2.0", "(own $i)"))),
              Fails(ErrorCode::not_linkable, "own<wasi:io/streams@0.2.0.input-stream>"));
  EXPECT_THAT(linker.prepare(load(small_guest("wasi:io/streams@0.2.0-rc-2023-11-10", "(own $o)"))),
              Fails(ErrorCode::not_linkable, "wasi:io/streams@0.2.0-rc-2023-11-10"));
}

// What a host may call like WASI's.
class Other {
 public:
  static constexpr std::string_view wit_resource = "wasi:io/streams@0.2.0.output-stream";
  virtual ~Other() = default;
};
constexpr host::ResourceShape other_resources[] = {host::resource<Other>("output-stream"),
                                                   host::resource<Other>("input-stream")};
constexpr host::InterfaceShape other_shape{"wasi:io/streams@0.2.0", {}, other_resources};

TEST(StreamLinking, OnlyWasisOwnStreamsAreMeant) {
  Bodies bodies;
  Linker<> linker(engine());
  must(linker.add(bodies_shape, host::serve_with<Bodies>(bodies)));
  must(linker.add(other_shape, {}));
  linker.add_wasi();

  EXPECT_THAT(linker.prepare(load(small_guest("wasi:io/streams@0.2.0", "(own $o)"))),
              Fails(ErrorCode::not_linkable, "test:streams/bodies"));
}

}  // namespace
}  // namespace capstan::seam
