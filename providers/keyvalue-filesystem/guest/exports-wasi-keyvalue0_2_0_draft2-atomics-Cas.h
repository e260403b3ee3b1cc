// The class behind the resource `cas` of wasi:keyvalue@0.2.0-draft2; the file's name is the
// generator's.
#pragma once

#include <capstan/keyfiles/folder.h>

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "exports-wasi-keyvalue0_2_0_draft2-store-Bucket.h"
#include "wit.h"

namespace exports::wasi::keyvalue0_2_0_draft2::atomics {

// A look at one key. It opens the bucket's folder for itself, since the guest may drop the bucket
// first.
class Cas : public wit::ResourceExportBase<Cas> {
 public:
  Cas(capstan::keyfiles::Folder folder, std::string key, capstan::keyfiles::Seen seen)
      : folder_(std::move(folder)), key_(std::move(key)), seen_(std::move(seen)) {}
  static void Dtor(Cas* self) { delete self; }

  static std::expected<Cas::Owned, store::Error> New(
      std::reference_wrapper<const store::Bucket> bucket, wit::string key);
  std::expected<std::optional<wit::vector<std::uint8_t>>, store::Error> Current();

  // For `swap`: says whether nothing changed; if something did, looks again.
  capstan::keyfiles::Outcome<bool> swap(capstan::keyfiles::ByteView value);

  static std::int32_t ResourceNew(Cas* self);
  static Cas* ResourceRep(std::int32_t id);
  static void ResourceDrop(std::int32_t id);

 private:
  capstan::keyfiles::Folder folder_;
  std::string key_;
  capstan::keyfiles::Seen seen_;
};

}  // namespace exports::wasi::keyvalue0_2_0_draft2::atomics
