// wasi:keyvalue@0.2.0-draft: cursors and counters are u64.
#include "answers.h"
#include "provider_cpp.h"

namespace exports::wasi::keyvalue0_2_0_draft {

namespace store {

std::expected<std::optional<wit::vector<std::uint8_t>>, Error> Bucket::Get(wit::string key) {
  return provider::value<Error>(folder_.get(key.get_view()));
}
std::expected<void, Error> Bucket::Set(wit::string key, wit::vector<std::uint8_t> value) {
  return provider::done<Error>(folder_.set(key.get_view(), provider::view(value)));
}
std::expected<void, Error> Bucket::Delete(wit::string key) {
  return provider::done<Error>(folder_.remove(key.get_view()));
}
std::expected<bool, Error> Bucket::Exists(wit::string key) {
  return provider::same<Error>(folder_.exists(key.get_view()));
}
std::expected<KeyResponse, Error> Bucket::ListKeys(std::optional<std::uint64_t> cursor) {
  const auto listed = folder_.list(cursor.value_or(0));
  if (!listed) return provider::error<Error>(listed.error());
  auto response = provider::page<KeyResponse>(*listed);
  response.cursor = listed->next;
  return response;
}

std::expected<Bucket::Owned, Error> Open(wit::string identifier) {
  return provider::open<Bucket, Error>(identifier);
}

}  // namespace store

namespace atomics {

std::expected<std::uint64_t, store::Error> Increment(
    std::reference_wrapper<const store::Bucket> bucket, wit::string key, std::uint64_t delta) {
  return provider::same<Error>(bucket.get().folder().increment_unsigned(key.get_view(), delta));
}

}  // namespace atomics

namespace batch {

std::expected<wit::vector<std::optional<std::tuple<wit::string, wit::vector<std::uint8_t>>>>,
              store::Error>
GetMany(std::reference_wrapper<const store::Bucket> bucket, wit::vector<wit::string> keys) {
  return provider::get_many<Error>(bucket.get().folder(), keys);
}
std::expected<void, store::Error> SetMany(
    std::reference_wrapper<const store::Bucket> bucket,
    wit::vector<std::tuple<wit::string, wit::vector<std::uint8_t>>> key_values) {
  return provider::set_many<Error>(bucket.get().folder(), key_values);
}
std::expected<void, store::Error> DeleteMany(std::reference_wrapper<const store::Bucket> bucket,
                                             wit::vector<wit::string> keys) {
  return provider::delete_many<Error>(bucket.get().folder(), keys);
}

}  // namespace batch

}  // namespace exports::wasi::keyvalue0_2_0_draft
