#include <capstan/keyfiles/failure.h>

#include <cerrno>
#include <cstring>

namespace capstan::keyfiles {
namespace {

bool is_denied(int error) {
#ifdef ENOTCAPABLE  // WASI's word for a folder that was granted without this right
  if (error == ENOTCAPABLE) return true;
#endif
  return error == EACCES || error == EPERM || error == EROFS;
}

}  // namespace

std::unexpected<Failure> failed_with(int error, std::string_view doing) {
  std::string message = "cannot " + std::string(doing) + ": " + std::strerror(error);
  return std::unexpected(Failure{is_denied(error) ? FailureKind::access_denied : FailureKind::other,
                                 std::move(message)});
}

}  // namespace capstan::keyfiles
