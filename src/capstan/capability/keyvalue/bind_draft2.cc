// wasi:keyvalue@0.2.0-draft2.
#include <capstan/capability/keyvalue/bind_dialects.h>
#include <capstan/capability/keyvalue/bind_draft2.h>

namespace capstan::keyvalue {

namespace {

namespace wasi = wit::wasi::keyvalue_0_2_0_draft2;

template <typename T>
using Answer = Task<std::expected<T, wasi::store::Error>>;

class StoreHost final : public wasi::store::Host {
 public:
  // `store` and `handles` are shared with the other dialects.
  explicit StoreHost(const Dialects& dialects)
      : store_(dialects.store), handles_(dialects.handles) {}

  Answer<std::unique_ptr<wasi::store::Bucket>> open(std::string identifier) override {
    return open_in<Draft2, Draft2Bucket>(*store_, handles_, std::move(identifier));
  }

 private:
  std::shared_ptr<Store> store_;
  std::shared_ptr<Handles> handles_;
};

// A look at one key, and what has to be known to look again.
struct Look {
  std::shared_ptr<Bucket> bucket;  // shared with handles to it
  std::string key;
  Observed seen;
  Handles::Held held;

  Look(std::shared_ptr<Bucket> at, std::string at_key, Observed what, Handles::Held as)
      : bucket(std::move(at)), key(std::move(at_key)), seen(std::move(what)), held(std::move(as)) {}
};

class OpenCas final : public wasi::atomics::Cas {
 public:
  explicit OpenCas(Look look) : look_(std::move(look)) {}

  Answer<std::optional<Bytes>> current() override {
    return std::expected<std::optional<Bytes>, wasi::store::Error>(look_.seen.value);
  }
  Look& look() { return look_; }

 private:
  Look look_;
};

using wasi::atomics::CasError;
using Swapped = std::expected<void, CasError>;
using NewCas = std::expected<std::unique_ptr<wasi::atomics::Cas>, wasi::store::Error>;

Task<NewCas> look_at(std::shared_ptr<Handles> handles, std::shared_ptr<Bucket> bucket,
                     std::string key) {
  auto observing = bucket->observe(key);
  return then(std::move(observing),
              [handles = std::move(handles), bucket = std::move(bucket),
               key = std::move(key)](Outcome<Observed>&& seen) mutable -> NewCas {
                if (!seen) return std::unexpected(error_in<Draft2>(std::move(seen).error()));
                auto held = Handles::hold(handles, seen->value ? seen->value->size() : 0);
                if (!held) return std::unexpected(error_in<Draft2>(std::move(held).error()));
                return std::make_unique<OpenCas>(
                    Look(std::move(bucket), std::move(key), *std::move(seen), *std::move(held)));
              });
}

class AtomicsHost final : public wasi::atomics::Host {
 public:
  // `handles` are shared with the other dialects.
  explicit AtomicsHost(std::shared_ptr<Handles> handles) : handles_(std::move(handles)) {}

  Task<NewCas> cas_new(wasi::store::Bucket& bucket, std::string key) override {
    if (auto wrong = Draft2Bucket::refused(key)) return std::unexpected(*std::move(wrong));
    return look_at(handles_, bucket_of<Draft2>(bucket), std::move(key));
  }

  Answer<std::int64_t> increment(wasi::store::Bucket& bucket, std::string key,
                                 std::int64_t delta) override {
    if (auto wrong = Draft2Bucket::refused(key)) return std::unexpected(*std::move(wrong));
    return task_in<Draft2>(bucket_of<Draft2>(bucket)->increment(std::move(key), delta));
  }

  Task<Swapped> swap(std::unique_ptr<wasi::atomics::Cas> cas, Bytes value) override {
    // The old look ends before the fresh one counts.
    auto look = std::move(static_cast<OpenCas&>(*cas).look());
    cas.reset();
    look.held = Handles::Held();
    auto swapping = look.bucket->swap(look.key, std::move(look.seen), std::move(value));
    if (!swapping.done())
      return swapped_later(std::move(swapping), handles_, std::move(look.bucket),
                           std::move(look.key));
    Outcome<bool> swapped = swapping.take();
    if (!swapped) return failed(std::move(swapped).error());
    if (*swapped) return Swapped();
    return then(look_at(handles_, std::move(look.bucket), std::move(look.key)), &stale);
  }

 private:
  static Task<Swapped> swapped_later(Task<Outcome<bool>> swapping, std::shared_ptr<Handles> handles,
                                     std::shared_ptr<Bucket> bucket, std::string key) {
    Outcome<bool> swapped = co_await std::move(swapping);
    if (!swapped) co_return failed(std::move(swapped).error());
    if (*swapped) co_return Swapped();
    Task<NewCas> looking = look_at(std::move(handles), std::move(bucket), std::move(key));
    NewCas fresh = co_await std::move(looking);
    co_return stale(std::move(fresh));
  }

  static Swapped failed(Error error) {
    return std::unexpected(CasError::store_error(error_in<Draft2>(std::move(error))));
  }
  static Swapped stale(NewCas fresh) {
    if (!fresh) return std::unexpected(CasError::store_error(std::move(fresh).error()));
    return std::unexpected(CasError::cas_failed(*std::move(fresh)));
  }

  std::shared_ptr<Handles> handles_;
};

}  // namespace

Result<void> bind_draft2(const Dialects& dialects) {
  CAPSTAN_TRY_VOID(
      dialects.add<wasi::store::Host>(wasi::store::shape, std::make_shared<StoreHost>(dialects)));
  CAPSTAN_TRY_VOID(dialects.add<wasi::atomics::Host>(
      wasi::atomics::shape, std::make_shared<AtomicsHost>(dialects.handles)));
  return dialects.add<wasi::batch::Host>(wasi::batch::shape, std::make_shared<WasiBatch<Draft2>>());
}

}  // namespace capstan::keyvalue
