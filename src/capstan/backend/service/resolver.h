// Looks up the addresses of a host without making an event loop wait.
#pragma once

#include <capstan/backend/service/event_loop.h>
#include <capstan/base/result.h>

#include <functional>
#include <string>
#include <vector>

namespace capstan::service {

// Numeric addresses, as the system orders them; at least one.
using Addresses = std::vector<std::string>;

// Calls `found` on the loop, from which it is called: at once for an address in digits, else after
// a thread of its own has asked. It is not called any more once the loop has ended.
void resolve(const EventLoop& loop, const std::string& host,
             std::function<void(Result<Addresses>)> found);

}  // namespace capstan::service
