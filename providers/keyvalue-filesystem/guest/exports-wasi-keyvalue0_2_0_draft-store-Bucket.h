// The class behind the resource `bucket` of wasi:keyvalue@0.2.0-draft; the file's name is the
// generator's.
#pragma once

#include <capstan/keyfiles/folder.h>

#include <cstdint>
#include <expected>
#include <optional>
#include <utility>

#include "wit.h"

namespace exports::wasi::keyvalue0_2_0_draft::store {

// The generator includes this before it defines them.
struct Error;
struct KeyResponse;

class Bucket : public wit::ResourceExportBase<Bucket> {
 public:
  explicit Bucket(capstan::keyfiles::Folder folder) : folder_(std::move(folder)) {}
  static void Dtor(Bucket* self) { delete self; }

  std::expected<std::optional<wit::vector<std::uint8_t>>, Error> Get(wit::string key);
  std::expected<void, Error> Set(wit::string key, wit::vector<std::uint8_t> value);
  std::expected<void, Error> Delete(wit::string key);
  std::expected<bool, Error> Exists(wit::string key);
  std::expected<KeyResponse, Error> ListKeys(std::optional<uint64_t> cursor);

  // Its functions change files, never the object.
  capstan::keyfiles::Folder& folder() const { return folder_; }

  static std::int32_t ResourceNew(Bucket* self);
  static Bucket* ResourceRep(std::int32_t id);
  static void ResourceDrop(std::int32_t id);

 private:
  mutable capstan::keyfiles::Folder folder_;
};

}  // namespace exports::wasi::keyvalue0_2_0_draft::store
