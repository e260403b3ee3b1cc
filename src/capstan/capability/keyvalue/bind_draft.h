// The buckets of wasi:keyvalue@0.2.0-draft, for all that hands them to a component.
#pragma once

#include <capstan/capability/keyvalue/bind_wasi.h>
#include <capstan/capability/keyvalue/cursor.h>
#include <capstan/capability/keyvalue/cursor_table.h>

#include "keyvalue_dialects.h"

namespace capstan::keyvalue {

namespace wasi_draft = wit::wasi::keyvalue_0_2_0_draft;

struct Draft {
  using StoreHost = wasi_draft::store::Host;
  using Bucket = wasi_draft::store::Bucket;
  using Error = wasi_draft::store::Error;
  using KeyResponse = wasi_draft::store::KeyResponse;
  using BatchHost = wasi_draft::batch::Host;
};

class DraftBucket final : public WasiBucket<Draft> {
 public:
  // `cursors` are shared by all buckets of a component.
  DraftBucket(std::shared_ptr<keyvalue::Bucket> bucket, Handles::Held held,
              std::shared_ptr<CursorTable> cursors)
      : WasiBucket(std::move(bucket), std::move(held)), cursors_(std::move(cursors)) {}

  Answer<wasi_draft::store::KeyResponse> list_keys(std::optional<std::uint64_t> cursor) override {
    std::optional<std::string> known;
    if (cursor) {
      known = cursors_->find(*cursor);
      if (!known) return std::unexpected(error_in<Draft>(unknown_cursor(std::to_string(*cursor))));
    }
    return then(bucket()->list(std::move(known)),
                [cursors = cursors_](Outcome<Page>&& page)
                    -> std::expected<wasi_draft::store::KeyResponse, wasi_draft::store::Error> {
                  if (!page) return std::unexpected(error_in<Draft>(std::move(page).error()));
                  wasi_draft::store::KeyResponse response{std::move(page->keys), std::nullopt};
                  if (page->next) response.cursor = cursors->number_of(*std::move(page->next));
                  return response;
                });
  }

 private:
  std::shared_ptr<CursorTable> cursors_;
};

}  // namespace capstan::keyvalue
