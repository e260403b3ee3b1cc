#include <capstan/abi/testing.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace capstan::abi {
namespace {

using fake::Failure;
using fake::Guest;

// --------------------------------------------------------------------------------------------
// errors

TEST(CallErrors, StartsWithoutOne) {
  CallErrors errors;

  EXPECT_TRUE(errors.ok());
  EXPECT_EQ(errors.release(), nullptr);
}

TEST(CallErrors, KeepsTheFirst) {
  CallErrors errors;

  errors.fail("first");
  errors.fail("second", CAPSTAN_ERROR_LIMIT);
  errors.adopt(capstan_error_new(CAPSTAN_ERROR_HOST, detail::to_c("third")));

  EXPECT_FALSE(errors.ok());
  const Failure failure(errors.release());
  EXPECT_EQ(failure.message, "first");
  EXPECT_EQ(failure.code, CAPSTAN_ERROR_TRAP);
}

TEST(CallErrors, AdoptingNoErrorChangesNothing) {
  CallErrors errors;

  errors.adopt(nullptr);
  EXPECT_TRUE(errors.ok());

  errors.fail("the one");
  errors.adopt(nullptr);
  EXPECT_EQ(Failure(errors.release()).message, "the one");
}

// An error that nobody asks for is freed; LeakSanitizer watches.
TEST(CallErrors, FreesWhatIsNotReleased) {
  CallErrors errors;
  errors.fail("forgotten");
}

// ----------------------------------------------------------------------------------------------
// lift

TEST(LiftCall, GivesBytesWithinBounds) {
  Guest guest({.memory_bytes = 64});
  capstan_lift call = guest.lift_call(nullptr, 0);
  Lift cx(call);

  EXPECT_EQ(cx.bytes(0, 64), guest.memory().data());
  EXPECT_EQ(cx.bytes(64, 0), guest.memory().data() + 64);
  EXPECT_TRUE(cx.ok());
}

TEST(LiftCall, RefusesBytesOutOfBounds) {
  Guest guest({.memory_bytes = 64});
  const std::pair<std::uint64_t, std::uint64_t> outside[] = {{0, 65},
                                                             {64, 1},
                                                             {65, 0},
                                                             {~std::uint64_t{0}, 1},
                                                             {1, ~std::uint64_t{0}},
                                                             {1ull << 63, 1ull << 63}};

  for (const auto& [offset, bytes] : outside) {
    capstan_lift call = guest.lift_call(nullptr, 0);
    Lift cx(call);
    EXPECT_EQ(cx.bytes(offset, bytes), nullptr);
    EXPECT_EQ(Failure(cx.release()).message,
              fmt::format("pointer out of bounds: {} bytes at {:#x}, memory has 64 bytes", bytes,
                          offset));
  }
}

TEST(LiftCall, WithoutMemoryGivesOnlyEmptyText) {
  Guest guest({.memory_bytes = 0});

  EXPECT_EQ(*guest.lift<std::string>({0, 0}).value, "");
  EXPECT_EQ(*guest.lift<std::string_view>({0, 0}).value, "");
  EXPECT_TRUE(guest.lift<std::vector<std::uint8_t>>({0, 0}).value->empty());
  EXPECT_TRUE(guest.lift<std::span<const std::uint8_t>>({0, 0}).value->empty());
  EXPECT_EQ(guest.lift<std::string>({0, 1}).message(),
            "pointer out of bounds: 1 bytes at 0x0, memory has 0 bytes");
}

TEST(LiftCall, ConsumesFromTheCallsOwnBudget) {
  Guest guest({.fuel = 100});
  capstan_lift call = guest.lift_call(nullptr, 0);
  Lift cx(call);

  EXPECT_TRUE(cx.consume(10, 6));
  EXPECT_EQ(call.fuel, 40u);
  EXPECT_FALSE(cx.consume(41, 1));
  EXPECT_EQ(call.fuel, 40u);

  const Failure failure(cx.release());
  EXPECT_EQ(failure.message,
            "too much data for one call: 41 more bytes, 40 are left of the limit on lifted bytes");
  EXPECT_EQ(failure.code, CAPSTAN_ERROR_LIMIT);
}

TEST(LiftCall, AfterAnErrorNothingIsCopied) {
  Guest guest;
  capstan_lift call = guest.lift_call(nullptr, 0);
  Lift cx(call);
  cx.fail("broken");
  const std::uint64_t words[] = {0, 1000};

  EXPECT_EQ(Abi<std::string>::lift_flat(cx, words), "");
  EXPECT_TRUE(Abi<std::vector<std::uint8_t>>::lift_flat(cx, words).empty());
  EXPECT_TRUE(Abi<std::vector<std::string>>::lift_flat(cx, words).empty());
  EXPECT_TRUE(Abi<std::span<const std::uint8_t>>::lift_flat(cx, words).empty());
  EXPECT_EQ(call.fuel, fake::GuestOptions().fuel);
  EXPECT_EQ(Failure(cx.release()).message, "broken");
}

TEST(LiftCall, KeptTextsStayWhereTheyAre) {
  Guest guest;
  capstan_lift call = guest.lift_call(nullptr, 0);
  Lift cx(call);

  const std::string_view first = cx.keep("short");
  for (int i = 0; i < 100; ++i) (void)cx.keep(std::string(50, 'x'));

  EXPECT_EQ(first, "short");
}

// ---------------------------------------------------------------------------------------------
// lower

TEST(LowerCall, PassesReallocErrorsOn) {
  for (const auto& [how, message] :
       {std::pair(fake::Realloc::fails, "realloc trapped"),
        std::pair(fake::Realloc::unaligned, "realloc return: result not aligned"),
        std::pair(fake::Realloc::out_of_range, "realloc return: beyond end of memory")}) {
    Guest guest;
    guest.realloc = how;

    EXPECT_EQ(guest.lower(std::string("text")).message(), message);
    EXPECT_EQ(guest.lower(std::vector<std::uint64_t>{1, 2}).message(), message);
    EXPECT_EQ(guest.lower(std::vector<std::string>{"a", "b"}).message(), message);
  }
}

TEST(LowerCall, AfterAnErrorNothingIsWrittenOrAllocated) {
  Guest guest;
  const std::vector<std::uint8_t> before(guest.memory().begin(), guest.memory().end());
  capstan_lower call = guest.lower_call(nullptr, 0);
  Lower cx(call);
  cx.fail("broken");

  cx.store(0, std::uint64_t{1});
  cx.store_bytes(8, "text", 4);
  EXPECT_EQ(cx.realloc(1, 10), 0u);
  EXPECT_EQ(cx.give_handle(CAPSTAN_OWN, 1, 1), 0u);
  Abi<std::string>::store(cx, "text", 16);

  EXPECT_TRUE(std::ranges::equal(guest.memory(), before));
  EXPECT_TRUE(guest.blocks.empty());
  EXPECT_TRUE(guest.handles.empty());
  EXPECT_EQ(Failure(cx.release()).message, "broken");
}

TEST(LowerCall, BlocksOfMoreThan4GiBAreRefused) {
  Guest guest;
  capstan_lower call = guest.lower_call(nullptr, 0);
  Lower cx(call);

  EXPECT_EQ(cx.realloc(8, std::uint64_t{1} << 32), 0u);

  const Failure failure(cx.release());
  EXPECT_EQ(failure.message, "4294967296 bytes do not fit into a 32-bit guest");
  EXPECT_EQ(failure.code, CAPSTAN_ERROR_LIMIT);
  EXPECT_TRUE(guest.blocks.empty());
}

TEST(LowerCall, ListsOfMoreThan4GiBAreRefused) {
  Guest guest;
  for (const auto& [count, size] : {std::pair<std::size_t, std::uint32_t>(std::size_t{1} << 32, 1),
                                    std::pair<std::size_t, std::uint32_t>(std::size_t{1} << 31, 2),
                                    std::pair<std::size_t, std::uint32_t>(~std::size_t{0}, 8)}) {
    capstan_lower call = guest.lower_call(nullptr, 0);
    Lower cx(call);

    (void)allocate_list(cx, count, size, 1);

    const Failure failure(cx.release());
    EXPECT_EQ(failure.message,
              fmt::format("a list of {} elements does not fit into a 32-bit guest", count));
    EXPECT_EQ(failure.code, CAPSTAN_ERROR_LIMIT);
  }
}

TEST(LowerCall, MemoryIsReadAgainAfterEachRealloc) {
  Guest guest;
  guest.realloc = fake::Realloc::moves_memory;
  capstan_lower call = guest.lower_call(nullptr, 0);
  Lower cx(call);

  const std::uint32_t first = cx.realloc(4, 4);
  const std::uint32_t second = cx.realloc(4, 4);
  cx.store(first, std::uint32_t{1});
  cx.store(second, std::uint32_t{2});

  EXPECT_EQ(guest.peek<std::uint32_t>(first), 1u);
  EXPECT_EQ(guest.peek<std::uint32_t>(second), 2u);
}

}  // namespace
}  // namespace capstan::abi
