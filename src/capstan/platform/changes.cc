#include <capstan/platform/changes.h>

#include <capstan/capability/keyvalue/bind_watcher.h>

#include <fmt/format.h>

#include <utility>

namespace capstan::platform {

void Changes::start(std::shared_ptr<const Callee> callee, Post post, Report report) {
  const std::lock_guard lock(mutex_);
  callee_ = std::move(callee);
  post_ = std::move(post);
  report_ = std::move(report);
}

void Changes::stop() {
  const std::lock_guard lock(mutex_);
  callee_ = nullptr;
}

void Changes::on_set(const std::string& bucket, const std::string& key, const Bytes& value) {
  add({.bucket = bucket, .key = key, .value = value});
}

void Changes::on_delete(const std::string& bucket, const std::string& key) {
  add({.bucket = bucket, .key = key, .value = std::nullopt});
}

void Changes::add(Change change) {
  {
    const std::lock_guard lock(mutex_);
    if (callee_ == nullptr) return;
    if (waiting_.size() >= changes_waiting_max) {
      if (!std::exchange(losing_, true))
        report_(
            fmt::format("'{}' is not told of changes of '{}' any more, until it has caught up: "
                        "{} wait already",
                        callee_->name, change.bucket, waiting_.size()));
      return;
    }
    waiting_.push_back(std::make_shared<const Change>(std::move(change)));
    if (std::exchange(telling_, true)) return;
  }
  tell_next();
}

void Changes::tell_next() {
  Post post;
  std::shared_ptr<const Change> change;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) {
      telling_ = false;
      losing_ = false;
      return;
    }
    change = std::move(waiting_.front());
    waiting_.pop_front();
    post = post_;
  }
  post([self = shared_from_this(), change] { return tell(self, change); });
}

Task<void> Changes::tell(std::shared_ptr<Changes> self, std::shared_ptr<const Change> change) {
  std::shared_ptr<const Callee> callee;
  Report report;
  {
    const std::lock_guard lock(self->mutex_);
    callee = self->callee_;
    report = self->report_;
  }
  if (callee != nullptr) {
    CallInstance call = [self, change](Instance instance) {
      return tell_instance(std::move(instance), self, change);
    };
    Task<Result<void>> calling = call_fresh(callee, std::move(call));
    const Result<void> called = co_await std::move(calling);
    if (!called)
      report(fmt::format("'{}' failed to hear that '{}' changed in '{}': {}", callee->name,
                         change->key, change->bucket, called.error().message()));
  }
  self->tell_next();
}

Task<Result<void>> Changes::tell_instance(Instance instance, std::shared_ptr<Changes> self,
                                          std::shared_ptr<const Change> change) {
  Task<keyvalue::Outcome<std::shared_ptr<keyvalue::Bucket>>> opening =
      self->store_->open(change->bucket);
  keyvalue::Outcome<std::shared_ptr<keyvalue::Bucket>> bucket = co_await std::move(opening);
  if (!bucket)
    co_return fail(ErrorCode::host, fmt::format("the bucket '{}' cannot be opened: {}",
                                                change->bucket, bucket.error().message));
  auto watcher = keyvalue::Watcher::bind(std::move(instance));
  if (!watcher) co_return std::unexpected(std::move(watcher).error());
  Task<Result<void>> telling = change->value ? watcher->on_set(*bucket, change->key, *change->value)
                                             : watcher->on_delete(*bucket, change->key);
  co_return co_await std::move(telling);
}

}  // namespace capstan::platform
