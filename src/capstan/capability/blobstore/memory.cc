#include <capstan/capability/blobstore/memory.h>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>

namespace capstan::blobstore {
namespace {

// What a map's node and an object take beside name and content, about.
constexpr std::uint64_t entry_overhead_bytes = 256;
// Small writes are gathered into pieces of this size.
constexpr std::size_t piece_bytes = 64 * 1024;

std::uint64_t now_s() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

// Counts what is stored. Its own lock: contents end wherever their last reader does.
class Room {
 public:
  Room(std::uint64_t max, std::string_view unit) : max_(max), unit_(unit) {}

  [[nodiscard]] Outcome<void> take(std::uint64_t count) {
    const std::lock_guard lock(mutex_);
    if (count > max_ || used_ > max_ - count)
      return std::unexpected(Error(
          ErrorKind::full,
          fmt::format("the blobstore is full: it holds at most {} {} in memory", max_, unit_)));
    used_ += count;
    return {};
  }
  void give_back(std::uint64_t count) {
    const std::lock_guard lock(mutex_);
    used_ -= count;
  }

 private:
  std::mutex mutex_;
  const std::uint64_t max_;
  const std::string_view unit_;
  std::uint64_t used_ = 0;
};

// The bytes of one object: filled by one writer, then never changed, and shared by the store and
// all readers. Gives its room back when the last of them lets go.
class Content {
 public:
  explicit Content(std::shared_ptr<Room> room) : room_(std::move(room)) {}
  Content(const Content&) = delete;
  Content& operator=(const Content&) = delete;
  ~Content() { room_->give_back(size_); }

  [[nodiscard]] std::uint64_t size() const { return size_; }

  [[nodiscard]] Outcome<void> append(Bytes bytes) {
    if (auto room = room_->take(bytes.size()); !room) return room;
    size_ += bytes.size();
    if (building_.empty() && bytes.size() >= piece_bytes / 2) {
      add(std::move(bytes));
      return {};
    }
    building_.insert(building_.end(), bytes.begin(), bytes.end());
    if (building_.size() >= piece_bytes) seal();
    return {};
  }
  // What was gathered becomes a piece.
  void seal() {
    if (!building_.empty()) add(Bytes(std::exchange(building_, {})));
  }

  // Some bytes at `offset`, which is before the end; a whole piece is not copied.
  [[nodiscard]] Bytes at(std::uint64_t offset, std::uint64_t bytes_max) const {
    const auto next = std::ranges::upper_bound(pieces_, offset, {}, &Piece::offset);
    const Piece& piece = *(next - 1);
    const std::uint64_t inside = offset - piece.offset;
    const std::uint64_t size = std::min(bytes_max, piece.bytes.size() - inside);
    if (size == piece.bytes.size()) return piece.bytes;
    return Bytes::copy_of(piece.bytes.view().subspan(inside, size));
  }

 private:
  struct Piece {
    std::uint64_t offset;
    Bytes bytes;
  };
  void add(Bytes bytes) {
    const std::uint64_t offset =
        pieces_.empty() ? 0 : pieces_.back().offset + pieces_.back().bytes.size();
    pieces_.push_back({offset, std::move(bytes)});
  }

  std::shared_ptr<Room> room_;  // shared with the store
  std::uint64_t size_ = 0;
  std::vector<Piece> pieces_;
  std::vector<std::uint8_t> building_;
};

struct Object {
  std::shared_ptr<const Content> content;  // owned by the store and its readers
  std::uint64_t created_at_s = 0;
};

struct Objects {
  std::uint64_t created_at_s = 0;
  std::map<std::string, Object, std::less<>> objects;
};

// Shared by the store, its containers, writers and lists.
class Memory {
 public:
  explicit Memory(const MemoryOptions& options)
      : bytes(std::make_shared<Room>(options.bytes_max, "bytes")),
        entries(options.objects_max, "objects"),
        containers_max(options.containers_max) {}

  // Those of a container, or nullptr; the caller holds the mutex.
  Objects* find(std::string_view name) {
    const auto found = containers.find(name);
    return found == containers.end() ? nullptr : &found->second;
  }

  // Room for an entry of that name.
  Outcome<void> take_entry(std::string_view name) {
    if (auto room = entries.take(1); !room) return room;
    auto room = bytes->take(entry_overhead_bytes + name.size());
    if (!room) entries.give_back(1);
    return room;
  }
  void give_back_entry(std::string_view name) {
    entries.give_back(1);
    bytes->give_back(entry_overhead_bytes + name.size());
  }

  // Puts an object into a container that is there.
  Outcome<void> put(Objects& into, std::string_view name, Object object) {
    const auto found = into.objects.find(name);
    if (found != into.objects.end()) {
      found->second = std::move(object);
      return {};
    }
    if (auto room = take_entry(name); !room) return room;
    into.objects.emplace(name, std::move(object));
    return {};
  }
  void erase(Objects& from, std::string_view name) {
    const auto found = from.objects.find(name);
    if (found == from.objects.end()) return;
    from.objects.erase(found);
    give_back_entry(name);
  }
  void clear(Objects& objects) {
    for (const auto& [name, object] : objects.objects) give_back_entry(name);
    objects.objects.clear();
  }

  std::mutex mutex;
  const std::shared_ptr<Room> bytes;  // shared with contents, which outlive this in readers
  Room entries;
  const std::uint64_t containers_max;
  std::map<std::string, Objects, std::less<>> containers;
};

class MemoryReader final : public Reader {
 public:
  MemoryReader(std::shared_ptr<const Content> content, Span span)
      : content_(std::move(content)), size_(span.size), at_(span.offset), left_(span.size) {}

  std::uint64_t size() const override { return size_; }
  Task<Outcome<Bytes>> read(std::size_t bytes_max) override {
    if (left_ == 0 || bytes_max == 0) return Outcome<Bytes>();
    Bytes bytes = content_->at(at_, std::min<std::uint64_t>(left_, bytes_max));
    at_ += bytes.size();
    left_ -= bytes.size();
    return Outcome<Bytes>(std::move(bytes));
  }

 private:
  std::shared_ptr<const Content> content_;
  std::uint64_t size_;
  std::uint64_t at_;
  std::uint64_t left_;
};

class MemoryWriter final : public Writer {
 public:
  MemoryWriter(std::shared_ptr<Memory> memory, ObjectId id)
      : memory_(std::move(memory)),
        id_(std::move(id)),
        content_(std::make_shared<Content>(memory_->bytes)) {}

  Task<Outcome<void>> write(Bytes bytes) override { return content_->append(std::move(bytes)); }

  Task<Outcome<void>> commit() override {
    content_->seal();
    Object object{.content = std::move(content_), .created_at_s = now_s()};
    const std::lock_guard lock(memory_->mutex);
    Objects* objects = memory_->find(id_.container);
    if (objects == nullptr) return Outcome<void>(std::unexpected(no_such_container(id_.container)));
    return memory_->put(*objects, id_.object, std::move(object));
  }

 private:
  std::shared_ptr<Memory> memory_;
  ObjectId id_;
  std::shared_ptr<Content> content_;  // this one's until it is committed
};

class MemoryListing final : public Listing {
 public:
  MemoryListing(std::shared_ptr<Memory> memory, std::string container)
      : memory_(std::move(memory)), container_(std::move(container)) {}

  Task<Outcome<std::vector<std::string>>> next(std::size_t names_max) override {
    Outcome<std::vector<std::string>> names;
    const std::lock_guard lock(memory_->mutex);
    const Objects* objects = memory_->find(container_);
    if (objects == nullptr)
      return Outcome<std::vector<std::string>>(std::unexpected(no_such_container(container_)));
    auto at = objects->objects.upper_bound(last_);
    for (; at != objects->objects.end() && names->size() < names_max; ++at)
      names->push_back(at->first);
    if (!names->empty()) last_ = names->back();
    return names;
  }

 private:
  std::shared_ptr<Memory> memory_;
  std::string container_;
  std::string last_;  // no object is called ""
};

class MemoryContainer final : public Container {
 public:
  // `memory` is owned by the store and whatever it gave out.
  MemoryContainer(std::shared_ptr<Memory> memory, std::string name)
      : memory_(std::move(memory)), name_(std::move(name)) {}

  std::string name() const override { return name_; }

  Task<Outcome<ContainerInfo>> info() override {
    return with_objects<ContainerInfo>([&](Objects& objects) -> Outcome<ContainerInfo> {
      return ContainerInfo{.name = name_, .created_at_s = objects.created_at_s};
    });
  }

  Task<Outcome<std::unique_ptr<Reader>>> read(std::string object, Range range) override {
    return with_object<std::unique_ptr<Reader>>(
        object, [&](const Object& found) -> Outcome<std::unique_ptr<Reader>> {
          const auto span = resolve(range, found.content->size());
          if (!span) return std::unexpected(span.error());
          return std::make_unique<MemoryReader>(found.content, *span);
        });
  }

  Task<Outcome<std::unique_ptr<Writer>>> write(std::string object) override {
    using Made = Outcome<std::unique_ptr<Writer>>;
    if (auto named = check_name("object", object); !named)
      return Made(std::unexpected(std::move(named).error()));
    return with_objects<std::unique_ptr<Writer>>([&](Objects&) -> Made {
      return std::make_unique<MemoryWriter>(memory_, ObjectId(name_, std::move(object)));
    });
  }

  Task<Outcome<std::unique_ptr<Listing>>> list() override {
    return with_objects<std::unique_ptr<Listing>>(
        [&](Objects&) -> Outcome<std::unique_ptr<Listing>> {
          return std::make_unique<MemoryListing>(memory_, name_);
        });
  }

  Task<Outcome<void>> remove(std::vector<std::string> names) override {
    return with_objects<void>([&](Objects& objects) -> Outcome<void> {
      for (const std::string& name : names) memory_->erase(objects, name);
      return {};
    });
  }

  Task<Outcome<bool>> has(std::string object) override {
    return with_objects<bool>(
        [&](Objects& objects) -> Outcome<bool> { return objects.objects.contains(object); });
  }

  Task<Outcome<ObjectInfo>> object_info(std::string object) override {
    return with_object<ObjectInfo>(object, [&](const Object& found) -> Outcome<ObjectInfo> {
      return ObjectInfo{.name = object,
                        .container = name_,
                        .created_at_s = found.created_at_s,
                        .size_bytes = found.content->size()};
    });
  }

  Task<Outcome<void>> clear() override {
    return with_objects<void>([&](Objects& objects) -> Outcome<void> {
      memory_->clear(objects);
      return {};
    });
  }

 private:
  template <typename T, typename Use>
  Outcome<T> with_objects(Use use) {
    const std::lock_guard lock(memory_->mutex);
    Objects* objects = memory_->find(name_);
    if (objects == nullptr) return std::unexpected(no_such_container(name_));
    return use(*objects);
  }
  template <typename T, typename Use>
  Outcome<T> with_object(const std::string& name, Use use) {
    return with_objects<T>([&](Objects& objects) -> Outcome<T> {
      const auto found = objects.objects.find(name);
      if (found == objects.objects.end()) return std::unexpected(no_such_object(name));
      return use(found->second);
    });
  }

  std::shared_ptr<Memory> memory_;
  std::string name_;
};

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(const MemoryOptions& options) : memory_(std::make_shared<Memory>(options)) {}

  Waits waits() const override { return Waits::never; }

  Task<Outcome<std::shared_ptr<Container>>> create(std::string name) override {
    using Made = Outcome<std::shared_ptr<Container>>;
    if (auto named = check_name("container", name); !named)
      return Made(std::unexpected(std::move(named).error()));
    const std::lock_guard lock(memory_->mutex);
    if (memory_->find(name) == nullptr) {
      if (memory_->containers.size() >= memory_->containers_max)
        return Made(std::unexpected(
            Error(ErrorKind::full,
                  fmt::format("the blobstore is full: it holds at most {} containers in memory",
                              memory_->containers_max))));
      if (auto room = memory_->bytes->take(entry_overhead_bytes + name.size()); !room)
        return Made(std::unexpected(std::move(room).error()));
      memory_->containers.emplace(name, Objects{.created_at_s = now_s(), .objects = {}});
    }
    return container(std::move(name));
  }

  Task<Outcome<std::shared_ptr<Container>>> get(std::string name) override {
    const std::lock_guard lock(memory_->mutex);
    if (memory_->find(name) == nullptr)
      return Outcome<std::shared_ptr<Container>>(std::unexpected(no_such_container(name)));
    return container(std::move(name));
  }

  Task<Outcome<void>> remove(std::string name) override {
    const std::lock_guard lock(memory_->mutex);
    if (Objects* objects = memory_->find(name); objects != nullptr) {
      memory_->clear(*objects);
      memory_->containers.erase(name);
      memory_->bytes->give_back(entry_overhead_bytes + name.size());
    }
    return Outcome<void>();
  }

  Task<Outcome<bool>> exists(std::string name) override {
    const std::lock_guard lock(memory_->mutex);
    return Outcome<bool>(memory_->find(name) != nullptr);
  }

  Task<Outcome<void>> copy(ObjectId from, ObjectId to) override {
    return transfer(from, to, Source::stays);
  }
  Task<Outcome<void>> move(ObjectId from, ObjectId to) override {
    return transfer(from, to, Source::goes);
  }

 private:
  Outcome<std::shared_ptr<Container>> container(std::string name) {
    return std::make_shared<MemoryContainer>(memory_, std::move(name));
  }

  enum class Source : std::uint8_t { stays, goes };

  // Both at once, for all others: the content is shared.
  Outcome<void> transfer(const ObjectId& from, const ObjectId& to, Source fate) {
    if (auto named = check_name("object", to.object); !named) return named;
    const std::lock_guard lock(memory_->mutex);
    Objects* source = memory_->find(from.container);
    if (source == nullptr) return std::unexpected(no_such_container(from.container));
    Objects* target = memory_->find(to.container);
    if (target == nullptr) return std::unexpected(no_such_container(to.container));
    const auto found = source->objects.find(from.object);
    if (found == source->objects.end()) return std::unexpected(no_such_object(from.object));
    if (from == to) return {};
    Object object{.content = found->second.content,
                  .created_at_s = fate == Source::goes ? found->second.created_at_s : now_s()};
    if (auto stored = memory_->put(*target, to.object, std::move(object)); !stored) return stored;
    if (fate == Source::goes) memory_->erase(*source, from.object);
    return {};
  }

  std::shared_ptr<Memory> memory_;
};

}  // namespace

Result<std::shared_ptr<Store>> connect_with(const MemoryOptions& options) {
  return std::make_shared<MemoryStore>(options);
}

}  // namespace capstan::blobstore
