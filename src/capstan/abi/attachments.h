// What others keep in a store: one object for each key, made on first use.
//
// A bundle has a state of its own in each store that calls it. Attachments are destroyed when the
// store ends, after its calls and the host's resources, newest first. Belongs to its store's
// thread.
#pragma once

#include <memory>
#include <vector>

namespace capstan::abi {

class Attachments {
 public:
  // Null when nothing is there under this key. There are few: a search is faster than a map.
  [[nodiscard]] void* find(const void* key) const {
    for (const Attachment& attachment : attachments_)
      if (attachment.key == key) return attachment.object.get();
    return nullptr;
  }
  // `object` is not null, and its deleter keeps alive whatever it needs. Owner: this alone; shared
  // only for its deleter.
  void attach(const void* key, std::shared_ptr<void> object) {
    attachments_.push_back({key, std::move(object)});
  }
  void destroy_all() {
    while (!attachments_.empty()) attachments_.pop_back();
  }

 private:
  struct Attachment {
    const void* key;
    std::shared_ptr<void> object;
  };
  std::vector<Attachment> attachments_;
};

}  // namespace capstan::abi
