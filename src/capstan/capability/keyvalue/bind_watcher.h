// Components that export wasi:keyvalue/watcher, of either draft, and want to hear of changes.
//
//   auto watcher = Watcher::bind(instance);         // made with a linker that `bind` was called
//   for watcher->on_set(bucket, "key", value);
//
// Whoever hears of changes (watch.h) decides which instance is told, and on which thread: a Watcher
// belongs to one thread at a time, and takes one call at a time, as its Instance does.
#pragma once

#include <capstan/base/result.h>
#include <capstan/base/task.h>
#include <capstan/capability/keyvalue/keyvalue.h>
#include <capstan/host/instance.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace capstan::keyvalue {

inline constexpr std::string_view watcher_interfaces[] = {"wasi:keyvalue/watcher@0.2.0-draft2",
                                                          "wasi:keyvalue/watcher@0.2.0-draft"};

class Watcher {
 public:
  // Takes over an instance that exports one of the two.
  [[nodiscard]] static Result<Watcher> bind(Instance instance);

  // The guest gets a handle to the bucket. An error is the guest's trap, or a limit; then the
  // instance is finished. The tasks own what they use.
  [[nodiscard]] Task<Result<void>> on_set(std::shared_ptr<Bucket> bucket, std::string key,
                                          Bytes value);
  [[nodiscard]] Task<Result<void>> on_delete(std::shared_ptr<Bucket> bucket, std::string key);

 private:
  enum class Version : std::uint8_t { draft2, draft };
  Watcher(Instance instance, Version version) : instance_(std::move(instance)), version_(version) {}

  Instance instance_;
  Version version_;
};

}  // namespace capstan::keyvalue
