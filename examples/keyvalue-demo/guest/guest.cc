// The guest of the key-value demo: stores a value, reads it back, logs it, and returns it.

#include <cstdio>
#include <expected>
#include <string>
#include <utility>

#include "demo_cpp.h"

namespace store = demo::keyvalue::store;
namespace logging = wasi::logging::logging;

namespace {

std::unexpected<wit::string> failure(const char* doing, wit::string reason) {
  std::fprintf(stderr, "guest: cannot %s: %s\n", doing, reason.to_string().c_str());
  return std::unexpected(std::move(reason));
}

}  // namespace

std::expected<wit::string, wit::string> exports::demo::Run() {
  auto bucket = store::Open("demo");
  if (!bucket) {
    return failure("open the bucket", std::move(bucket.error()));
  }
  if (auto stored = bucket->Set("hello", "world"); !stored) {
    return failure("store the value", std::move(stored.error()));
  }
  auto value = bucket->Get("hello");
  if (!value) {
    return failure("read the value", std::move(value.error()));
  }
  if (!value->has_value()) {
    return failure("read the value", wit::string::from_view("the key is not there"));
  }
  const std::string message = "res from guest: " + (*value)->to_string();
  logging::Log(logging::Level::kInfo, "I/O", message);
  return std::move(**value);
}
