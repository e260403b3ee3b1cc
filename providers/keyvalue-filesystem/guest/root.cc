#include "root.h"

#include <fcntl.h>
#include <unistd.h>
#include <wasi/api.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace provider {
namespace {

using capstan::keyfiles::failed;
using capstan::keyfiles::Outcome;

constexpr std::string_view wanted = "keyvalue-data";
constexpr std::string_view what_to_do =
    "grant a folder to write to under that name, such as --dir DIR::keyvalue-data,rw";

struct Granted {
  int fd;
  std::string name;
};

std::vector<Granted> granted_folders() {
  std::vector<Granted> folders;
  for (int fd = 3;; ++fd) {
    __wasi_prestat_t status;
    if (__wasi_fd_prestat_get(fd, &status) != 0) return folders;
    if (status.tag != __WASI_PREOPENTYPE_DIR) continue;
    std::string name(status.u.dir.pr_name_len, '\0');
    if (__wasi_fd_prestat_dir_name(fd, reinterpret_cast<std::uint8_t*>(name.data()), name.size()) ==
        0)
      folders.push_back({fd, std::move(name)});
  }
}

bool is_named(const Granted& folder) {
  std::string_view name = folder.name;
  if (name.starts_with('/')) name.remove_prefix(1);
  return name == wanted;
}

// Nothing else tells: what a folder may be used for is not part of WASI's description of it.
bool is_writable(const Granted& folder) {
  const std::string name = capstan::keyfiles::temporary_name();
  const capstan::Descriptor file(
      ::openat(folder.fd, name.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0666));
  if (!file) return false;
  ::unlinkat(folder.fd, name.c_str(), 0);
  return true;
}

Outcome<int> find_root() {
  std::vector<Granted> folders = granted_folders();
  for (const Granted& folder : folders)
    if (is_named(folder)) return folder.fd;
  std::erase_if(folders, [](const Granted& folder) { return !is_writable(folder); });
  if (folders.size() == 1) return folders.front().fd;
  std::string message = folders.empty()
                            ? std::string("there is no folder 'keyvalue-data' for the buckets")
                            : std::string("of several folders none is called 'keyvalue-data'");
  return failed(message + ": " + std::string(what_to_do));
}

}  // namespace

Outcome<int> root_folder() {
  static const Outcome<int> root = find_root();
  return root;
}

capstan::keyfiles::FolderOptions folder_options() {
  capstan::keyfiles::FolderOptions options;
  if (const char* sync = std::getenv("KEYVALUE_SYNC"); sync != nullptr)
    if (std::string_view(sync) == "off") options.sync = capstan::keyfiles::Sync::off;
  if (const char* lease = std::getenv("KEYVALUE_LOCK_LEASE_MS"); lease != nullptr)
    if (const long ms = std::strtol(lease, nullptr, 10); ms > 0)
      options.lock.lease = std::chrono::milliseconds(ms);
  return options;
}

}  // namespace provider
