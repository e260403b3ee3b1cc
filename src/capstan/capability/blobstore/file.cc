#include <capstan/capability/blobstore/file.h>

#include <capstan/capability/blobstore/file_container.h>
#include <capstan/capability/blobstore/file_object.h>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

namespace capstan::blobstore {
namespace {

// ------------------------------------------------------------------------------------- containers

// A folder with what marks a container, ready to be renamed. Locked, so that nobody takes it for
// one that a crash left.
struct Prepared {
  std::string beside;
  Descriptor folder;
};
Outcome<Prepared> prepare_folder(const FileRoot& root, const std::string& name) {
  Prepared made{.beside = unique_name("container"), .folder = {}};
  const std::string doing = fmt::format("cannot make container '{}'", name);
  if (::mkdirat(root.temporary.get(), made.beside.c_str(), 0700) != 0)
    return std::unexpected(system_error(doing, errno));
  made.folder = open_beneath(root.temporary, made.beside, O_RDONLY | O_DIRECTORY);
  const bool locked = made.folder && ::flock(made.folder.get(), LOCK_EX) == 0;
  const Descriptor mark =
      locked ? open_beneath(made.folder, std::string(container_mark), O_WRONLY | O_CREAT | O_EXCL)
             : Descriptor();
  const std::span bytes(reinterpret_cast<const std::uint8_t*>(name.data()), name.size());
  if (!mark || !write_all(mark, bytes) || !root.to_disk(mark) || !root.to_disk(made.folder)) {
    const int code = errno;
    root.remove_temporary(made.beside);
    return std::unexpected(system_error(doing, code));
  }
  return made;
}

Outcome<void> create_folder(const FileRoot& root, const std::string& name) {
  const std::string file = file_name_of(name);
  if (open_beneath(root.folder, file, O_PATH | O_DIRECTORY)) return {};
  auto made = prepare_folder(root, name);
  if (!made) return std::unexpected(std::move(made).error());
  // A container that somebody else has made meanwhile stays.
  const int renamed = ::renameat2(root.temporary.get(), made->beside.c_str(), root.folder.get(),
                                  file.c_str(), RENAME_NOREPLACE);
  const int code = errno;
  if (renamed != 0) root.remove_temporary(made->beside);
  if (renamed != 0 && code != EEXIST)
    return std::unexpected(system_error(fmt::format("cannot make container '{}'", name), code));
  if (!root.to_disk(root.folder))
    return std::unexpected(system_error(fmt::format("cannot make container '{}'", name), errno));
  return {};
}

Outcome<void> remove_folder(const FileRoot& root, const std::string& name) {
  const std::string gone = unique_name("gone");
  if (::renameat(root.folder.get(), file_name_of(name).c_str(), root.temporary.get(),
                 gone.c_str()) != 0) {
    if (errno == ENOENT) return {};
    return std::unexpected(system_error(fmt::format("cannot remove container '{}'", name), errno));
  }
  const bool kept = root.to_disk(root.folder);
  const int code = errno;
  root.remove_temporary(gone);
  if (!kept)
    return std::unexpected(system_error(fmt::format("cannot remove container '{}'", name), code));
  return {};
}

// --------------------------------------------------------------------------------------- transfer

Outcome<void> copy_content(const std::shared_ptr<FileRoot>& root, const ObjectId& from,
                           const ObjectId& to) {
  auto opened = open_object(root, from);
  if (!opened) return std::unexpected(std::move(opened).error());
  auto begun = FileWriting::begin(root, to);
  if (!begun) return std::unexpected(std::move(begun).error());
  FileReading reading(*std::move(opened), Range::all());
  for (;;) {
    auto piece = reading.next(file_piece_bytes);
    if (!piece) return std::unexpected(std::move(piece).error());
    if (piece->empty()) return (*begun)->commit();
    if (auto written = (*begun)->write(piece->view()); !written) return written;
  }
}

// Renames in one step; not for names that are behind the content.
Outcome<void> rename_object(const FileRoot& root, const ObjectId& from, const ObjectId& to) {
  auto source = open_container(root, from.container);
  if (!source) return std::unexpected(std::move(source).error());
  auto target = open_container(root, to.container);
  if (!target) return std::unexpected(std::move(target).error());
  if (::renameat(source->get(), file_name_of(from.object).c_str(), target->get(),
                 file_name_of(to.object).c_str()) != 0) {
    if (errno == ENOENT) return std::unexpected(no_such_object(from.object));
    return std::unexpected(
        system_error(fmt::format("cannot move object '{}'", from.object), errno));
  }
  // The new name first: in between, there are two rather than none.
  if (!root.to_disk(*target) || !root.to_disk(*source))
    return std::unexpected(
        system_error(fmt::format("cannot move object '{}'", from.object), errno));
  return {};
}

Outcome<void> copy_file(const std::shared_ptr<FileRoot>& root, const ObjectId& from,
                        const ObjectId& to) {
  if (auto named = check_name("object", to.object); !named) return named;
  if (from != to) return copy_content(root, from, to);
  auto there = open_object(root, from);
  if (!there) return std::unexpected(std::move(there).error());
  return {};
}

Outcome<void> move_file(const std::shared_ptr<FileRoot>& root, const ObjectId& from,
                        const ObjectId& to) {
  if (auto named = check_name("object", to.object); !named) return named;
  auto there = open_object(root, from);  // and is an object
  if (!there) return std::unexpected(std::move(there).error());
  if (from == to) return {};
  if (from.object == to.object ||
      (!is_hashed(file_name_of(from.object)) && !is_hashed(file_name_of(to.object))))
    return rename_object(*root, from, to);
  if (auto copied = copy_content(root, from, to); !copied) return copied;
  return remove_objects(*root, from.container, {from.object});
}

// ------------------------------------------------------------------------------------------ store

class FileStore final : public Store {
 public:
  explicit FileStore(std::shared_ptr<FileRoot> root) : root_(std::move(root)) {}

  Waits waits() const override { return root_->pool == nullptr ? Waits::never : Waits::maybe; }

  Task<Outcome<std::shared_ptr<Container>>> create(std::string name) override {
    return root_->run([root = root_, name = std::move(name)]() -> Made {
      if (auto named = check_name("container", name); !named)
        return std::unexpected(std::move(named).error());
      if (auto made = create_folder(*root, name); !made)
        return std::unexpected(std::move(made).error());
      return make_file_container(root, name);
    });
  }
  Task<Outcome<std::shared_ptr<Container>>> get(std::string name) override {
    return root_->run([root = root_, name = std::move(name)]() -> Made {
      if (auto there = open_container(*root, name); !there)
        return std::unexpected(std::move(there).error());
      return make_file_container(root, name);
    });
  }
  Task<Outcome<void>> remove(std::string name) override {
    return root_->run(
        [root = root_, name = std::move(name)] { return remove_folder(*root, name); });
  }
  Task<Outcome<bool>> exists(std::string name) override {
    return root_->run([root = root_, name = std::move(name)]() -> Outcome<bool> {
      auto there = open_container(*root, name);
      if (there) return true;
      if (there.error().kind == ErrorKind::no_such_container) return false;
      return std::unexpected(std::move(there).error());
    });
  }
  Task<Outcome<void>> copy(ObjectId from, ObjectId to) override {
    return root_->run([root = root_, from = std::move(from), to = std::move(to)] {
      return copy_file(root, from, to);
    });
  }
  Task<Outcome<void>> move(ObjectId from, ObjectId to) override {
    return root_->run([root = root_, from = std::move(from), to = std::move(to)] {
      return move_file(root, from, to);
    });
  }

 private:
  using Made = Outcome<std::shared_ptr<Container>>;

  std::shared_ptr<FileRoot> root_;
};

// What crashes left; what is locked is being written.
void clean_up(const FileRoot& root) {
  for (const std::string& name : all_names(root.temporary).names) {
    const Descriptor found = open_beneath(root.temporary, name, O_RDONLY | O_NONBLOCK);
    if (found && ::flock(found.get(), LOCK_EX | LOCK_NB) == 0) root.remove_temporary(name);
  }
}

capstan::Error cannot_use(const FileOptions& options, int code) {
  return {ErrorCode::io, fmt::format("cannot keep objects in the folder '{}': {}", options.folder,
                                     std::generic_category().message(code))};
}

}  // namespace

Result<std::shared_ptr<Store>> connect_with(const FileOptions& options) {
  auto root = std::make_shared<FileRoot>(options);
  if (::mkdir(options.folder.c_str(), 0700) != 0 && errno != EEXIST)
    return std::unexpected(cannot_use(options, errno));
  root->folder = Descriptor(::open(options.folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root->folder) return std::unexpected(cannot_use(options, errno));
  if (::mkdirat(root->folder.get(), std::string(temporary_folder).c_str(), 0700) != 0 &&
      errno != EEXIST)
    return std::unexpected(cannot_use(options, errno));
  root->temporary =
      open_beneath(root->folder, std::string(temporary_folder), O_RDONLY | O_DIRECTORY);
  if (!root->temporary) return std::unexpected(cannot_use(options, errno));
  clean_up(*root);
  return std::make_shared<FileStore>(std::move(root));
}

}  // namespace capstan::blobstore
