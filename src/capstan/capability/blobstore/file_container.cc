#include <capstan/capability/blobstore/file_container.h>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

namespace capstan::blobstore {
namespace {

class FileReader final : public Reader {
 public:
  // `reading` is shared with work on the pool, which may outlive this.
  FileReader(std::shared_ptr<FileRoot> root, std::shared_ptr<FileReading> reading)
      : root_(std::move(root)), reading_(std::move(reading)), size_(reading_->size()) {}

  std::uint64_t size() const override { return size_; }
  Task<Outcome<Bytes>> read(std::size_t bytes_max) override {
    return root_->run([reading = reading_, bytes_max] { return reading->next(bytes_max); });
  }

 private:
  std::shared_ptr<FileRoot> root_;
  std::shared_ptr<FileReading> reading_;
  std::uint64_t size_;
};

class FileWriter final : public Writer {
 public:
  // `writing` is shared with work on the pool, which may outlive this.
  FileWriter(std::shared_ptr<FileRoot> root, std::shared_ptr<FileWriting> writing)
      : root_(std::move(root)), writing_(std::move(writing)) {}

  Task<Outcome<void>> write(Bytes bytes) override {
    return root_->run(
        [writing = writing_, bytes = std::move(bytes)] { return writing->write(bytes.view()); });
  }
  Task<Outcome<void>> commit() override {
    return root_->run([writing = writing_] { return writing->commit(); });
  }

 private:
  std::shared_ptr<FileRoot> root_;
  std::shared_ptr<FileWriting> writing_;
};

// The names are read when the first of them is asked for, all at once: only so are they sorted.
class Names {
 public:
  Names(std::shared_ptr<FileRoot> root, std::string container)
      : root_(std::move(root)), container_(std::move(container)) {}

  Outcome<std::vector<std::string>> next(std::size_t names_max) {
    if (!read_) {
      if (auto found = read(); !found) return std::unexpected(std::move(found).error());
    }
    const std::size_t count = std::min(names_max, names_.size() - next_);
    const auto from = names_.begin() + static_cast<std::ptrdiff_t>(next_);
    next_ += count;
    return std::vector<std::string>(from, from + static_cast<std::ptrdiff_t>(count));
  }

 private:
  Outcome<void> read() {
    auto folder = open_container(*root_, container_);
    if (!folder) return std::unexpected(std::move(folder).error());
    const FolderNames files = file_names(*folder);
    if (files.code != 0)
      return std::unexpected(
          system_error(fmt::format("cannot list container '{}'", container_), files.code));
    for (const std::string& file : files.names)
      if (auto name = object_name(*folder, file)) names_.push_back(*std::move(name));
    std::ranges::sort(names_);
    read_ = true;
    return {};
  }

  std::shared_ptr<FileRoot> root_;
  std::string container_;
  bool read_ = false;
  std::vector<std::string> names_;
  std::size_t next_ = 0;
};

class FileListing final : public Listing {
 public:
  // `names` is shared with work on the pool, which may outlive this.
  FileListing(std::shared_ptr<FileRoot> root, std::shared_ptr<Names> names)
      : root_(std::move(root)), names_(std::move(names)) {}

  Task<Outcome<std::vector<std::string>>> next(std::size_t names_max) override {
    return root_->run([names = names_, names_max] { return names->next(names_max); });
  }

 private:
  std::shared_ptr<FileRoot> root_;
  std::shared_ptr<Names> names_;
};

Outcome<ContainerInfo> info_of(const FileRoot& root, const std::string& name) {
  auto folder = open_container(root, name);
  if (!folder) return std::unexpected(std::move(folder).error());
  struct stat status{};
  // A folder that an operator made has no mark: its own time is the best there is.
  if (::fstatat(folder->get(), std::string(container_mark).c_str(), &status, AT_SYMLINK_NOFOLLOW) !=
          0 &&
      ::fstat(folder->get(), &status) != 0)
    return std::unexpected(system_error(fmt::format("cannot open container '{}'", name), errno));
  return ContainerInfo{.name = name,
                       .created_at_s = static_cast<std::uint64_t>(status.st_mtim.tv_sec)};
}

class FileContainer final : public Container {
 public:
  FileContainer(std::shared_ptr<FileRoot> root, std::string name)
      : root_(std::move(root)), name_(std::move(name)) {}

  std::string name() const override { return name_; }

  Task<Outcome<ContainerInfo>> info() override {
    return root_->run([root = root_, name = name_] { return info_of(*root, name); });
  }

  Task<Outcome<std::unique_ptr<Reader>>> read(std::string object, Range range) override {
    return root_->run([root = root_, id = ObjectId(name_, std::move(object)),
                       range]() -> Outcome<std::unique_ptr<Reader>> {
      auto found = open_object(root, id);
      if (!found) return std::unexpected(std::move(found).error());
      if (auto fits = resolve(range, found->size); !fits)
        return std::unexpected(std::move(fits).error());
      return std::make_unique<FileReader>(root,
                                          std::make_shared<FileReading>(*std::move(found), range));
    });
  }

  Task<Outcome<std::unique_ptr<Writer>>> write(std::string object) override {
    return root_->run(
        [root = root_,
         id = ObjectId(name_, std::move(object))]() -> Outcome<std::unique_ptr<Writer>> {
          auto writing = FileWriting::begin(root, id);
          if (!writing) return std::unexpected(std::move(writing).error());
          return std::make_unique<FileWriter>(root, *std::move(writing));
        });
  }

  Task<Outcome<std::unique_ptr<Listing>>> list() override {
    return root_->run([root = root_, name = name_]() -> Outcome<std::unique_ptr<Listing>> {
      if (auto there = open_container(*root, name); !there)
        return std::unexpected(std::move(there).error());
      return std::make_unique<FileListing>(root, std::make_shared<Names>(root, name));
    });
  }

  Task<Outcome<void>> remove(std::vector<std::string> objects) override {
    return root_->run([root = root_, name = name_, objects = std::move(objects)] {
      return remove_objects(*root, name, objects);
    });
  }

  Task<Outcome<bool>> has(std::string object) override {
    return root_->run([root = root_, id = ObjectId(name_, std::move(object))]() -> Outcome<bool> {
      auto found = open_object(root, id);
      if (found) return true;
      if (found.error().kind == ErrorKind::no_such_object ||
          found.error().kind == ErrorKind::invalid)
        return false;
      return std::unexpected(std::move(found).error());
    });
  }

  Task<Outcome<ObjectInfo>> object_info(std::string object) override {
    return root_->run(
        [root = root_, id = ObjectId(name_, std::move(object))]() -> Outcome<ObjectInfo> {
          auto found = open_object(root, id);
          if (!found) return std::unexpected(std::move(found).error());
          return ObjectInfo{.name = id.object,
                            .container = id.container,
                            .created_at_s = found->created_at_s,
                            .size_bytes = found->size};
        });
  }

  Task<Outcome<void>> clear() override {
    return root_->run([root = root_, name = name_]() -> Outcome<void> {
      Names all(root, name);
      auto names = all.next(static_cast<std::size_t>(-1));
      if (!names) return std::unexpected(std::move(names).error());
      return remove_objects(*root, name, *names);
    });
  }

 private:
  std::shared_ptr<FileRoot> root_;
  std::string name_;
};

}  // namespace

std::shared_ptr<Container> make_file_container(std::shared_ptr<FileRoot> root, std::string name) {
  return std::make_shared<FileContainer>(std::move(root), std::move(name));
}

}  // namespace capstan::blobstore
