// Calling a component for a message: the other direction of bind.h.
#pragma once

#include <capstan/base/result.h>
#include <capstan/base/task.h>
#include <capstan/capability/messaging/messaging.h>
#include <capstan/host/engine.h>
#include <capstan/host/instance.h>

#include <memory>
#include <string_view>

namespace capstan::messaging {

inline constexpr std::string_view handler_interface = "wasi:messaging/incoming-handler@0.2.0-draft";

[[nodiscard]] bool exports_handler(const Component& component);

// Calls wasi:messaging/incoming-handler of an instance whose imports bind() serves; `client` is
// what its replies go through. The outer result is the call's: a trap, a limit, another type. The
// inner one is what the component answered.
[[nodiscard]] Task<Result<Outcome<void>>> handle(Instance instance, std::shared_ptr<Client> client,
                                                 Message message);

}  // namespace capstan::messaging
