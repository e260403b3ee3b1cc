#include <capstan/capability/blobstore/routed.h>

#include <capstan/capability/blobstore/conformance_testing.h>
#include <capstan/capability/blobstore/memory.h>

#include <optional>
#include <set>

namespace capstan::blobstore {
namespace {

using capability::Names;
using capability::Placement;

std::shared_ptr<Store> memory() { return connect_with(MemoryOptions()).value(); }

std::shared_ptr<const Names> spread(
    std::optional<std::set<std::string, std::less<>>> allowed = std::nullopt) {
  return std::make_shared<Names>(std::vector<Placement>{{.label = "", .namespace_ = "shop"},
                                                        {.label = "images", .namespace_ = ""}},
                                 std::move(allowed));
}

std::shared_ptr<Store> make_routed() { return route(spread(), {memory(), memory()}); }
INSTANTIATE_TEST_SUITE_P(Routed, BlobstoreConformance, testing::Values(&make_routed));

TEST(BlobstoreRouted, NamesLeadToBackendsAndAreTheComponentsOwn) {
  const auto first = memory();
  const auto images = memory();
  const auto store = route(spread(), {first, images});

  put(*create(*store, "orders"), "o", "1");
  put(*create(*store, "images"), "o", "2");

  EXPECT_EQ(get(*must(first->get("shop/orders")), "o"), "1");
  EXPECT_EQ(get(*must(images->get("images")), "o"), "2");
  const auto orders = must(store->get("orders"));
  EXPECT_EQ(orders->name(), "orders");
  EXPECT_EQ(must(orders->info()).name, "orders");
  EXPECT_EQ(must(orders->object_info("o")).container, "orders");
}

TEST(BlobstoreRouted, CopiesAndMovesGoFromBackendToBackend) {
  const auto store = make_routed();
  const auto orders = create(*store, "orders");
  const auto images = create(*store, "images");
  const std::string content(600'000, 'x');
  put(*orders, "o", content);
  put(*orders, "p", "moved");

  must(store->copy({"orders", "o"}, {"images", "copy"}));
  must(store->move({"orders", "p"}, {"images", "moved"}));

  EXPECT_TRUE(get(*images, "copy") == content);
  EXPECT_EQ(get(*images, "moved"), "moved");
  EXPECT_EQ(names(*orders), std::vector<std::string>{"o"});
  EXPECT_EQ(kind(now(store->move({"orders", "p"}, {"images", "moved"}))), "no_such_object");
  EXPECT_EQ(kind(now(store->copy({"orders", "o"}, {"images", ""}))), "invalid");
}

TEST(BlobstoreRouted, OtherNamesThanTheAllowedOnesAreDenied) {
  const auto store = route(spread({{"orders"}}), {memory(), memory()});
  create(*store, "orders");

  for (const char* name : {"other", "images", "shop/orders"}) {
    EXPECT_EQ(kind(now(store->create(name))), "access_denied");
    EXPECT_EQ(kind(now(store->get(name))), "access_denied");
    EXPECT_EQ(kind(now(store->exists(name))), "access_denied");
    EXPECT_EQ(kind(now(store->remove(name))), "access_denied");
    EXPECT_EQ(kind(now(store->copy({"orders", "o"}, {name, "o"}))), "access_denied");
    EXPECT_EQ(kind(now(store->move({name, "o"}, {"orders", "o"}))), "access_denied");
  }
  EXPECT_EQ(now(store->get("other")).error().message,
            "access denied: the container 'other' is not among those this component may use");
}

TEST(BlobstoreRouted, WaitsWhenAnyOfItsStoresDoes) {
  class Far final : public Store {
   public:
    Task<Outcome<std::shared_ptr<Container>>> create(std::string name) override {
      return Outcome<std::shared_ptr<Container>>(std::unexpected(no_such_container(name)));
    }
    Task<Outcome<std::shared_ptr<Container>>> get(std::string name) override {
      return create(std::move(name));
    }
    Task<Outcome<void>> remove(std::string) override { return Outcome<void>(); }
    Task<Outcome<bool>> exists(std::string) override { return Outcome<bool>(false); }
    Task<Outcome<void>> copy(ObjectId, ObjectId) override { return Outcome<void>(); }
    Task<Outcome<void>> move(ObjectId, ObjectId) override { return Outcome<void>(); }
  };

  EXPECT_EQ(make_routed()->waits(), Waits::never);
  EXPECT_EQ(route(spread(), {memory(), std::make_shared<Far>()})->waits(), Waits::maybe);
}

}  // namespace
}  // namespace capstan::blobstore
