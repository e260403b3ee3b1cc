#include <capstan/bundle/trust.h>

#include <fmt/format.h>

#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace capstan::bundle {
namespace {

Result<void> check_one(const std::filesystem::path& path, std::string_view kind, uid_t user) {
  struct stat found{};
  if (stat(path.c_str(), &found) != 0)
    return fail(ErrorCode::io, fmt::format("cannot look at the {} '{}': {}", kind, path.string(),
                                           std::strerror(errno)));
  if ((found.st_mode & S_IWOTH) != 0)
    return fail(ErrorCode::invalid_argument,
                fmt::format("everybody may write to the {} '{}': chmod o-w it, or allow bundles "
                            "anywhere (--allow-bundle-anywhere)",
                            kind, path.string()));
  if (found.st_uid != 0 && found.st_uid != user)
    return fail(ErrorCode::invalid_argument,
                fmt::format("the {} '{}' belongs to user {}, neither to root nor to you ({}): "
                            "chown it, or allow bundles anywhere (--allow-bundle-anywhere)",
                            kind, path.string(), found.st_uid, user));
  return {};
}

}  // namespace

Result<void> check_trusted(const std::filesystem::path& library, uid_t user) {
  std::error_code failed;
  const std::filesystem::path real = std::filesystem::canonical(library, failed);
  if (failed)
    return fail(ErrorCode::io, fmt::format("cannot look at the library '{}': {}", library.string(),
                                           failed.message()));
  CAPSTAN_TRY_VOID(check_one(real.parent_path(), "folder", user));
  return check_one(real, "library", user);
}

}  // namespace capstan::bundle
