// Brokers by address.
//
//   memory?messages=100&attempts=3       see MemoryOptions
//
// The environment variable MESSAGING_URL has the address for connect(); without it, it is "memory".
#pragma once

#include <capstan/base/result.h>
#include <capstan/base/url.h>
#include <capstan/capability/messaging/messaging.h>

#include <memory>

namespace capstan::messaging {

[[nodiscard]] Result<std::shared_ptr<Broker>> connect();
[[nodiscard]] Result<std::shared_ptr<Broker>> connect(const Url& url);

}  // namespace capstan::messaging
