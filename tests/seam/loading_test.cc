// Loading: what is a component for this engine, and what is shared between instances and threads.
#include "seam.h"

#include <fmt/format.h>

#include <thread>

namespace capstan::seam {
namespace {

constexpr std::string_view counter = R"((component
  (core module $main
    (global $n (mut i32) (i32.const 0))
    (func (export "next") (result i32)
      (global.set $n (i32.add (global.get $n) (i32.const 1)))
      (global.get $n)))
  (core instance $main (instantiate $main))
  (func (export "next") (result u32) (canon lift (core func $main "next")))))";

constexpr std::string_view asynchronous = R"((component
  (core module $main (func (export "answer") (result i32) (i32.const 42)))
  (core instance $main (instantiate $main))
  (func (export "answer") async (result u32) (canon lift (core func $main "answer")))))";

std::span<const u8> bytes_of(std::string_view text) {
  return {reinterpret_cast<const u8*>(text.data()), text.size()};
}

TEST(Loading, ListsImportsAndExportsWithTheirTypes) {
  const Component component = load(R"((component
    (import "test:shelf/books@0.1.0" (instance $books
      (export "book" (type $book (sub resource)))
      (export "[method]book.pages" (func (param "self" (borrow $book)) (result (list u8))))))
    (core module $main (func (export "answer") (result i32) (i32.const 42)))
    (core instance $main (instantiate $main))
    (func (export "answer") (result u32) (canon lift (core func $main "answer")))))");

  std::vector<std::string> imports;
  for (const ComponentItem& item : component.imports())
    imports.push_back(fmt::format("{}#{}: {}", item.interface_name, item.name, item.signature));

  EXPECT_THAT(imports,
              testing::ElementsAre("test:shelf/books@0.1.0#: ",
                                   "test:shelf/books@0.1.0#book: test:shelf/books@0.1.0.book",
                                   "test:shelf/books@0.1.0#[method]book.pages: "
                                   "func(self: borrow<test:shelf/books@0.1.0.book>) -> list<u8>"));
  ASSERT_EQ(component.exports().size(), 1u);
  EXPECT_EQ(component.exports()[0].name, "answer");
  EXPECT_EQ(component.exports()[0].signature, "func() -> u32");
  EXPECT_FALSE(component.exports()[0].is_async);
  EXPECT_FALSE(component.needs_concurrency());
  EXPECT_EQ(component.name(), "guest");
}

TEST(Loading, ACoreModuleIsNoComponent) {
  const auto loaded = engine().load(assemble("(module)"), "module.wasm");

  EXPECT_THAT(loaded,
              FailsWith(ErrorCode::not_loadable,
                        "cannot load 'module.wasm': the bytes are a core module, not a component"));
}

TEST(Loading, GarbageIsNoComponent) {
  for (const std::string_view garbage : {"hello", "(component)", "\0asm",
                                         "\x7f"
                                         "ELF"}) {
    EXPECT_THAT(engine().load(bytes_of(garbage), "x"),
                FailsWith(ErrorCode::not_loadable,
                          "cannot load 'x': the bytes are no WebAssembly component"))
        << garbage;
  }
  EXPECT_THAT(engine().load({}, "nothing"),
              Fails(ErrorCode::not_loadable, "cannot load 'nothing': "));
}

TEST(Loading, EveryTruncationOfAComponentIsRefused) {
  const std::vector<u8> whole = assemble(counter);
  const std::span<const u8> all = whole;
  ASSERT_THAT(engine().load(all), Succeeds());

  std::size_t accepted = 0;
  for (std::size_t size = 0; size < all.size(); ++size) {
    const auto loaded = engine().load(all.first(size), "cut");
    if (loaded) {
      ++accepted;  // cut between two sections: a smaller component
    } else {
      EXPECT_EQ(loaded.error().code(), ErrorCode::not_loadable)
          << size << ": " << loaded.error().message();
    }
  }
  EXPECT_LT(accepted, 10u);
  expect_bystander_answers();
}

TEST(Loading, AnInvalidComponentSaysWhatIsWrongAndWhere) {
  const auto loaded = engine().load(assemble(R"((component
    (core module (func (export "f") (result i32) (i64.const 1)))))"));

  EXPECT_THAT(loaded, Fails(ErrorCode::not_loadable, "cannot load 'component': "));
  EXPECT_THAT(loaded, Fails(ErrorCode::not_loadable, "type mismatch"));
  EXPECT_THAT(loaded, Fails(ErrorCode::not_loadable, "offset "));
}

TEST(Loading, APrecompiledArtefactIsNotLoadedByAccident) {
  const std::vector<u8> artefact = must(load(counter).precompile());

  EXPECT_THAT(engine().load(artefact, "plugin.cwasm"),
              Fails(ErrorCode::not_loadable, "cannot load 'plugin.cwasm': "));
}

TEST(Loading, FilesThatCannotBeReadAreNamed) {
  const ScratchDirectory scratch;

  EXPECT_THAT(engine().load_file(scratch / "absent.wasm"), Fails(ErrorCode::io, "absent.wasm"));
  EXPECT_THAT(engine().load_file(scratch.path()), Fails(ErrorCode::io, "cannot load"));
}

TEST(Loading, AComponentFromAFileIsCalledLikeTheFile) {
  const ScratchDirectory scratch;
  const std::vector<u8> bytes = assemble(counter);
  write_file(scratch / "counter.wasm", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});

  const auto loaded = engine().load_file(scratch / "counter.wasm");

  ASSERT_THAT(loaded, Succeeds());
  EXPECT_EQ(loaded->name(), "counter.wasm");
}

TEST(Loading, AComponentOfAnotherEngineDoesNotLink) {
  Engine other = make_engine();
  const Component component = load(other, counter);

  const auto prepared = Linker<>(engine()).prepare(component);

  EXPECT_THAT(prepared, FailsWith(ErrorCode::invalid_argument,
                                  "the component was loaded by another engine than the linker's"));
}

TEST(Loading, AStoreHoldsComponentsOfOneEngineOnly) {
  Engine other = make_engine();
  const auto here = must(Linker<>(engine()).prepare(load(counter)));
  const auto there = must(Linker<>(other).prepare(load(other, counter)));
  Store<> store;
  const Instance first = must(here.instantiate(store));

  EXPECT_THAT(there.instantiate(store),
              Fails(ErrorCode::invalid_argument, "components of another engine"));

  EXPECT_THAT((call<"next", u32()>(first)), Gives(1u));
}

// ------------------------------------------------------------------------------------- concurrency

TEST(Loading, ConcurrencyOffRefusesAnAsyncComponentAndSaysWhy) {
  Engine off = make_engine({.concurrency = Concurrency::off});

  const auto loaded = off.load(assemble(asynchronous), "async.wasm");

  EXPECT_THAT(loaded,
              Fails(ErrorCode::unsupported, "cannot load 'async.wasm': the component uses async"));
  EXPECT_THAT(loaded, Fails(ErrorCode::unsupported, "use Concurrency::automatic"));
  EXPECT_THAT(off.load(assemble(counter)), Succeeds());
}

TEST(Loading, ConcurrencyIsChosenByTheComponent) {
  EXPECT_TRUE(load(asynchronous).needs_concurrency());
  EXPECT_FALSE(load(counter).needs_concurrency());

  const Guest<> guest(Linker<>(engine()), load(asynchronous));

  EXPECT_THAT((guest.call<"answer", u32()>()), Gives(42u));
}

TEST(Loading, ConcurrencyOnRunsBothKindsInOneStore) {
  Engine on = make_engine({.concurrency = Concurrency::on});
  Linker<> linker(on);
  const auto plain = must(linker.prepare(load(on, counter)));
  const auto async = must(linker.prepare(load(on, asynchronous)));
  Store<> store;

  const Instance first = must(plain.instantiate(store));
  const Instance second = must(async.instantiate(store));

  EXPECT_THAT((call<"next", u32()>(first)), Gives(1u));
  EXPECT_THAT((call<"answer", u32()>(second)), Gives(42u));
}

TEST(Loading, AutomaticConcurrencyDoesNotMixBothKindsInOneStore) {
  Linker<> linker(engine());
  const auto plain = must(linker.prepare(load(counter)));
  const auto async = must(linker.prepare(load(asynchronous)));
  Store<> store;
  const Instance first = must(plain.instantiate(store));

  EXPECT_THAT(async.instantiate(store), Fails(ErrorCode::invalid_argument,
                                              "one store cannot hold components with and without "
                                              "concurrency support; use another store, "
                                              "or an engine with Concurrency::on"));

  EXPECT_THAT((call<"next", u32()>(first)), Gives(1u));
}

// ----------------------------------------------------------------------------------------- sharing

TEST(Sharing, InstancesOfOnePreparedComponentAreSeparate) {
  const auto prepared = must(Linker<>(engine()).prepare(load(counter)));
  Store<> shared_store;
  const Instance first = must(prepared.instantiate(shared_store));
  const Instance second = must(prepared.instantiate(shared_store));
  const Guest<> third(prepared);

  EXPECT_THAT((call<"next", u32()>(first)), Gives(1u));
  EXPECT_THAT((call<"next", u32()>(first)), Gives(2u));
  EXPECT_THAT((call<"next", u32()>(second)), Gives(1u));
  EXPECT_THAT((third.call<"next", u32()>()), Gives(1u));
}

TEST(Sharing, APreparedComponentOutlivesItsLinkerEngineAndComponent) {
  std::optional<Guest<>> guest;
  {
    Engine own = make_engine();
    const auto prepared = must(Linker<>(own).prepare(load(own, counter)));
    guest.emplace(prepared);
  }

  EXPECT_THAT((guest->call<"next", u32()>()), Gives(1u));
}

TEST(Sharing, ManyThreadsInstantiateOnePreparedComponent) {
  constexpr int threads = 8;
  constexpr u32 instances_per_thread = 50;
  const auto prepared = must(Linker<>(engine()).prepare(load(counter)));
  std::vector<u32> answered(threads);

  {
    std::vector<std::jthread> running;
    for (int i = 0; i < threads; ++i)
      running.emplace_back([&prepared, &mine = answered[static_cast<std::size_t>(i)]] {
        for (u32 n = 0; n < instances_per_thread; ++n) {
          const Guest<> guest(prepared);
          const auto one = guest.call<"next", u32()>();
          const auto two = guest.call<"next", u32()>();
          if (one && two && *one == 1 && *two == 2) ++mine;
        }
      });
  }

  EXPECT_THAT(answered, testing::Each(instances_per_thread));
}

TEST(Sharing, ManyThreadsLoadAndPrepareOnOneEngine) {
  constexpr int threads = 4;
  Engine own = make_engine();
  const std::vector<u8> bytes = assemble(counter);
  std::vector<u32> answered(threads);

  {
    std::vector<std::jthread> running;
    for (int i = 0; i < threads; ++i)
      running.emplace_back([&own, &bytes, &mine = answered[static_cast<std::size_t>(i)]] {
        const Guest<> guest(Linker<>(own), must(own.load(bytes)));
        mine = must(guest.call<"next", u32()>());
      });
  }

  EXPECT_THAT(answered, testing::Each(1u));
}

TEST(Sharing, AStoreMovesBetweenThreads) {
  Guest<> guest(Linker<>(engine()), load(counter));
  ASSERT_THAT((guest.call<"next", u32()>()), Gives(1u));

  std::jthread([&guest] { EXPECT_THAT((guest.call<"next", u32()>()), Gives(2u)); }).join();

  EXPECT_THAT((guest.call<"next", u32()>()), Gives(3u));
}

}  // namespace
}  // namespace capstan::seam
