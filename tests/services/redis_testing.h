// What the tests of the Redis backend share.
#pragma once

#include "redis_server.h"

#include <capstan/backend/redis/redis.h>
#include <capstan/base/task.h>

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

namespace capstan::services {

using Bucket = std::shared_ptr<keyvalue::Bucket>;

[[nodiscard]] inline redis::Options at(std::uint16_t port) {
  redis::Options options;
  options.host = "127.0.0.1";
  options.port = port;
  return options;
}

[[nodiscard]] inline Bucket open_bucket(const redis::Options& options,
                                        const std::string& name = "bucket") {
  return block_on(redis::connect_with(options).value()->open(name)).value();
}

// The value of a key as text; "(none)", or "(error) ..." where there is none.
[[nodiscard]] inline std::string got(const Bucket& bucket, const std::string& key) {
  const auto value = block_on(bucket->get(key));
  if (!value) return "(error) " + value.error().message;
  return *value ? std::string((*value)->text()) : "(none)";
}

// What an operation says when it fails; empty when it does not.
template <typename T>
[[nodiscard]] std::string error_of(Task<keyvalue::Outcome<T>> task) {
  const auto outcome = block_on(std::move(task));
  return outcome ? std::string() : outcome.error().message;
}

inline Bytes text(std::string_view value) { return Bytes::copy_of(value); }

class Stopwatch {
 public:
  [[nodiscard]] std::chrono::milliseconds elapsed() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                 started_);
  }

 private:
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
};

}  // namespace capstan::services
