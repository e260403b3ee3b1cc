#include <capstan/capability/keyvalue/file.h>

#include <capstan/keyfiles/folder.h>
#include <capstan/keyfiles/names.h>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <mutex>
#include <type_traits>
#include <utility>

namespace capstan::keyvalue {
namespace {

using keyfiles::ByteVector;
using keyfiles::Folder;

Error to_error(keyfiles::Failure failure) {
  switch (failure.kind) {
    case keyfiles::FailureKind::no_such_store:
      return {ErrorKind::no_such_store, std::move(failure.message)};
    case keyfiles::FailureKind::access_denied:
      return {ErrorKind::access_denied, std::move(failure.message)};
    case keyfiles::FailureKind::other:
      break;
  }
  return {ErrorKind::other, std::move(failure.message)};
}

template <typename T>
Outcome<T> outcome(keyfiles::Outcome<T> from) {
  if (!from) return std::unexpected(to_error(std::move(from).error()));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return *std::move(from);
  }
}

// "INODE.TIME.SIZE"; empty for a key that was not there.
std::string revision_of(const std::optional<keyfiles::Stamp>& stamp) {
  if (!stamp) return {};
  return fmt::format("{}.{}.{}", stamp->inode, stamp->modified_ns, stamp->size);
}

template <typename Number>
bool take_number(std::string_view& text, Number& number) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  if (text.starts_with('.')) text.remove_prefix(1);
  return true;
}

keyfiles::Seen seen_of(Observed observed) {
  keyfiles::Seen seen;
  if (observed.value) seen.value = std::move(*observed.value).take();
  std::string_view text = observed.revision;
  keyfiles::Stamp stamp;
  if (take_number(text, stamp.inode) && take_number(text, stamp.modified_ns) &&
      take_number(text, stamp.size))
    seen.stamp = stamp;
  return seen;
}

std::optional<std::uint64_t> place_of_cursor(const std::optional<std::string>& cursor) {
  if (!cursor) return 0;
  std::uint64_t place = 0;
  std::string_view text = *cursor;
  if (!take_number(text, place) || !text.empty()) return std::nullopt;
  return place;
}

// A bucket's folder. All but listing keeps nothing between two calls, so that calls need no lock.
struct OpenFolder {
  explicit OpenFolder(Folder opened) : folder(std::move(opened)) {}
  Folder folder;
  std::mutex listing;

  Outcome<Page> list(const std::optional<std::string>& cursor) {
    const auto from = place_of_cursor(cursor);
    if (!from)
      return std::unexpected(
          Error{ErrorKind::other, fmt::format("'{}' is no cursor of this bucket: list again from "
                                              "the start",
                                              *cursor)});
    const std::lock_guard lock(listing);
    auto page = folder.list(*from);
    if (!page) return std::unexpected(to_error(std::move(page).error()));
    Page result{.keys = std::move(page->keys), .next = std::nullopt};
    if (page->next) result.next = std::to_string(*page->next);
    return result;
  }

  Outcome<std::optional<Bytes>> get(const std::string& key) const {
    auto value = folder.get(key);
    if (!value) return std::unexpected(to_error(std::move(value).error()));
    if (!*value) return std::nullopt;
    return Bytes(**std::move(value));
  }
};

class FileBucket final : public Bucket {
 public:
  // The folder is shared with work that still runs when the bucket has ended; the pool with all.
  FileBucket(std::shared_ptr<OpenFolder> folder, std::shared_ptr<BlockingPool> pool)
      : open_(std::move(folder)), pool_(std::move(pool)) {}

  Task<Outcome<std::optional<Bytes>>> get(std::string key) override {
    return run([key = std::move(key)](OpenFolder& open) { return open.get(key); });
  }
  Task<Outcome<void>> set(std::string key, Bytes value) override {
    return run([key = std::move(key), value = std::move(value)](OpenFolder& open) {
      return outcome(open.folder.set(key, value.view()));
    });
  }
  Task<Outcome<bool>> insert(std::string key, Bytes value) override {
    return run([key = std::move(key), value = std::move(value)](OpenFolder& open) {
      return outcome(open.folder.insert(key, value.view()));
    });
  }
  Task<Outcome<bool>> remove(std::string key) override {
    return run(
        [key = std::move(key)](OpenFolder& open) { return outcome(open.folder.remove(key)); });
  }
  Task<Outcome<bool>> exists(std::string key) override {
    return run(
        [key = std::move(key)](OpenFolder& open) { return outcome(open.folder.exists(key)); });
  }
  Task<Outcome<Page>> list(std::optional<std::string> cursor) override {
    return run([cursor = std::move(cursor)](OpenFolder& open) { return open.list(cursor); });
  }
  Task<Outcome<void>> clear() override {
    return run([](OpenFolder& open) { return outcome(open.folder.clear()); });
  }
  Task<Outcome<std::int64_t>> increment(std::string key, std::int64_t delta) override {
    return run([key = std::move(key), delta](OpenFolder& open) {
      return outcome(open.folder.increment(key, delta));
    });
  }
  Task<Outcome<Observed>> observe(std::string key) override {
    return run([key = std::move(key)](OpenFolder& open) -> Outcome<Observed> {
      auto seen = open.folder.observe(key);
      if (!seen) return std::unexpected(to_error(std::move(seen).error()));
      Observed observed{.value = std::nullopt, .revision = revision_of(seen->stamp)};
      if (seen->value) observed.value = *std::move(seen->value);
      return observed;
    });
  }
  Task<Outcome<bool>> swap(std::string key, Observed seen, Bytes value) override {
    return run([key = std::move(key), seen = seen_of(std::move(seen)),
                value = std::move(value)](OpenFolder& open) {
      return outcome(open.folder.swap(key, seen, value.view()));
    });
  }
  Task<Outcome<std::vector<std::optional<Bytes>>>> get_many(
      std::vector<std::string> keys) override {
    return run(
        [keys = std::move(keys)](OpenFolder& open) -> Outcome<std::vector<std::optional<Bytes>>> {
          std::vector<std::optional<Bytes>> values;
          values.reserve(keys.size());
          for (const std::string& key : keys) {
            auto value = open.get(key);
            if (!value) return std::unexpected(std::move(value).error());
            values.push_back(*std::move(value));
          }
          return values;
        });
  }
  Task<Outcome<void>> set_many(std::vector<Entry> entries) override {
    return run([entries = std::move(entries)](OpenFolder& open) {
      std::vector<Folder::Entry> views;
      views.reserve(entries.size());
      for (const Entry& entry : entries) views.emplace_back(entry.first, entry.second.view());
      return outcome(open.folder.set_many(views));
    });
  }
  Task<Outcome<void>> remove_many(std::vector<std::string> keys) override {
    return run([keys = std::move(keys)](OpenFolder& open) -> Outcome<void> {
      for (const std::string& key : keys)
        if (auto removed = open.folder.remove(key); !removed)
          return std::unexpected(to_error(std::move(removed).error()));
      return {};
    });
  }

 private:
  template <typename Work>
  Task<std::invoke_result_t<Work, OpenFolder&>> run(Work work) {
    return run_blocking(pool_.get(),
                        [open = open_, work = std::move(work)] { return work(*open); });
  }

  std::shared_ptr<OpenFolder> open_;
  std::shared_ptr<BlockingPool> pool_;
};

class FileStore final : public Store {
 public:
  FileStore(Descriptor root, const FileOptions& options)
      : root_(std::make_shared<Descriptor>(std::move(root))), options_(options) {
    using Durable = FileOptions::Durable;
    folder_options_.sync =
        options.durable == Durable::yes ? keyfiles::Sync::on : keyfiles::Sync::off;
    folder_options_.lock.lease = options.lock_lease;
  }

  Task<Outcome<std::shared_ptr<Bucket>>> open(std::string name) override {
    return run_blocking(options_.pool.get(),
                        [root = root_, name = std::move(name), missing = options_.missing,
                         pool = options_.pool, options = folder_options_] {
                          return open_bucket(root->get(), name, missing, options, pool);
                        });
  }

  bool suspends() const override { return options_.pool != nullptr; }

 private:
  static Outcome<std::shared_ptr<Bucket>> open_bucket(int root, const std::string& name,
                                                      FileOptions::Missing missing,
                                                      const keyfiles::FolderOptions& options,
                                                      const std::shared_ptr<BlockingPool>& pool) {
    if (missing == FileOptions::Missing::made) {
      const std::string folder = keyfiles::file_name_of(name);
      if (::mkdirat(root, folder.c_str(), 0777) != 0 && errno != EEXIST)
        return std::unexpected(to_error(
            keyfiles::failed_with(errno, fmt::format("make the folder '{}'", folder)).error()));
    }
    auto opened = Folder::open(root, name, options);
    if (!opened) return std::unexpected(to_error(std::move(opened).error()));
    return std::make_shared<FileBucket>(std::make_shared<OpenFolder>(*std::move(opened)), pool);
  }

  std::shared_ptr<Descriptor> root_;  // shared with work on the pool
  FileOptions options_;
  keyfiles::FolderOptions folder_options_;
};

}  // namespace

Result<std::shared_ptr<Store>> connect_with(const FileOptions& options) {
  Descriptor root(::open(options.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root)
    return fail(ErrorCode::io,
                fmt::format("cannot open the folder '{}': {}; make it, or name another",
                            options.folder.string(), std::strerror(errno)));
  return std::make_shared<FileStore>(std::move(root), options);
}

}  // namespace capstan::keyvalue
