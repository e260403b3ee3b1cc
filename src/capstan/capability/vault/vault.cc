#include <capstan/capability/vault/vault.h>

#include <fmt/format.h>

namespace capstan::vault {
namespace {

Outcome<void> check_name(std::string_view what, std::string_view name) {
  if (name.empty())
    return std::unexpected(Error{ErrorKind::other, fmt::format("{} is empty", what)});
  if (name.size() > name_bytes_max)
    return std::unexpected(Error{
        ErrorKind::other,
        fmt::format("{} has {} bytes: at most {} are allowed", what, name.size(), name_bytes_max)});
  return {};
}

}  // namespace

Outcome<void> check_locker(std::string_view locker) {
  return check_name("the locker's name", locker);
}

Outcome<void> check_id(std::string_view id) { return check_name("the secret's id", id); }

Outcome<void> check_secret(const Bytes& secret) {
  if (secret.size() > secret_bytes_max)
    return std::unexpected(
        Error{ErrorKind::other, fmt::format("the secret has {} bytes: at most {} are allowed",
                                            secret.size(), secret_bytes_max)});
  return {};
}

}  // namespace capstan::vault
