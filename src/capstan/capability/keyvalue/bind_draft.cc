// wasi:keyvalue@0.2.0-draft. Its counters are the same 8 bytes, read as a number without a sign.
#include <capstan/capability/keyvalue/bind_dialects.h>
#include <capstan/capability/keyvalue/bind_wasi.h>
#include <capstan/capability/keyvalue/cursor_table.h>

#include "keyvalue_dialects.h"

#include <fmt/format.h>

#include <limits>

namespace capstan::keyvalue {

namespace wasi = wit::wasi::keyvalue_0_2_0_draft;

struct Draft {
  using StoreHost = wasi::store::Host;
  using Bucket = wasi::store::Bucket;
  using Error = wasi::store::Error;
  using KeyResponse = wasi::store::KeyResponse;
  using BatchHost = wasi::batch::Host;
};

namespace {

template <typename T>
using Answer = Task<std::expected<T, wasi::store::Error>>;

class OpenBucket final : public WasiBucket<Draft> {
 public:
  // `cursors` are shared by all buckets of a component.
  OpenBucket(std::shared_ptr<keyvalue::Bucket> bucket, Handles::Held held,
             std::shared_ptr<CursorTable> cursors)
      : WasiBucket(std::move(bucket), std::move(held)), cursors_(std::move(cursors)) {}

  Answer<wasi::store::KeyResponse> list_keys(std::optional<std::uint64_t> cursor) override {
    std::optional<std::string> known;
    if (cursor) {
      known = cursors_->find(*cursor);
      if (!known)
        return std::unexpected(wasi::store::Error::other(
            fmt::format("{} is no cursor of this bucket: list again from the start", *cursor)));
    }
    return then(bucket()->list(std::move(known)),
                [cursors = cursors_](Outcome<Page>&& page)
                    -> std::expected<wasi::store::KeyResponse, wasi::store::Error> {
                  if (!page) return std::unexpected(error_in<Draft>(std::move(page).error()));
                  wasi::store::KeyResponse response{std::move(page->keys), std::nullopt};
                  if (page->next) response.cursor = cursors->number_of(*std::move(page->next));
                  return response;
                });
  }

 private:
  std::shared_ptr<CursorTable> cursors_;
};

class StoreHost final : public wasi::store::Host {
 public:
  // `store` and `handles` are shared with the other dialects.
  explicit StoreHost(const Dialects& dialects)
      : store_(dialects.store), handles_(dialects.handles) {}

  Answer<std::unique_ptr<wasi::store::Bucket>> open(std::string identifier) override {
    return open_in<Draft, OpenBucket>(*store_, handles_, std::move(identifier), cursors_);
  }

 private:
  std::shared_ptr<Store> store_;
  std::shared_ptr<Handles> handles_;
  std::shared_ptr<CursorTable> cursors_ = std::make_shared<CursorTable>();
};

class AtomicsHost final : public wasi::atomics::Host {
 public:
  Answer<std::uint64_t> increment(wasi::store::Bucket& bucket, std::string key,
                                  std::uint64_t delta) override {
    if (auto wrong = OpenBucket::refused(key)) return std::unexpected(*std::move(wrong));
    if (delta > std::uint64_t{std::numeric_limits<std::int64_t>::max()})
      return std::unexpected(wasi::store::Error::other(
          fmt::format("{} is too much to add at once: counters have 63 bits", delta)));
    auto adding =
        bucket_of<Draft>(bucket)->increment(std::move(key), static_cast<std::int64_t>(delta));
    return then(
        std::move(adding),
        [](Outcome<std::int64_t>&& sum) -> std::expected<std::uint64_t, wasi::store::Error> {
          if (!sum) return std::unexpected(error_in<Draft>(std::move(sum).error()));
          return static_cast<std::uint64_t>(*sum);
        });
  }
};

}  // namespace

Result<void> bind_draft(const Dialects& dialects) {
  CAPSTAN_TRY_VOID(
      dialects.add<wasi::store::Host>(wasi::store::shape, std::make_shared<StoreHost>(dialects)));
  CAPSTAN_TRY_VOID(
      dialects.add<wasi::atomics::Host>(wasi::atomics::shape, std::make_shared<AtomicsHost>()));
  return dialects.add<wasi::batch::Host>(wasi::batch::shape, std::make_shared<WasiBatch<Draft>>());
}

}  // namespace capstan::keyvalue
