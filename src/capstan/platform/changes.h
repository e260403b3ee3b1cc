// Changes: what happens to watched buckets, on its way to the component that watches.
//
// Changes are told in their order, one after the other, each to a fresh instance. They wait in a
// bounded queue: who changes a bucket does not wait for who watches it, so changes that come much
// faster than they are told are lost, which is reported. An error or a trap is reported, and the
// change is not told again.
//
// Threads: any.
#pragma once

#include <capstan/capability/keyvalue/watch.h>
#include <capstan/platform/dispatch.h>
#include <capstan/platform/fresh_call.h>

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace capstan::platform {

using Report = std::function<void(std::string_view sentence)>;

inline constexpr std::size_t changes_waiting_max = 10'000;

class Changes final : public keyvalue::Observer, public std::enable_shared_from_this<Changes> {
 public:
  // How work is posted to a dispatcher.
  using Post = std::function<void(Dispatcher::Work work)>;

  // `store` opens the buckets that the component is given: what it changes through those goes
  // unnoticed. It is shared with the component's imports.
  explicit Changes(std::shared_ptr<keyvalue::Store> store) : store_(std::move(store)) {}

  // From now on changes are told; before, and after stop(), they go unnoticed.
  void start(std::shared_ptr<const Callee> callee, Post post, Report report);
  void stop();

  void on_set(const std::string& bucket, const std::string& key, const Bytes& value) override;
  void on_delete(const std::string& bucket, const std::string& key) override;

 private:
  struct Change {
    std::string bucket;
    std::string key;
    std::optional<Bytes> value;  // none: deleted
  };
  void add(Change change);
  void tell_next();
  static Task<void> tell(std::shared_ptr<Changes> self, std::shared_ptr<const Change> change);
  static Task<Result<void>> tell_instance(Instance instance, std::shared_ptr<Changes> self,
                                          std::shared_ptr<const Change> change);

  const std::shared_ptr<keyvalue::Store> store_;
  std::mutex mutex_;
  std::shared_ptr<const Callee> callee_;  // none: not started, or stopped
  Post post_;
  Report report_;
  std::deque<std::shared_ptr<const Change>> waiting_;
  bool telling_ = false;
  bool losing_ = false;  // said already
};

}  // namespace capstan::platform
