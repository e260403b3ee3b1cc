// Where log messages go, by its address:
//
//   stderr       level=trace|debug|info|warn|error|critical, format=human|json, timestamps=yes,
//                components=yes, message-bytes=SIZE, lines-per-second=N
//   file:PATH    the same
//   none
#pragma once

#include <capstan/base/result.h>
#include <capstan/base/url.h>
#include <capstan/capability/logging/sink.h>

#include <memory>

namespace capstan::logging {

// The variable of the environment CAPSTAN_LOGGING has the address; without it, `stderr`.
[[nodiscard]] Result<std::shared_ptr<Sink>> connect();
[[nodiscard]] Result<std::shared_ptr<Sink>> connect(const Url& url);

}  // namespace capstan::logging
