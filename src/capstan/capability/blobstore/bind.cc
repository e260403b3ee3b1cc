#include <capstan/capability/blobstore/bind.h>

#include <capstan/capability/blobstore/body.h>
#include <capstan/host/streams.h>

#include "blobstore_dialects.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

namespace capstan::blobstore {
namespace {

namespace types = wit::wasi::blobstore::types;
namespace containers = wit::wasi::blobstore::container;
namespace stores = wit::wasi::blobstore::blobstore;

// How many names a guest is given at once, whatever it asks for.
constexpr std::uint64_t names_at_once_max = 10'000;

template <typename T>
using Told = std::expected<T, std::string>;

// The interface's error is a text.
template <typename T>
Told<T> told(Outcome<T> outcome) {
  if (!outcome) return std::unexpected(std::move(outcome).error().message);
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return *std::move(outcome);
  }
}

// What a task gives, as `convert` makes it of a reference; a task that is finished needs no
// coroutine.
template <typename T, typename Convert>
auto then_later(Task<T> task, Convert convert) -> Task<std::invoke_result_t<Convert&, T&>> {
  T value = co_await std::move(task);
  co_return convert(value);
}
template <typename T, typename Convert>
auto then(Task<T> task, Convert convert) -> Task<std::invoke_result_t<Convert&, T&>> {
  if (!task.done()) return then_later(std::move(task), std::move(convert));
  T value = task.take();
  return convert(value);
}
template <typename T>
Task<Told<T>> told_later(Task<Outcome<T>> task) {
  return then(std::move(task), [](Outcome<T>& outcome) { return told(std::move(outcome)); });
}

// Counts what a component holds, which outlives calls.
class Handles {
 public:
  explicit Handles(std::uint64_t max) : max_(max) {}

  // One of them; nothing when there are too many.
  static std::shared_ptr<void> take(const std::shared_ptr<Handles>& handles) {
    if (handles->held_.fetch_add(1) < handles->max_)
      return {handles.get(), [handles](void*) { --handles->held_; }};
    --handles->held_;
    return nullptr;
  }
  [[nodiscard]] Error too_many() const {
    return {ErrorKind::full, fmt::format("the component holds {} containers, values and lists, as "
                                         "many as can be: drop some first",
                                         max_)};
  }

 private:
  const std::uint64_t max_;
  std::atomic<std::uint64_t> held_ = 0;
};
using Held = std::shared_ptr<void>;  // owned by one object; shared only for its deleter

capstan::Error stream_error(const Error& error) { return {ErrorCode::host, error.message}; }

// ---------------------------------------------------------------------------------------- streams

class BodyStream final : public host::OutputStream {
 public:
  // The value has it too.
  explicit BodyStream(std::shared_ptr<Body> body) : body_(std::move(body)) {}

  Task<Result<void>> write(Bytes bytes) override {
    return then(body_->write(std::move(bytes)), [](Outcome<void>& written) -> Result<void> {
      if (!written) return std::unexpected(stream_error(written.error()));
      return {};
    });
  }

 private:
  std::shared_ptr<Body> body_;
};

class ReaderStream final : public host::InputStream {
 public:
  explicit ReaderStream(std::unique_ptr<Reader> reader) : reader_(std::move(reader)) {}

  Task<Result<Bytes>> read(std::size_t bytes_max) override {
    return then(reader_->read(bytes_max), [](Outcome<Bytes>& bytes) -> Result<Bytes> {
      if (!bytes) return std::unexpected(stream_error(bytes.error()));
      return *std::move(bytes);
    });
  }

 private:
  std::unique_ptr<Reader> reader_;
};

// ----------------------------------------------------------------------------------------- values

class Outgoing final : public types::OutgoingValue {
 public:
  Outgoing(const Spool::Options& options, Held held)
      : body_(std::make_shared<Body>(options)), held_(std::move(held)) {}
  Outgoing(const Outgoing&) = delete;
  Outgoing& operator=(const Outgoing&) = delete;
  ~Outgoing() override { body_->give_up(); }

  Task<std::expected<std::unique_ptr<host::OutputStream>, std::monostate>>
  outgoing_value_write_body() override {
    using Made = std::expected<std::unique_ptr<host::OutputStream>, std::monostate>;
    if (held_ == nullptr || std::exchange(has_stream_, true))
      return Made(std::unexpected(std::monostate()));
    return Made(std::make_unique<BodyStream>(body_));
  }

  [[nodiscard]] const std::shared_ptr<Body>& body() const { return body_; }
  [[nodiscard]] bool is_held() const { return held_ != nullptr; }

 private:
  std::shared_ptr<Body> body_;  // its stream has it too
  Held held_;
  bool has_stream_ = false;
};

class Incoming final : public types::IncomingValue {
 public:
  Incoming(std::unique_ptr<Reader> reader, Held held)
      : reader_(std::move(reader)), held_(std::move(held)) {}

  Task<std::uint64_t> size() override { return reader_->size(); }

  std::unique_ptr<Reader> take() { return std::move(reader_); }

 private:
  std::unique_ptr<Reader> reader_;
  Held held_;
};

// All that a reader has; its size is known to be bearable.
Task<Told<Bytes>> read_all(std::unique_ptr<Reader> reader) {
  std::vector<std::uint8_t> all;
  all.reserve(reader->size());
  for (;;) {
    auto reading = reader->read(reader->size());
    Outcome<Bytes> piece = co_await std::move(reading);
    if (!piece) co_return std::unexpected(std::move(piece).error().message);
    if (piece->empty()) co_return Bytes(std::move(all));
    if (all.empty() && piece->size() == reader->size()) co_return *std::move(piece);
    all.insert(all.end(), piece->begin(), piece->end());
  }
}

Task<Told<void>> finish(std::unique_ptr<Outgoing> value) {
  auto finishing = value->body()->finish();
  Outcome<void> finished = co_await std::move(finishing);
  co_return told(std::move(finished));
}

class Values final : public types::Host {
 public:
  Values(const BindOptions& options, std::shared_ptr<Handles> handles)
      : options_(options), handles_(std::move(handles)) {}

  Task<std::unique_ptr<types::OutgoingValue>> outgoing_value_new_outgoing_value() override {
    Spool::Options spool;
    spool.bytes_max = options_.waiting_bytes_max;
    auto value = std::make_unique<Outgoing>(spool, Handles::take(handles_));
    if (!value->is_held()) value->body()->refuse(handles_->too_many());
    return std::unique_ptr<types::OutgoingValue>(std::move(value));
  }

  Task<Told<void>> outgoing_value_finish(std::unique_ptr<types::OutgoingValue> value) override {
    // All there are were made here.
    return finish(std::unique_ptr<Outgoing>(static_cast<Outgoing*>(value.release())));
  }

  Task<Told<Bytes>> incoming_value_incoming_value_consume_sync(
      std::unique_ptr<types::IncomingValue> value) override {
    std::unique_ptr<Reader> reader = static_cast<Incoming&>(*value).take();
    if (reader->size() > options_.sync_body_bytes_max)
      return Told<Bytes>(std::unexpected(
          fmt::format("the value has {} bytes, more than the {} that are given at once: use "
                      "incoming-value-consume-async",
                      reader->size(), options_.sync_body_bytes_max)));
    return read_all(std::move(reader));
  }

  Task<Told<std::unique_ptr<host::InputStream>>> incoming_value_incoming_value_consume_async(
      std::unique_ptr<types::IncomingValue> value) override {
    return Told<std::unique_ptr<host::InputStream>>(
        std::make_unique<ReaderStream>(static_cast<Incoming&>(*value).take()));
  }

 private:
  const BindOptions options_;
  std::shared_ptr<Handles> handles_;  // shared with all that is counted
};

// -------------------------------------------------------------------------------------- containers

// One name ahead of the guest, so that it hears of the end with the last name.
class Names final : public containers::StreamObjectNames {
 public:
  Names(std::unique_ptr<Listing> listing, Held held)
      : listing_(std::move(listing)), held_(std::move(held)) {}

  Task<Told<std::tuple<std::vector<std::string>, bool>>> read_stream_object_names(
      std::uint64_t len) override {
    return then(take(std::min(len, names_at_once_max)),
                [this](Outcome<std::vector<std::string>>& names)
                    -> Told<std::tuple<std::vector<std::string>, bool>> {
                  if (!names) return std::unexpected(std::move(names).error().message);
                  return std::tuple(*std::move(names), !ahead_.has_value());
                });
  }

  Task<Told<std::tuple<std::uint64_t, bool>>> skip_stream_object_names(std::uint64_t num) override {
    std::uint64_t skipped = 0;
    do {
      auto taking = take(std::min(num - skipped, names_at_once_max));
      Outcome<std::vector<std::string>> names = co_await std::move(taking);
      if (!names) co_return std::unexpected(std::move(names).error().message);
      skipped += names->size();
    } while (skipped < num && ahead_.has_value());
    co_return std::tuple(skipped, !ahead_.has_value());
  }

 private:
  Task<Outcome<std::vector<std::string>>> take(std::uint64_t count) {
    std::vector<std::string> names;
    if (ahead_ && count > 0) names.push_back(*std::exchange(ahead_, std::nullopt));
    const std::uint64_t wanted = count - names.size() + (ahead_ ? 0 : 1);
    if (at_end_ || wanted == 0) return Outcome<std::vector<std::string>>(std::move(names));
    return then(listing_->next(wanted), [this, wanted, names = std::move(names)](
                                            Outcome<std::vector<std::string>>& more) mutable {
      if (!more) return std::move(more);
      at_end_ = more->size() < wanted;
      if (!at_end_) {
        ahead_ = std::move(more->back());
        more->pop_back();
      }
      std::ranges::move(*more, std::back_inserter(names));
      return Outcome<std::vector<std::string>>(std::move(names));
    });
  }

  std::unique_ptr<Listing> listing_;
  Held held_;
  std::optional<std::string> ahead_;
  bool at_end_ = false;
};

Task<Told<void>> write_data(std::shared_ptr<Container> container, std::string name,
                            std::shared_ptr<Body> body) {
  auto opening = container->write(std::move(name));
  Outcome<std::unique_ptr<Writer>> writer = co_await std::move(opening);
  if (!writer) co_return std::unexpected(std::move(writer).error().message);
  auto sending = body->send_to(*std::move(writer));
  Outcome<void> sent = co_await std::move(sending);
  co_return told(std::move(sent));
}

class Bound final : public containers::Container {
 public:
  Bound(std::shared_ptr<blobstore::Container> container, std::shared_ptr<Handles> handles,
        Held held)
      : container_(std::move(container)), handles_(std::move(handles)), held_(std::move(held)) {}

  Task<Told<std::string>> name() override { return Told<std::string>(container_->name()); }

  Task<Told<types::ContainerMetadata>> info() override {
    return then(container_->info(),
                [](Outcome<ContainerInfo>& info) -> Told<types::ContainerMetadata> {
                  if (!info) return std::unexpected(std::move(info).error().message);
                  return types::ContainerMetadata{.name = std::move(info->name),
                                                  .created_at = info->created_at_s};
                });
  }

  Task<Told<std::unique_ptr<types::IncomingValue>>> get_data(std::string object,
                                                             std::uint64_t start,
                                                             std::uint64_t end) override {
    using Made = Told<std::unique_ptr<types::IncomingValue>>;
    Held held = Handles::take(handles_);
    if (held == nullptr) return Made(std::unexpected(handles_->too_many().message));
    return then(container_->read(std::move(object), Range(start, end)),
                [held = std::move(held)](Outcome<std::unique_ptr<Reader>>& reader) -> Made {
                  if (!reader) return std::unexpected(std::move(reader).error().message);
                  return std::make_unique<Incoming>(*std::move(reader), held);
                });
  }

  Task<Told<void>> write_data(std::string object, types::OutgoingValue& data) override {
    return blobstore::write_data(container_, std::move(object),
                                 static_cast<Outgoing&>(data).body());
  }

  Task<Told<std::unique_ptr<containers::StreamObjectNames>>> list_objects() override {
    using Made = Told<std::unique_ptr<containers::StreamObjectNames>>;
    Held held = Handles::take(handles_);
    if (held == nullptr) return Made(std::unexpected(handles_->too_many().message));
    return then(container_->list(),
                [held = std::move(held)](Outcome<std::unique_ptr<Listing>>& listing) -> Made {
                  if (!listing) return std::unexpected(std::move(listing).error().message);
                  return std::make_unique<Names>(*std::move(listing), held);
                });
  }

  Task<Told<void>> delete_object(std::string object) override {
    std::vector<std::string> objects;
    objects.push_back(std::move(object));
    return told_later(container_->remove(std::move(objects)));
  }
  Task<Told<void>> delete_objects(std::vector<std::string> objects) override {
    return told_later(container_->remove(std::move(objects)));
  }
  Task<Told<bool>> has_object(std::string object) override {
    return told_later(container_->has(std::move(object)));
  }

  Task<Told<types::ObjectMetadata>> object_info(std::string object) override {
    return then(container_->object_info(std::move(object)),
                [](Outcome<ObjectInfo>& info) -> Told<types::ObjectMetadata> {
                  if (!info) return std::unexpected(std::move(info).error().message);
                  return types::ObjectMetadata{.name = std::move(info->name),
                                               .container = std::move(info->container),
                                               .created_at = info->created_at_s,
                                               .size = info->size_bytes};
                });
  }

  Task<Told<void>> clear() override { return told_later(container_->clear()); }

 private:
  std::shared_ptr<blobstore::Container> container_;  // shared with calls that are under way
  std::shared_ptr<Handles> handles_;                 // shared with all that is counted
  Held held_;
};

// ------------------------------------------------------------------------------------------ store

class Bucket final : public stores::Host {
 public:
  // `store` is shared with the embedder.
  Bucket(std::shared_ptr<Store> store, std::shared_ptr<Handles> handles)
      : store_(std::move(store)), handles_(std::move(handles)) {}

  Task<Told<std::unique_ptr<containers::Container>>> create_container(std::string name) override {
    return bound(store_->create(std::move(name)));
  }
  Task<Told<std::unique_ptr<containers::Container>>> get_container(std::string name) override {
    return bound(store_->get(std::move(name)));
  }
  Task<Told<void>> delete_container(std::string name) override {
    return told_later(store_->remove(std::move(name)));
  }
  Task<Told<bool>> container_exists(std::string name) override {
    return told_later(store_->exists(std::move(name)));
  }
  Task<Told<void>> copy_object(types::ObjectId src, types::ObjectId dest) override {
    return told_later(store_->copy(ours(std::move(src)), ours(std::move(dest))));
  }
  Task<Told<void>> move_object(types::ObjectId src, types::ObjectId dest) override {
    return told_later(store_->move(ours(std::move(src)), ours(std::move(dest))));
  }

 private:
  static ObjectId ours(types::ObjectId id) {
    return {std::move(id.container), std::move(id.object)};
  }
  Task<Told<std::unique_ptr<containers::Container>>> bound(
      Task<Outcome<std::shared_ptr<Container>>> opening) {
    using Made = Told<std::unique_ptr<containers::Container>>;
    Held held = Handles::take(handles_);
    if (held == nullptr) return Made(std::unexpected(handles_->too_many().message));
    return then(std::move(opening),
                [handles = handles_,
                 held = std::move(held)](Outcome<std::shared_ptr<Container>>& container) -> Made {
                  if (!container) return std::unexpected(std::move(container).error().message);
                  return std::make_unique<Bound>(*std::move(container), handles, held);
                });
  }

  std::shared_ptr<Store> store_;
  std::shared_ptr<Handles> handles_;  // shared with all that is counted
};

}  // namespace

Result<void> bind(LinkerBase& linker, const std::shared_ptr<Store>& store,
                  const BindOptions& options) {
  const auto suspends =
      store->waits() == Waits::never ? host::Suspends::never : host::Suspends::maybe;
  const auto handles = std::make_shared<Handles>(options.handles_max);
  host::Provider for_containers;
  for_containers.suspends = suspends;
  CAPSTAN_TRY_VOID(linker.add(
      types::shape,
      host::serve_shared<types::Host>(std::make_shared<Values>(options, handles), suspends)));
  CAPSTAN_TRY_VOID(linker.add(containers::shape, for_containers));
  return linker.add(stores::shape, host::serve_shared<stores::Host>(
                                       std::make_shared<Bucket>(store, handles), suspends));
}

}  // namespace capstan::blobstore
