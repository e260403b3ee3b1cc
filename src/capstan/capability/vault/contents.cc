#include <capstan/capability/vault/contents.h>

#include <fmt/format.h>

namespace capstan::vault {
namespace {

// What a map's node takes beside names and secret, about.
constexpr std::uint64_t secret_overhead_bytes = 128;

std::uint64_t size_of(std::string_view locker, std::string_view id, const Bytes& secret) {
  return secret_overhead_bytes + locker.size() + id.size() + secret.size();
}

std::unexpected<Error> full(std::string_view what, std::uint64_t most) {
  return std::unexpected(Error{
      ErrorKind::other, fmt::format("the vault is full: it holds at most {} {}", most, what)});
}

}  // namespace

const Bytes* Contents::find(std::string_view locker, std::string_view id) const {
  const auto secrets = lockers_.find(locker);
  if (secrets == lockers_.end()) return nullptr;
  const auto found = secrets->second.find(id);
  return found == secrets->second.end() ? nullptr : &found->second;
}

std::optional<Bytes> Contents::get(std::string_view locker, std::string_view id) const {
  const Bytes* secret = find(locker, id);
  return secret == nullptr ? std::nullopt : std::optional<Bytes>(*secret);
}

Outcome<void> Contents::set(std::string_view locker, std::string_view id, Bytes secret) {
  secret.wipe_when_freed();
  const Bytes* before = find(locker, id);
  const std::uint64_t added = size_of(locker, id, secret);
  const std::uint64_t rest = bytes_ - (before == nullptr ? 0 : size_of(locker, id, *before));
  if (before == nullptr && count_ >= limits_.secrets_max)
    return full("secrets", limits_.secrets_max);
  if (added > limits_.bytes_max || rest > limits_.bytes_max - added)
    return full("bytes", limits_.bytes_max);
  load(locker, id, std::move(secret));
  return {};
}

void Contents::load(std::string_view locker, std::string_view id, Bytes secret) {
  secret.wipe_when_freed();
  remove(locker, id);
  bytes_ += size_of(locker, id, secret);
  ++count_;
  lockers_[std::string(locker)].insert_or_assign(std::string(id), std::move(secret));
}

bool Contents::remove(std::string_view locker, std::string_view id) {
  const auto secrets = lockers_.find(locker);
  if (secrets == lockers_.end()) return false;
  const auto found = secrets->second.find(id);
  if (found == secrets->second.end()) return false;
  bytes_ -= size_of(locker, id, found->second);
  --count_;
  secrets->second.erase(found);
  if (secrets->second.empty()) lockers_.erase(secrets);
  return true;
}

bool Contents::exists(std::string_view locker, std::string_view id) const {
  return find(locker, id) != nullptr;
}

std::vector<std::string> Contents::list(std::string_view locker) const {
  std::vector<std::string> ids;
  const auto secrets = lockers_.find(locker);
  if (secrets == lockers_.end()) return ids;
  ids.reserve(secrets->second.size());
  for (const auto& [id, secret] : secrets->second) ids.push_back(id);
  return ids;
}

}  // namespace capstan::vault
