// Resources of the host in the hands of guests: constructor, methods, statics, and every way a
// handle can travel.
//
// The guest shows its handles as numbers, so that a test can also use them wrongly.
#include "seam.h"

#include <fmt/format.h>

#include <expected>
#include <memory>
#include <optional>

namespace capstan::seam {
namespace {

// ----------------------------------------------------------------------------------- the host side

class Book {
 public:
  static constexpr std::string_view wit_resource = "test:shelf/books@0.1.0.book";
  Book() = default;
  Book(const Book&) = delete;
  Book& operator=(const Book&) = delete;
  virtual ~Book() = default;

  virtual std::string title() = 0;
  virtual void rename(std::string_view title) = 0;
  virtual u32 compare(Book& other) = 0;
};

// Another resource type with the same name in another interface.
class LegalBook {
 public:
  static constexpr std::string_view wit_resource = "test:shelf/laws@0.1.0.book";
  LegalBook() = default;
  LegalBook(const LegalBook&) = delete;
  LegalBook& operator=(const LegalBook&) = delete;
  virtual ~LegalBook() = default;
};

using BookPtr = std::unique_ptr<Book>;

// Which books were destroyed, in order.
using Obituary = std::vector<std::string>;

class PaperBook final : public Book {
 public:
  PaperBook(std::string title, Obituary& destroyed)
      : title_(std::move(title)), destroyed_(destroyed) {}
  ~PaperBook() override { destroyed_.push_back(title_); }

  std::string title() override { return title_; }
  void rename(std::string_view title) override { title_ = title; }
  u32 compare(Book& other) override { return this == &other ? 0 : 1; }

 private:
  std::string title_;
  Obituary& destroyed_;
};
class PaperLaw final : public LegalBook {};

enum class PileCase : u8 { nothing, one, two };
class Pile : public Variant<PileCase, std::monostate, BookPtr, std::tuple<BookPtr, BookPtr>> {
 public:
  static Pile two(BookPtr a, BookPtr b) {
    Pile pile;
    pile.hold<PileCase::two>(std::tuple(std::move(a), std::move(b)));
    return pile;
  }
};
constexpr auto describe(const Pile*) { return abi::variant("nothing", "one", "two"); }

// Handles in every kind of type.
struct Basket {
  BookPtr first;
  std::vector<BookPtr> more;
  std::optional<BookPtr> spare;
  Pile pile;
  std::expected<BookPtr, std::string> outcome;
};
constexpr auto describe(const Basket*) {
  return abi::record(abi::field("first", &Basket::first), abi::field("more", &Basket::more),
                     abi::field("spare", &Basket::spare), abi::field("pile", &Basket::pile),
                     abi::field("outcome", &Basket::outcome));
}

class Shelf {
 public:
  BookPtr make(std::string_view title) {
    return std::make_unique<PaperBook>(std::string(title), destroyed);
  }

  BookPtr merge(BookPtr a, BookPtr b) { return make(a->title() + " and " + b->title()); }
  void put(BookPtr book) { kept.push_back(std::move(book)); }
  BookPtr take() {
    BookPtr book = std::move(kept.back());
    kept.pop_back();
    return book;
  }
  u32 count(std::vector<Borrow<Book>> books) {
    for (const Borrow<Book>& book : books) seen.push_back(book->title());
    return static_cast<u32>(books.size());
  }
  std::vector<Basket> fill(u32 baskets) {
    std::vector<Basket> filled;
    for (u32 i = 0; i < baskets; ++i) filled.push_back(basket(i));
    return filled;
  }
  void empty(std::vector<Basket> baskets) {
    for (Basket& basket : baskets) collect(basket);
  }
  void inspect(Book& book) { seen.push_back(book.title()); }
  void fail_with(Borrow<Book>) { throw std::runtime_error("not this one"); }
  void label(BookPtr book, std::string_view text) {
    seen.push_back(book->title() + std::string(text));
  }

  // A title for each handle of the basket, in order.
  void collect(Basket& basket) {
    seen.push_back(basket.first->title());
    for (const BookPtr& book : basket.more) seen.push_back(book->title());
    if (basket.spare) seen.push_back((*basket.spare)->title());
    if (auto* one = basket.pile.get_if<PileCase::one>()) seen.push_back((*one)->title());
    if (auto* two = basket.pile.get_if<PileCase::two>()) {
      seen.push_back(std::get<0>(*two)->title());
      seen.push_back(std::get<1>(*two)->title());
    }
    seen.push_back(basket.outcome ? (*basket.outcome)->title() : basket.outcome.error());
  }
  Basket basket(u32 n) {
    const auto numbered = [&](char kind) { return make(fmt::format("{}{}", kind, n)); };
    Basket basket;
    basket.first = numbered('a');
    for (u32 i = 0; i < n; ++i) basket.more.push_back(numbered('b'));
    if (n % 2 == 1) basket.spare = numbered('c');
    if (n == 2) basket.pile = Pile::two(numbered('d'), numbered('e'));
    if (n == 1) {
      basket.outcome = numbered('f');
    } else {
      basket.outcome = std::unexpected(fmt::format("no f{}", n));
    }
    return basket;
  }

  Obituary destroyed;
  std::vector<std::string> seen;
  std::vector<BookPtr> kept;
};

class Laws {
 public:
  std::unique_ptr<LegalBook> law() { return std::make_unique<PaperLaw>(); }
  std::string cite(Book& book) { return "see " + book.title(); }
};

constexpr abi::FunctionShape shelf_functions[] = {
    abi::function<&Shelf::make>("[constructor]book", "title"),
    abi::function<&Book::title>("[method]book.title"),
    abi::function<&Book::rename>("[method]book.rename", "title"),
    abi::function<&Book::compare>("[method]book.compare", "other"),
    abi::function<&Shelf::merge>("[static]book.merge", "a, b"),
    abi::function<&Shelf::put>("put", "book"),
    abi::function<&Shelf::take>("take"),
    abi::function<&Shelf::count>("count", "books"),
    abi::function<&Shelf::fill>("fill", "baskets"),
    abi::function<&Shelf::empty>("empty", "baskets"),
    abi::function<&Shelf::inspect>("inspect", "book"),
    abi::function<&Shelf::fail_with>("fail-with", "book"),
    abi::function<&Shelf::label>("label", "book, text"),
};
constexpr host::ResourceShape shelf_resources[] = {host::resource<Book>("book")};
constexpr host::InterfaceShape shelf_interface{"test:shelf/books@0.1.0", shelf_functions,
                                               shelf_resources};

constexpr abi::FunctionShape laws_functions[] = {
    abi::function<&Laws::law>("law"),
    abi::function<&Laws::cite>("cite", "book"),
};
// `use books.{book as volume}`, and a resource of its own that is also called book.
constexpr host::ResourceShape laws_resources[] = {host::resource<Book>("volume"),
                                                  host::resource<LegalBook>("book")};
constexpr host::InterfaceShape laws_interface{"test:shelf/laws@0.1.0", laws_functions,
                                              laws_resources};

class Resources : public testing::TestWithParam<const char*> {
 protected:
  Resources() {
    must(linker.add(shelf_interface, host::serve_with(shelf)));
    must(linker.add(laws_interface, host::serve_with(laws)));
    prepared.emplace(must(linker.prepare(load(linker, wat("shelf")))));
    guest.emplace(*prepared);
    witness.emplace(*prepared);
  }

  u32 new_book(std::string_view title) {
    return must(guest->call<"new(title)", u32(std::string_view)>(title));
  }
  Result<std::string> title(u32 book) { return guest->call<"title(book)", std::string(u32)>(book); }
  Result<void> drop(u32 book) { return guest->call<"drop(book)", void(u32)>(book); }

  void expect_only_this_one_finished(Where where = Where::current()) {
    const testing::ScopedTrace trace(where.file_name(), static_cast<int>(where.line()),
                                     "afterwards");
    EXPECT_THAT((guest->call<"ping", u32()>()), Fails(ErrorCode::trap, "the guest is finished"));
    const u32 book = must(witness->call<"new(title)", u32(std::string_view)>("witness"));
    EXPECT_THAT((witness->call<"title(book)", std::string(u32)>(book)), Gives("witness"));
    guest.emplace(*prepared);
    // The books of the finished guest, and nothing of the witness.
    EXPECT_THAT(shelf.destroyed, testing::Not(testing::Contains("witness")));
  }

  Shelf shelf;
  Laws laws;
  Linker<> linker{engine_of_kind(GetParam())};
  std::optional<PreparedComponent<>> prepared;
  std::optional<Guest<>> guest;
  std::optional<Guest<>> witness;
};

// --------------------------------------------------------------------------- a resource's own life

TEST_P(Resources, ConstructorMethodsAndStatics) {
  const u32 book = new_book("Emma");
  EXPECT_THAT(title(book), Gives("Emma"));

  must(guest->call<"rename(book, title)", void(u32, std::string_view)>(book, "Persuasion"));
  EXPECT_THAT(title(book), Gives("Persuasion"));

  const u32 other = new_book("Evelina");
  EXPECT_THAT((guest->call<"compare(a, b)", u32(u32, u32)>(book, other)), Gives(1u));
  EXPECT_THAT((guest->call<"compare(a, b)", u32(u32, u32)>(book, book)), Gives(0u));

  const u32 merged = must(guest->call<"merge(a, b)", u32(u32, u32)>(book, other));
  EXPECT_THAT(title(merged), Gives("Persuasion and Evelina"));
  EXPECT_THAT(shelf.destroyed, testing::UnorderedElementsAre("Persuasion", "Evelina"));
}

TEST_P(Resources, DroppingAHandleDestroysTheObjectOnce) {
  const u32 first = new_book("first");
  const u32 second = new_book("second");
  EXPECT_EQ(guest->store.handles(), 2u);

  EXPECT_THAT(drop(first), Succeeds());
  EXPECT_THAT(shelf.destroyed, testing::ElementsAre("first"));
  EXPECT_EQ(guest->store.handles(), 1u);

  EXPECT_THAT(drop(second), Succeeds());
  EXPECT_THAT(shelf.destroyed, testing::ElementsAre("first", "second"));
  guest.reset();
  EXPECT_EQ(shelf.destroyed.size(), 2u);
}

TEST_P(Resources, TheEndOfAStoreDestroysWhatItsGuestsHold) {
  new_book("first");
  new_book("second");
  must(witness->call<"new(title)", u32(std::string_view)>("elsewhere"));

  guest.reset();

  EXPECT_THAT(shelf.destroyed, testing::ElementsAre("second", "first"));
}

TEST_P(Resources, ATrapLeavesTheObjectsToTheEndOfTheStore) {
  new_book("first");

  EXPECT_THAT((guest->call<"crash", void()>()), Fails(ErrorCode::trap, "unreachable"));
  EXPECT_THAT(shelf.destroyed, testing::IsEmpty());

  guest.reset();
  EXPECT_THAT(shelf.destroyed, testing::ElementsAre("first"));
}

TEST_P(Resources, OwnedBooksGoToTheHostAndComeBack) {
  const u32 book = new_book("travels");

  must(guest->call<"put(book)", void(u32)>(book));
  EXPECT_EQ(guest->store.handles(), 0u);
  ASSERT_EQ(shelf.kept.size(), 1u);
  EXPECT_EQ(shelf.kept[0]->title(), "travels");

  const u32 again = must(guest->call<"take", u32()>());
  EXPECT_THAT(title(again), Gives("travels"));
  EXPECT_THAT(shelf.destroyed, testing::IsEmpty());
}

TEST_P(Resources, ObjectsMayMoveFromOneGuestToAnother) {
  must(guest->call<"put(book)", void(u32)>(new_book("travels")));

  const u32 there = must(witness->call<"take", u32()>());
  guest.reset();

  EXPECT_THAT((witness->call<"title(book)", std::string(u32)>(there)), Gives("travels"));
  EXPECT_THAT(shelf.destroyed, testing::IsEmpty());
}

TEST_P(Resources, TwoInterfacesShareAResource) {
  const u32 book = new_book("Emma");

  EXPECT_THAT((guest->call<"cite(book)", std::string(u32)>(book)), Gives("see Emma"));
}

// ------------------------------------------------------------------------------ inside other types

TEST_P(Resources, OwnedHandlesInsideOfEveryTypeGoBothWays) {
  must(guest->call<"pass-on(baskets)", void(u32)>(3u));

  EXPECT_THAT(shelf.seen, testing::ElementsAre("a0", "no f0", "a1", "b1", "c1", "f1", "a2", "b2",
                                               "b2", "d2", "e2", "no f2"));
  EXPECT_EQ(shelf.destroyed.size(), 10u);
  EXPECT_EQ(guest->store.handles(), 0u);
}

TEST_P(Resources, ExportsTakeAndGiveOwnedHandlesInsideOfEveryType) {
  std::vector<Basket> baskets = shelf.fill(3);

  auto echoed = guest->call<"echo-baskets(baskets)", std::vector<Basket>(std::vector<Basket>)>(
      std::move(baskets));

  ASSERT_THAT(echoed, Succeeds());
  EXPECT_THAT(shelf.destroyed, testing::IsEmpty());
  shelf.empty(*std::move(echoed));
  EXPECT_THAT(shelf.seen, testing::ElementsAre("a0", "no f0", "a1", "b1", "c1", "f1", "a2", "b2",
                                               "b2", "d2", "e2", "no f2"));
}

TEST_P(Resources, AnOwnedHandleGoesThroughAnExportUnchanged) {
  BookPtr book = shelf.make("round trip");
  const Book* const address = book.get();

  auto echoed = guest->call<"echo(book)", BookPtr(BookPtr)>(std::move(book));

  ASSERT_THAT(echoed, Succeeds());
  EXPECT_EQ(echoed->get(), address);
  EXPECT_EQ(guest->store.handles(), 0u);
}

TEST_P(Resources, BorrowsInsideOfAList) {
  const u32 first = new_book("first");
  const u32 second = new_book("second");

  EXPECT_THAT((guest->call<"count-two(a, b)", u32(u32, u32)>(first, second)), Gives(2u));

  EXPECT_THAT(shelf.seen, testing::ElementsAre("first", "second"));
  EXPECT_THAT(title(first), Gives("first"));
}

TEST_P(Resources, TheHostLendsItsOwnObjectsForACall) {
  const BookPtr book = shelf.make("lent");

  EXPECT_THAT((guest->call<"look(book)", void(Borrow<Book>)>(book)), Succeeds());

  EXPECT_THAT(shelf.seen, testing::ElementsAre("lent"));
  EXPECT_EQ(guest->store.handles(), 0u);
  EXPECT_THAT(shelf.destroyed, testing::IsEmpty());
}

TEST_P(Resources, TheHostLendsAListOfObjects) {
  std::vector<BookPtr> books;
  for (const char* title : {"one", "two", "three"}) books.push_back(shelf.make(title));
  std::vector<Borrow<Book>> lent(books.begin(), books.end());

  EXPECT_THAT((guest->call<"look-at-all(books)", void(std::vector<Borrow<Book>>)>(lent)),
              Succeeds());

  EXPECT_THAT(shelf.seen, testing::ElementsAre("one", "two", "three"));
  EXPECT_EQ(guest->store.handles(), 0u);
}

// --------------------------------------------------------------------------------------- wrong use

TEST_P(Resources, AHandleThatNeverWas) {
  for (const u32 handle : {0u, 99u, 0xffff'ffffu}) {
    EXPECT_THAT(title(handle), Fails(ErrorCode::trap, "unknown handle index")) << handle;
    expect_only_this_one_finished();
  }
}

TEST_P(Resources, AHandleThatWasDropped) {
  const u32 book = new_book("gone");
  must(drop(book));
  EXPECT_THAT(title(book), Fails(ErrorCode::trap, "unknown handle index"));
  expect_only_this_one_finished();

  const u32 twice = new_book("gone twice");
  must(drop(twice));
  EXPECT_THAT(drop(twice), Fails(ErrorCode::trap, "unknown handle index"));
  expect_only_this_one_finished();
  EXPECT_THAT(shelf.destroyed, testing::ElementsAre("gone", "gone twice"));
}

TEST_P(Resources, AHandleThatWasGivenAway) {
  const u32 book = new_book("given");
  must(guest->call<"put(book)", void(u32)>(book));
  EXPECT_THAT(title(book), Fails(ErrorCode::trap, "unknown handle index"));
  expect_only_this_one_finished();

  const u32 twice = new_book("twice");
  EXPECT_THAT((guest->call<"merge(a, b)", u32(u32, u32)>(twice, twice)),
              Fails(ErrorCode::trap, "unknown handle index"));
  expect_only_this_one_finished();
  EXPECT_THAT(shelf.destroyed, testing::ElementsAre("twice"));
}

TEST_P(Resources, AnOwnedHandleBesideABadArgumentIsNotLost) {
  const u32 book = new_book("beside");

  EXPECT_THAT((guest->call<"label(book, at, size)", void(u32, u32, u32)>(book, 0xffff'0000u, 1u)),
              Fails(ErrorCode::trap, "pointer out of bounds"));

  EXPECT_THAT(shelf.seen, testing::IsEmpty());
  expect_only_this_one_finished();
  EXPECT_THAT(shelf.destroyed, testing::ElementsAre("beside"));
}

TEST_P(Resources, AHandleOfAnotherType) {
  const u32 law = must(guest->call<"law", u32()>());

  EXPECT_THAT(title(law), Fails(ErrorCode::trap, "handle index"));
  expect_only_this_one_finished();

  const u32 again = must(guest->call<"law", u32()>());
  EXPECT_THAT((guest->call<"put(book)", void(u32)>(again)), Fails(ErrorCode::trap, "handle index"));
  expect_only_this_one_finished();
}

TEST_P(Resources, AHandleOfAnotherInstanceMeansNothingHere) {
  must(witness->call<"new(title)", u32(std::string_view)>("theirs"));
  const u32 theirs = must(witness->call<"new(title)", u32(std::string_view)>("theirs too"));

  EXPECT_THAT(title(theirs), Fails(ErrorCode::trap, "unknown handle index"));

  expect_only_this_one_finished();
}

TEST_P(Resources, ABorrowIsDroppedBeforeTheCallReturns) {
  const BookPtr book = shelf.make("lent");

  EXPECT_THAT((guest->call<"keep-borrowed(book)", void(Borrow<Book>)>(book)),
              Fails(ErrorCode::trap, "borrow handles still remain at the end of the call"));

  EXPECT_EQ(guest->store.handles(), 0u);
  expect_only_this_one_finished();
  EXPECT_EQ(book->title(), "lent");
}

TEST_P(Resources, NothingCannotBeLentOrGiven) {
  EXPECT_THAT((guest->call<"look(book)", void(Borrow<Book>)>(BookPtr())),
              Fails(ErrorCode::host, "the host lent an empty resource"));
  expect_only_this_one_finished();

  EXPECT_THAT((guest->call<"echo(book)", BookPtr(BookPtr)>(nullptr)),
              Fails(ErrorCode::host, "the host gave an empty resource"));
  expect_only_this_one_finished();
}

TEST_P(Resources, ABorrowCannotBeGivenAway) {
  const BookPtr book = shelf.make("lent");

  EXPECT_THAT((guest->call<"give-away-borrowed(book)", void(Borrow<Book>)>(book)),
              Fails(ErrorCode::trap, "cannot lift own resource from a borrow"));

  EXPECT_THAT(shelf.kept, testing::IsEmpty());
  expect_only_this_one_finished();
  EXPECT_EQ(book->title(), "lent");
}

TEST_P(Resources, AnExceptionDuringABorrowLeavesTheObjectWhereItWas) {
  const u32 book = new_book("stays");

  EXPECT_THAT((guest->call<"fail-with(book)", void(u32)>(book)),
              Fails(ErrorCode::host, "fail-with threw: not this one"));

  EXPECT_THAT(shelf.destroyed, testing::IsEmpty());
  expect_only_this_one_finished();
  EXPECT_THAT(shelf.destroyed, testing::ElementsAre("stays"));
}

// ---------------------------------------------------------------------------------------- identity

// A component whose `take` wants a book of its own interface.
std::string imports_laws(std::string_view type_of_cite) {
  return fmt::format(R"((component
    (import "test:shelf/books@0.1.0" (instance $books (export "book" (type (sub resource)))))
    (alias export $books "book" (type $book))
    (import "test:shelf/laws@0.1.0" (instance $laws
      (export "volume" (type $volume (eq $book)))
      (export "book" (type $law (sub resource)))
      (export "cite" (func (param "book" (borrow {})) (result string))))))
  )",
                     type_of_cite);
}

TEST_P(Resources, TypesAreComparedByIdentityNotByName) {
  EXPECT_THAT(linker.prepare(load(linker, imports_laws("$volume"))), Succeeds());

  // Both are called "book" where they are declared.
  EXPECT_THAT(linker.prepare(load(linker, imports_laws("$law"))),
              Fails(ErrorCode::not_linkable, "test:shelf/laws@0.1.0#cite has another type"));
}

TEST_P(Resources, AnInterfaceWithTheResourceUnderAnotherNameStillLinks) {
  // The laws alone, without the interface that declares the volumes: the resource is the same.
  Linker<> own(engine_of_kind(GetParam()));
  must(own.add(laws_interface, host::serve_with(laws)));

  const auto linked = own.prepare(load(own, R"((component
    (import "test:shelf/laws@0.1.0" (instance
      (export "volume" (type $volume (sub resource)))
      (export "cite" (func (param "book" (borrow $volume)) (result string)))))))"));

  EXPECT_THAT(linked, Succeeds());
}

INSTANTIATE_TEST_SUITE_P(Engines, Resources, testing::ValuesIn(engine_kinds), called_by_its_name);

}  // namespace
}  // namespace capstan::seam
