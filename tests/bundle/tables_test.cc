// Reading the tables of a bundle: what is accepted, and what each mistake is answered with.
#include <capstan/bundle/tables.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace capstan::bundle {
namespace {

using testing::HasSubstr;

capstan_text text(std::string_view from) { return {from.data(), from.size()}; }

capstan_status enter(void*, capstan_lift*, void*, const capstan_waker*, capstan_error**) noexcept {
  return CAPSTAN_READY;
}
capstan_status poll(void*, const capstan_waker*, capstan_error**) noexcept { return CAPSTAN_READY; }
capstan_error* lower(void*, capstan_lower*) noexcept { return nullptr; }
void drop(void*) noexcept {}
void destroy(void*, void*, std::uint32_t) noexcept {}
capstan_error* store_new(void*, void**) noexcept { return nullptr; }

// A right table, for a test to spoil.
struct Right {
  capstan_function function = {.struct_size = sizeof(capstan_function),
                               .name = text("get"),
                               .signature = text("func() -> u32"),
                               .flags = CAPSTAN_MAY_SUSPEND,
                               .frame_bytes = 16,
                               .frame_align = 8,
                               .enter = &enter,
                               .poll = &poll,
                               .lower = &lower,
                               .drop = &drop,
                               .self = nullptr,
                               .direct = nullptr};
  capstan_resource resource = {.struct_size = sizeof(capstan_resource),
                               .name = text("bucket"),
                               .id = 7,
                               .destroy = &destroy,
                               .self = nullptr};
  const capstan_function* functions[1] = {&function};
  const capstan_resource* resources[1] = {&resource};
  capstan_interface interface = {.struct_size = sizeof(capstan_interface),
                                 .import_name = text("a:b/c"),
                                 .functions = functions,
                                 .function_count = 1,
                                 .resources = resources,
                                 .resource_count = 1};
  const capstan_interface* interfaces[1] = {&interface};
  capstan_bundle bundle = {.struct_size = sizeof(capstan_bundle),
                           .abi_major = CAPSTAN_BUNDLE_ABI_MAJOR,
                           .abi_minor = CAPSTAN_BUNDLE_ABI_MINOR,
                           .interfaces = interfaces,
                           .interface_count = 1,
                           .self = nullptr,
                           .store_new = nullptr,
                           .store_delete = nullptr,
                           .stop = nullptr};

  [[nodiscard]] std::string error() const {
    const auto tables = read_tables(&bundle);
    return tables ? "" : tables.error().message();
  }
};

TEST(BundleTables, AreCopied) {
  Right right;

  const auto tables = read_tables(&right.bundle);

  ASSERT_TRUE(tables) << tables.error().message();
  ASSERT_EQ(tables->interfaces.size(), 1u);
  EXPECT_EQ(tables->interfaces[0].id, "a:b/c");
  EXPECT_EQ(tables->interfaces[0].functions[0].name, "get");
  EXPECT_EQ(tables->interfaces[0].functions[0].signature, "func() -> u32");
  EXPECT_EQ(tables->interfaces[0].resources[0].table.id, 7u);
}

TEST(BundleTables, OfALaterVersionMayBeLarger) {
  Right right;
  right.function.struct_size += 64;
  right.bundle.struct_size += 8;

  EXPECT_EQ(right.error(), "");
}

TEST(BundleTables, WithASizeThatIsNoSize) {
  Right right;
  right.function.struct_size = std::size_t{1} << 40;
  EXPECT_EQ(right.error(),
            "function 0 of a:b/c says it has 1099511627776 bytes, which no version has");

  right.function.struct_size = 8;
  EXPECT_THAT(right.error(), HasSubstr("function 0 of a:b/c says it has 8 bytes, but"));
}

TEST(BundleTables, OfAVersionThatIsNotOurs) {
  Right right;
  right.bundle.abi_minor = CAPSTAN_BUNDLE_ABI_MINOR + 1;
  EXPECT_EQ(right.error(),
            "it needs version 1.1 of the bundle interface, this is 1.0: use a newer Capstan");

  right.bundle.abi_major = 2;
  EXPECT_EQ(right.error(),
            "it was built for version 2.1 of the bundle interface, this is 1.0: build it again");
}

TEST(BundleTables, ThatAreNotThere) {
  EXPECT_EQ(read_tables(nullptr).error().message(), "its entry point gave no table");

  Right right;
  right.functions[0] = nullptr;
  EXPECT_EQ(right.error(), "function 0 of a:b/c is a null pointer");

  right.interface.functions = nullptr;
  EXPECT_EQ(right.error(), "the list of functions of a:b/c is a null pointer");
}

TEST(BundleTables, WithACountThatIsNoCount) {
  Right right;
  right.bundle.interface_count = 1'000'000'000;

  EXPECT_EQ(right.error(), "the list of interfaces has 1000000000 entries, more than 10000");
}

TEST(BundleTables, WithAFunctionThatLacksAStep) {
  Right right;
  right.function.poll = nullptr;
  EXPECT_EQ(right.error(), "a:b/c#get may suspend, but its poll is NULL");

  right.function.drop = nullptr;
  EXPECT_EQ(right.error(), "a:b/c#get needs enter, lower and drop, one of them is NULL");
}

TEST(BundleTables, WithUnknownFlags) {
  Right right;
  right.function.flags = 0x11;

  EXPECT_EQ(right.error(), "a:b/c#get has unknown flags: 0x10");
}

TEST(BundleTables, WithAFrameThatCannotBe) {
  Right right;
  right.function.frame_align = 24;
  EXPECT_EQ(right.error(), "a:b/c#get has frame_align 24, which is no power of two from 1 to 64");

  right.function.frame_bytes = 2'000'000;
  EXPECT_EQ(right.error(), "a:b/c#get wants a frame of 2000000 bytes, more than 1048576");
}

TEST(BundleTables, WithAResourceWithoutIdOrDestroy) {
  Right right;
  right.resource.destroy = nullptr;
  EXPECT_EQ(right.error(), "the resource a:b/c.bucket has no destroy");

  right.resource.id = 0;
  EXPECT_THAT(right.error(), HasSubstr("the resource a:b/c.bucket has no id"));
}

TEST(BundleTables, WithTextThatIsNoName) {
  Right right;
  right.function.name = text("a\nb");
  EXPECT_EQ(right.error(), "the name of function 0 of a:b/c has characters that no WIT name has");

  right.function.name = {nullptr, 3};
  EXPECT_EQ(right.error(), "the name of function 0 of a:b/c is a null pointer");
}

TEST(BundleTables, WithHalfOfAStoresLife) {
  Right right;
  right.bundle.store_new = &store_new;

  EXPECT_EQ(right.error(), "store_new and store_delete must both be there, or both be NULL");
}

}  // namespace
}  // namespace capstan::bundle
