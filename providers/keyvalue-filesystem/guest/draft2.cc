// wasi:keyvalue@0.2.0-draft2: opaque cursors, signed counters, and swaps.
#include <charconv>
#include <string>

#include "answers.h"
#include "provider_cpp.h"

namespace exports::wasi::keyvalue0_2_0_draft2 {

namespace store {

namespace {

// Where a page begins, as the page before said it.
std::optional<std::uint64_t> place(std::string_view cursor) {
  std::uint64_t place = 0;
  const auto read = std::from_chars(cursor.data(), cursor.data() + cursor.size(), place);
  if (read.ec != std::errc() || read.ptr != cursor.data() + cursor.size()) return std::nullopt;
  return place;
}

}  // namespace

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
std::expected<KeyResponse, Error> Bucket::ListKeys(std::optional<wit::string> cursor) {
  const std::optional<std::uint64_t> from =
      cursor ? place(cursor->get_view()) : std::optional<std::uint64_t>(0);
  if (!from)
    return provider::error<Error>(
        {.message = "'" + std::string(cursor->get_view()) +
                    "' is no cursor of this bucket: list again from the start"});
  const auto listed = folder_.list(*from);
  if (!listed) return provider::error<Error>(listed.error());
  auto response = provider::page<KeyResponse>(*listed);
  if (listed->next) response.cursor = wit::string::from_view(std::to_string(*listed->next));
  return response;
}

std::expected<Bucket::Owned, Error> Open(wit::string identifier) {
  return provider::open<Bucket, Error>(identifier);
}

}  // namespace store

namespace atomics {

std::expected<std::int64_t, store::Error> Increment(
    std::reference_wrapper<const store::Bucket> bucket, wit::string key, std::int64_t delta) {
  return provider::same<Error>(bucket.get().folder().increment(key.get_view(), delta));
}

std::expected<Cas::Owned, store::Error> Cas::New(std::reference_wrapper<const store::Bucket> bucket,
                                                 wit::string key) {
  auto folder = bucket.get().folder().another();
  if (!folder) return provider::error<store::Error>(std::move(folder).error());
  auto seen = folder->observe(key.get_view());
  if (!seen) return provider::error<store::Error>(std::move(seen).error());
  return Cas::Owned(new Cas(*std::move(folder), std::string(key.get_view()), *std::move(seen)));
}

std::expected<std::optional<wit::vector<std::uint8_t>>, store::Error> Cas::Current() {
  if (!seen_.value) return std::nullopt;
  return provider::to_wit(*seen_.value);
}

provider::Outcome<bool> Cas::swap(provider::ByteView value) {
  auto swapped = folder_.swap(key_, seen_, value);
  if (!swapped || *swapped) return swapped;
  auto seen = folder_.observe(key_);
  if (!seen) return std::unexpected(std::move(seen).error());
  seen_ = *std::move(seen);
  return false;
}

std::expected<void, CasError> Swap(Cas::Owned cas, wit::vector<std::uint8_t> value) {
  const auto swapped = cas->swap(provider::view(value));
  if (swapped && *swapped) return {};
  CasError failure;
  if (swapped) {
    failure.variants.emplace<CasError::CasFailed>(std::move(cas));
  } else {
    failure.variants.emplace<CasError::StoreError>(
        provider::error<store::Error>(swapped.error()).error());
  }
  return std::unexpected(std::move(failure));
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

}  // namespace exports::wasi::keyvalue0_2_0_draft2
