// From what the folder says to what the interface says; the two versions differ in their types
// only.
#pragma once

#include <capstan/keyfiles/folder.h>

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "root.h"
#include "wit.h"

namespace provider {

namespace keyfiles = capstan::keyfiles;
using keyfiles::ByteVector;
using keyfiles::ByteView;
using keyfiles::Folder;
using keyfiles::Outcome;

using WitBytes = wit::vector<std::uint8_t>;

inline ByteView view(const WitBytes& bytes) { return bytes.get_const_view(); }
inline WitBytes to_wit(const ByteVector& bytes) { return WitBytes::from_view(std::span(bytes)); }

template <typename Error>
std::unexpected<Error> error(keyfiles::Failure failure) {
  Error error;
  switch (failure.kind) {
    case keyfiles::FailureKind::no_such_store:
      error.variants = typename Error::NoSuchStore{};
      break;
    case keyfiles::FailureKind::access_denied:
      error.variants = typename Error::AccessDenied{};
      break;
    case keyfiles::FailureKind::other:
      error.variants.template emplace<typename Error::Other>(
          wit::string::from_view(failure.message));
      break;
  }
  return std::unexpected(std::move(error));
}

// A success without a value, whatever the value was.
template <typename Error, typename T>
std::expected<void, Error> done(Outcome<T> outcome) {
  if (!outcome) return error<Error>(std::move(outcome).error());
  return {};
}

// A success with a value that is the same on both sides.
template <typename Error, typename T>
std::expected<T, Error> same(Outcome<T> outcome) {
  if (!outcome) return error<Error>(std::move(outcome).error());
  return *std::move(outcome);
}

template <typename Error>
std::expected<std::optional<WitBytes>, Error> value(const Outcome<std::optional<ByteVector>>& got) {
  if (!got) return error<Error>(got.error());
  if (!*got) return std::nullopt;
  return to_wit(**got);
}

template <typename Bucket, typename Error>
std::expected<typename Bucket::Owned, Error> open(const wit::string& identifier) {
  const auto root = root_folder();
  if (!root) return error<Error>(root.error());
  auto folder = Folder::open(*root, identifier.get_view(), folder_options());
  if (!folder) return error<Error>(std::move(folder).error());
  return typename Bucket::Owned(new Bucket(*std::move(folder)));
}

template <typename Response>
Response page(const keyfiles::KeyPage& page) {
  Response response;
  response.keys = wit::vector<wit::string>::allocate(page.keys.size());
  for (std::size_t i = 0; i < page.keys.size(); ++i)
    response.keys.initialize(i, wit::string::from_view(page.keys[i]));
  return response;
}

template <typename Error>
using Found = std::expected<wit::vector<std::optional<std::tuple<wit::string, WitBytes>>>, Error>;

template <typename Error>
Found<Error> get_many(const Folder& folder, const wit::vector<wit::string>& keys) {
  using One = std::optional<std::tuple<wit::string, WitBytes>>;
  std::vector<Outcome<std::optional<ByteVector>>> values;
  for (const wit::string& key : keys.get_const_view()) {
    values.push_back(folder.get(key.get_view()));
    if (!values.back()) return error<Error>(std::move(values.back()).error());
  }
  auto found = wit::vector<One>::allocate(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    One one;
    if (*values[i]) one.emplace(wit::string::from_view(keys[i].get_view()), to_wit(**values[i]));
    found.initialize(i, std::move(one));
  }
  return found;
}

template <typename Error>
std::expected<void, Error> set_many(Folder& folder,
                                    const wit::vector<std::tuple<wit::string, WitBytes>>& entries) {
  std::vector<Folder::Entry> views;
  for (const auto& [key, bytes] : entries.get_const_view())
    views.emplace_back(key.get_view(), view(bytes));
  return done<Error>(folder.set_many(views));
}

template <typename Error>
std::expected<void, Error> delete_many(Folder& folder, const wit::vector<wit::string>& keys) {
  for (const wit::string& key : keys.get_const_view())
    if (auto removed = folder.remove(key.get_view()); !removed)
      return error<Error>(std::move(removed).error());
  return {};
}

}  // namespace provider
