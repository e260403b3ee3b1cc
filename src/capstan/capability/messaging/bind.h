// wasi:messaging@0.2.0-draft, as components import it, served by a messaging::Broker; sync and
// `async func` alike.
//
// What a component makes of a message is kept by the host: together at most `held_bytes_max`, of
// one component, and a single one as much as the limits below say. A message that is too large has
// no error of its own when it is made; it says so when it is sent.
#pragma once

#include <capstan/base/result.h>
#include <capstan/capability/messaging/messaging.h>
#include <capstan/host/linker.h>

#include <cstdint>
#include <memory>
#include <string_view>

namespace capstan::messaging {

inline constexpr std::string_view interfaces[] = {
    "wasi:messaging/types@0.2.0-draft",
    "wasi:messaging/producer@0.2.0-draft",
    "wasi:messaging/request-reply@0.2.0-draft",
};

struct BindOptions {
  std::uint64_t held_bytes_max = std::uint64_t{256} << 20;
};

// The linker and all that is prepared with it share the broker.
Result<void> bind(LinkerBase& linker, const std::shared_ptr<Broker>& broker,
                  const BindOptions& options = {});

}  // namespace capstan::messaging
