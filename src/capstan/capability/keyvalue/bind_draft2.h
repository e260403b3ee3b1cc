// The buckets of wasi:keyvalue@0.2.0-draft2, for all that hands them to a component.
#pragma once

#include <capstan/capability/keyvalue/bind_wasi.h>

#include "keyvalue_dialects.h"

namespace capstan::keyvalue {

namespace wasi_draft2 = wit::wasi::keyvalue_0_2_0_draft2;

struct Draft2 {
  using StoreHost = wasi_draft2::store::Host;
  using Bucket = wasi_draft2::store::Bucket;
  using Error = wasi_draft2::store::Error;
  using KeyResponse = wasi_draft2::store::KeyResponse;
  using BatchHost = wasi_draft2::batch::Host;
};

class Draft2Bucket final : public WasiBucket<Draft2> {
 public:
  using WasiBucket::WasiBucket;

  Answer<wasi_draft2::store::KeyResponse> list_keys(std::optional<std::string> cursor) override {
    return then(bucket()->list(std::move(cursor)),
                [](Outcome<Page>&& page)
                    -> std::expected<wasi_draft2::store::KeyResponse, wasi_draft2::store::Error> {
                  if (!page) return std::unexpected(error_in<Draft2>(std::move(page).error()));
                  return wasi_draft2::store::KeyResponse{std::move(page->keys),
                                                         std::move(page->next)};
                });
  }
};

}  // namespace capstan::keyvalue
