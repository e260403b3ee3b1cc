// wasi:keyvalue@0.2.0-draft. Its counters are the same 8 bytes, read as a number without a sign.
#include <capstan/capability/keyvalue/bind_dialects.h>
#include <capstan/capability/keyvalue/bind_draft.h>

#include <fmt/format.h>

#include <limits>

namespace capstan::keyvalue {

namespace {

namespace wasi = wit::wasi::keyvalue_0_2_0_draft;

template <typename T>
using Answer = Task<std::expected<T, wasi::store::Error>>;

class StoreHost final : public wasi::store::Host {
 public:
  // `store` and `handles` are shared with the other dialects.
  explicit StoreHost(const Dialects& dialects)
      : store_(dialects.store), handles_(dialects.handles) {}

  Answer<std::unique_ptr<wasi::store::Bucket>> open(std::string identifier) override {
    return open_in<Draft, DraftBucket>(*store_, handles_, std::move(identifier), cursors_);
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
    if (auto wrong = DraftBucket::refused(key)) return std::unexpected(*std::move(wrong));
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
