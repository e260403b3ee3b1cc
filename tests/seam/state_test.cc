// State: each store has its own, host functions find their object through it, and it goes last.
#include "seam.h"

#include <fmt/format.h>

#include <memory>
#include <optional>

namespace capstan::seam {
namespace {

using Log = std::vector<std::string>;

class Ticket {
 public:
  static constexpr std::string_view wit_resource = "test:state/desk@1.2.0.ticket";
  Ticket() = default;
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;
  virtual ~Ticket() = default;
  virtual u32 number() = 0;
};

// One desk for each store; its tickets refer to it to their end.
class Desk {
 public:
  explicit Desk(std::string name, Log& log) : name_(std::move(name)), log_(log) {}
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;
  ~Desk() { log_.push_back(name_ + " closed"); }

  std::unique_ptr<Ticket> take();
  void give_back(std::unique_ptr<Ticket> ticket) { note(fmt::format("{} back", ticket->number())); }
  std::string name() { return name_; }

  void note(std::string_view what) { log_.push_back(fmt::format("{}: {}", name_, what)); }

 private:
  std::string name_;
  Log& log_;
  u32 next_ = 1;
};

class PaperTicket final : public Ticket {
 public:
  PaperTicket(Desk& desk, u32 number) : desk_(desk), number_(number) {}
  ~PaperTicket() override { desk_.note(fmt::format("{} gone", number_)); }
  u32 number() override { return number_; }

 private:
  Desk& desk_;
  u32 number_;
};

std::unique_ptr<Ticket> Desk::take() { return std::make_unique<PaperTicket>(*this, next_++); }

constexpr abi::FunctionShape desk_functions[] = {
    abi::function<&Desk::take>("take"),
    abi::function<&Desk::give_back>("give-back", "ticket"),
    abi::function<&Desk::name>("name"),
    abi::function<&Ticket::number>("[method]ticket.number"),
};
constexpr host::ResourceShape desk_resources[] = {host::resource<Ticket>("ticket")};
constexpr host::InterfaceShape desk_interface{"test:state/desk@1.2.0", desk_functions,
                                              desk_resources};

// Not movable, like most that own things.
struct State {
  State(std::string name, Log& log) : desk(std::move(name), log) {}
  Desk desk;
};

class StateOfStores : public testing::Test {
 protected:
  StateOfStores() {
    must(linker.add(desk_interface, host::serve_through<Desk, State>(
                                        [](State& state) -> Desk& { return state.desk; })));
    prepared.emplace(must(linker.prepare(load(wat("desk")))));
  }
  Store<State> open(std::string name) {
    return Store<State>(std::make_unique<State>(std::move(name), log));
  }

  Log log;
  Linker<State> linker{engine()};
  std::optional<PreparedComponent<State>> prepared;
};

TEST_F(StateOfStores, HostFunctionsWorkOnTheStateOfTheStoreThatCalls) {
  Store<State> north = open("north");
  Store<State> south = open("south");
  const Instance in_north = must(prepared->instantiate(north));
  const Instance in_south = must(prepared->instantiate(south));

  EXPECT_THAT((call<"name", std::string()>(in_north)), Gives("north"));
  EXPECT_THAT((call<"name", std::string()>(in_south)), Gives("south"));

  const u32 first = must(call<"take", u32()>(in_north));
  const u32 second = must(call<"take", u32()>(in_north));
  const u32 elsewhere = must(call<"take", u32()>(in_south));
  EXPECT_THAT((call<"number(ticket)", u32(u32)>(in_north, first)), Gives(1u));
  EXPECT_THAT((call<"number(ticket)", u32(u32)>(in_north, second)), Gives(2u));
  EXPECT_THAT((call<"number(ticket)", u32(u32)>(in_south, elsewhere)), Gives(1u));
}

TEST_F(StateOfStores, ResourcesOfACompatibleVersionAreTheSameType) {
  Store<State> store = open("desk");
  const Instance instance = must(prepared->instantiate(store));
  std::unique_ptr<Ticket> ticket = store.state().desk.take();
  const Ticket* const address = ticket.get();

  auto echoed = call<"echo(ticket)", std::unique_ptr<Ticket>(std::unique_ptr<Ticket>)>(
      instance, std::move(ticket));

  ASSERT_THAT(echoed, Succeeds());
  EXPECT_EQ(echoed->get(), address);
}

TEST_F(StateOfStores, ResourcesGoBeforeTheState) {
  {
    Store<State> store = open("desk");
    const Instance instance = must(prepared->instantiate(store));
    must(call<"take", u32()>(instance));
    must(call<"take", u32()>(instance));
  }

  EXPECT_THAT(log, testing::ElementsAre("desk: 2 gone", "desk: 1 gone", "desk closed"));
}

TEST_F(StateOfStores, WhatWasGivenBackGoesAtOnce) {
  Store<State> store = open("desk");
  const Instance instance = must(prepared->instantiate(store));

  must(call<"back(ticket)", void(u32)>(instance, must(call<"take", u32()>(instance))));

  EXPECT_THAT(log, testing::ElementsAre("desk: 1 back", "desk: 1 gone"));
}

TEST_F(StateOfStores, AMovedStoreKeepsItsStateAndGuests) {
  Store<State> store = open("first");
  const Instance instance = must(prepared->instantiate(store));
  must(call<"take", u32()>(instance));

  Store<State> moved = std::move(store);
  EXPECT_THAT((call<"name", std::string()>(instance)), Gives("first"));
  EXPECT_EQ(moved.state().desk.name(), "first");

  // What the target held before ends properly.
  moved = open("second");
  EXPECT_THAT(log, testing::ElementsAre("first: 1 gone", "first closed"));
  EXPECT_THAT((call<"name", std::string()>(instance)),
              Fails(ErrorCode::invalid_argument, "the store of this instance has ended"));
}

TEST_F(StateOfStores, InstancesMayOutliveTheirStore) {
  std::optional<Instance> instance;
  {
    Store<State> store = open("desk");
    instance.emplace(must(prepared->instantiate(store)));
  }

  EXPECT_THAT((call<"name", std::string()>(*instance)),
              Fails(ErrorCode::invalid_argument, "the store of this instance has ended"));
  EXPECT_THAT(log, testing::ElementsAre("desk closed"));
}

TEST_F(StateOfStores, AStoreThatWasNeverUsedEndsToo) {
  {
    const Store<State> store = open("idle");
  }

  EXPECT_THAT(log, testing::ElementsAre("idle closed"));
}

TEST_F(StateOfStores, TheAccessorLivesAsLongAsItIsUsed) {
  const auto counted = std::make_shared<int>(0);
  std::optional<PreparedComponent<State>> kept;
  {
    Linker<State> own(engine());
    must(own.add(desk_interface, host::serve_through<Desk, State>([counted](State& state) -> Desk& {
                   ++*counted;
                   return state.desk;
                 })));
    kept.emplace(must(own.prepare(load(wat("desk")))));
  }
  Store<State> store = open("desk");
  const Instance instance = must(kept->instantiate(store));

  EXPECT_THAT((call<"name", std::string()>(instance)), Gives("desk"));
  EXPECT_EQ(*counted, 1);
}

}  // namespace
}  // namespace capstan::seam
