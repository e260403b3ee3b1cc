#include <capstan/capability/blobstore/file_object.h>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

namespace capstan::blobstore {
namespace {

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

// The name behind the content of a hashed file; nothing when there is none.
std::optional<std::string> name_behind(const Descriptor& file, std::uint64_t file_bytes) {
  if (file_bytes < trailer_length_bytes) return std::nullopt;
  std::array<std::uint8_t, trailer_length_bytes> length_bytes{};
  const std::uint64_t length_at = file_bytes - trailer_length_bytes;
  if (read_at(file, length_bytes, length_at) != trailer_length_bytes) return std::nullopt;
  const std::uint64_t length = trailer_length(length_bytes);
  if (length > name_bytes_max || length > length_at) return std::nullopt;
  std::vector<std::uint8_t> name(length);
  if (read_at(file, name, length_at - length) != static_cast<std::int64_t>(length))
    return std::nullopt;
  return std::string(name.begin(), name.end());
}

}  // namespace

// -------------------------------------------------------------------------------------------- root

bool FileRoot::to_disk(const Descriptor& file) const {
  return options.sync == Sync::no || ::fsync(file.get()) == 0;
}

void FileRoot::remove_temporary(const std::string& name) const {
  if (::unlinkat(temporary.get(), name.c_str(), 0) == 0) return;
  std::error_code ignored;  // what stays is tried again with the next start
  std::filesystem::remove_all(std::filesystem::path(options.folder) / temporary_folder / name,
                              ignored);
}

Outcome<OpenFile> OpenFile::take(std::shared_ptr<const FileRoot> root) {
  const std::uint64_t most = root->options.open_max;
  if (root->open.fetch_add(1) < most) return OpenFile(std::move(root));
  --root->open;
  return std::unexpected(Error(
      ErrorKind::full,
      fmt::format("{} objects are being read or written, as many as can be: end one first", most)));
}

Outcome<Descriptor> open_container(const FileRoot& root, const std::string& name) {
  if (auto named = check_name("container", name); !named)
    return std::unexpected(std::move(named).error());
  Descriptor folder = open_beneath(root.folder, file_name_of(name), O_RDONLY | O_DIRECTORY);
  if (folder) return folder;
  if (errno == ENOENT) return std::unexpected(no_such_container(name));
  return std::unexpected(system_error(fmt::format("cannot open container '{}'", name), errno));
}

Outcome<FoundObject> open_object(const std::shared_ptr<FileRoot>& root, const ObjectId& id) {
  auto folder = open_container(*root, id.container);
  if (!folder) return std::unexpected(std::move(folder).error());
  if (auto named = check_name("object", id.object); !named)
    return std::unexpected(std::move(named).error());
  auto slot = OpenFile::take(root);
  if (!slot) return std::unexpected(std::move(slot).error());
  const std::string file_name = file_name_of(id.object);
  const std::string doing = fmt::format("cannot read object '{}'", id.object);
  // Not waiting for the other end of what may be a pipe.
  Descriptor file = open_beneath(*folder, file_name, O_RDONLY | O_NONBLOCK);
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) {
    if (errno == ENOENT) return std::unexpected(no_such_object(id.object));
    return std::unexpected(system_error(doing, errno));
  }
  if (!S_ISREG(status.st_mode)) return std::unexpected(no_such_object(id.object));
  FoundObject found{.slot = *std::move(slot),
                    .file = std::move(file),
                    .size = static_cast<std::uint64_t>(status.st_size),
                    .created_at_s = static_cast<std::uint64_t>(status.st_mtim.tv_sec)};
  if (is_hashed(file_name)) {
    if (name_behind(found.file, found.size) != id.object)
      return std::unexpected(
          Error(ErrorKind::other, doing + ": its file does not end with its name"));
    found.size -= id.object.size() + trailer_length_bytes;
  }
  return found;
}

std::optional<std::string> object_name(const Descriptor& folder, const std::string& file_name) {
  if (!is_hashed(file_name)) return name_of(file_name);
  const Descriptor file = open_beneath(folder, file_name, O_RDONLY | O_NONBLOCK);
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) return std::nullopt;
  auto name = name_behind(file, static_cast<std::uint64_t>(status.st_size));
  if (name && file_name_of(*name) != file_name) return std::nullopt;
  return name;
}

Outcome<void> remove_objects(const FileRoot& root, const std::string& container,
                             const std::vector<std::string>& names) {
  auto folder = open_container(root, container);
  if (!folder) return std::unexpected(std::move(folder).error());
  bool changed = false;
  for (const std::string& name : names) {
    if (!check_name("object", name)) continue;  // nothing is called so
    if (::unlinkat(folder->get(), file_name_of(name).c_str(), 0) == 0) {
      changed = true;
    } else if (errno != ENOENT) {
      return std::unexpected(system_error(fmt::format("cannot remove object '{}'", name), errno));
    }
  }
  if (changed && !root.to_disk(*folder))
    return std::unexpected(
        system_error(fmt::format("cannot remove objects of container '{}'", container), errno));
  return {};
}

// ----------------------------------------------------------------------------------------- reading

FileReading::FileReading(FoundObject object, Range range)
    : object_(std::move(object)), span_(resolve(range, object_.size).value_or(Span())) {}

Outcome<Bytes> FileReading::next(std::size_t bytes_max) {
  const std::uint64_t left = span_.size - done_;
  const std::size_t size = std::min<std::uint64_t>({left, bytes_max, file_piece_bytes});
  if (size == 0) return Bytes();
  std::vector<std::uint8_t> piece(size);
  const std::int64_t count = read_at(object_.file, piece, span_.offset + done_);
  if (count < 0) return std::unexpected(system_error("cannot read the object", errno));
  if (static_cast<std::size_t>(count) != size)
    return std::unexpected(
        Error(ErrorKind::other, "the object's file became shorter while it was read"));
  done_ += size;
  return Bytes(std::move(piece));
}

// ----------------------------------------------------------------------------------------- writing

Outcome<std::shared_ptr<FileWriting>> FileWriting::begin(std::shared_ptr<const FileRoot> root,
                                                         const ObjectId& id) {
  if (auto named = check_name("object", id.object); !named)
    return std::unexpected(std::move(named).error());
  if (auto there = open_container(*root, id.container); !there)
    return std::unexpected(std::move(there).error());
  auto slot = OpenFile::take(root);
  if (!slot) return std::unexpected(std::move(slot).error());
  auto writing = std::make_shared<FileWriting>(std::move(root), *std::move(slot), id);
  if (auto opened = writing->open_temporary(); !opened)
    return std::unexpected(std::move(opened).error());
  return writing;
}

FileWriting::~FileWriting() {
  if (!beside_.empty()) ::unlinkat(root_->temporary.get(), beside_.c_str(), 0);
}

Error FileWriting::failed(int code) const {
  return system_error(fmt::format("cannot write object '{}'", id_.object), code);
}

Outcome<void> FileWriting::open_temporary() {
  // Another process that starts now may take it for a left one between being made and being locked.
  for (int attempt = 0; attempt < 10; ++attempt) {
    std::string name = unique_name("object");
    file_ = open_beneath(root_->temporary, name, O_WRONLY | O_CREAT | O_EXCL);
    if (!file_) return std::unexpected(failed(errno));
    beside_ = std::move(name);
    struct stat status{};
    if (::flock(file_.get(), LOCK_EX) == 0 && ::fstat(file_.get(), &status) == 0 &&
        status.st_nlink > 0)
      return {};
  }
  return std::unexpected(failed(EAGAIN));
}

Outcome<void> FileWriting::write(std::span<const std::uint8_t> bytes) {
  if (bytes.size() > root_->options.object_bytes_max - size_)
    return std::unexpected(Error(
        ErrorKind::full, fmt::format("cannot write object '{}': an object has at most {} bytes",
                                     id_.object, root_->options.object_bytes_max)));
  if (!write_all(file_, bytes)) return std::unexpected(failed(errno));
  size_ += bytes.size();
  return {};
}

Outcome<void> FileWriting::commit() {
  const std::string file_name = file_name_of(id_.object);
  if (is_hashed(file_name) && !write_all(file_, bytes_of(trailer_of(id_.object))))
    return std::unexpected(failed(errno));
  if (!root_->to_disk(file_)) return std::unexpected(failed(errno));
  // Only now: the container may have been removed, and made again, meanwhile.
  auto folder = open_container(*root_, id_.container);
  if (!folder) return std::unexpected(std::move(folder).error());
  if (::renameat(root_->temporary.get(), beside_.c_str(), folder->get(), file_name.c_str()) != 0) {
    if (errno == ENOENT) return std::unexpected(no_such_container(id_.container));
    return std::unexpected(failed(errno));
  }
  beside_.clear();
  if (!root_->to_disk(*folder)) return std::unexpected(failed(errno));
  return {};
}

}  // namespace capstan::blobstore
