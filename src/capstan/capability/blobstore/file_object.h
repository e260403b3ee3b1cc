// Objects of the file backend, one at a time: reading one, and writing one that appears whole.
//
// Internal to this folder. Threads: a FileRoot may be used from any number of threads, a reading or
// writing by one at a time.
#pragma once

#include <capstan/capability/blobstore/file.h>
#include <capstan/capability/blobstore/file_names.h>
#include <capstan/capability/blobstore/file_system.h>

#include <atomic>
#include <span>

namespace capstan::blobstore {

inline constexpr std::string_view temporary_folder = ".tmp";
inline constexpr std::string_view container_mark = ".container";
// What is read at once at most.
inline constexpr std::size_t file_piece_bytes = 1024 * 1024;

// Shared by the store and all that it gave out.
struct FileRoot {
  explicit FileRoot(const FileOptions& options_in)
      : options(options_in), pool(options.pool.get()) {}

  const FileOptions options;
  BlockingPool* const pool;
  Descriptor folder;
  Descriptor temporary;
  mutable std::atomic<std::uint64_t> open = 0;

  template <typename Work>
  auto run(Work work) const {
    return run_blocking(pool, std::move(work));
  }
  // False with `errno` when it failed.
  [[nodiscard]] bool to_disk(const Descriptor& file) const;
  // With all that is in it.
  void remove_temporary(const std::string& name) const;
};

// One of the files that may be open at once.
class OpenFile {
 public:
  static Outcome<OpenFile> take(std::shared_ptr<const FileRoot> root);
  OpenFile(OpenFile&&) noexcept = default;
  OpenFile& operator=(OpenFile&&) = delete;
  ~OpenFile() {
    if (root_ != nullptr) --root_->open;
  }

 private:
  explicit OpenFile(std::shared_ptr<const FileRoot> root) : root_(std::move(root)) {}

  std::shared_ptr<const FileRoot> root_;
};

// The folder of a container.
[[nodiscard]] Outcome<Descriptor> open_container(const FileRoot& root, const std::string& name);

// An object that is there, open for reading.
struct FoundObject {
  OpenFile slot;
  Descriptor file;
  std::uint64_t size = 0;
  std::uint64_t created_at_s = 0;
};
[[nodiscard]] Outcome<FoundObject> open_object(const std::shared_ptr<FileRoot>& root,
                                               const ObjectId& id);

// The name of a file in a container, if it is an object's.
[[nodiscard]] std::optional<std::string> object_name(const Descriptor& folder,
                                                     const std::string& file_name);

// Removes objects that are there.
[[nodiscard]] Outcome<void> remove_objects(const FileRoot& root, const std::string& container,
                                           const std::vector<std::string>& names);

class FileReading {
 public:
  // The range fits the object, or is all of it.
  FileReading(FoundObject object, Range range);

  [[nodiscard]] std::uint64_t size() const { return span_.size; }
  [[nodiscard]] Outcome<Bytes> next(std::size_t bytes_max);

 private:
  FoundObject object_;
  Span span_;
  std::uint64_t done_ = 0;
};

class FileWriting {
 public:
  static Outcome<std::shared_ptr<FileWriting>> begin(std::shared_ptr<const FileRoot> root,
                                                     const ObjectId& id);
  FileWriting(std::shared_ptr<const FileRoot> root, OpenFile slot, ObjectId id)
      : root_(std::move(root)), slot_(std::move(slot)), id_(std::move(id)) {}
  FileWriting(const FileWriting&) = delete;
  FileWriting& operator=(const FileWriting&) = delete;
  ~FileWriting();

  [[nodiscard]] Outcome<void> write(std::span<const std::uint8_t> bytes);
  [[nodiscard]] Outcome<void> commit();

 private:
  Outcome<void> open_temporary();
  [[nodiscard]] Error failed(int code) const;

  std::shared_ptr<const FileRoot> root_;
  OpenFile slot_;
  ObjectId id_;
  std::string beside_;  // its name in the folder for what is being written; empty: none any more
  Descriptor file_;
  std::uint64_t size_ = 0;
};

}  // namespace capstan::blobstore
