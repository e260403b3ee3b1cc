// wasi:logging/logging@0.1.0-draft, served by a logging::Log.
#pragma once

#include <capstan/base/result.h>
#include <capstan/capability/logging/logging.h>
#include <capstan/host/linker.h>

#include <memory>
#include <string_view>

namespace capstan::logging {

inline constexpr std::string_view interfaces[] = {"wasi:logging/logging@0.1.0-draft"};

// The linker and all that is prepared with it share the log.
Result<void> bind(LinkerBase& linker, const std::shared_ptr<Log>& log);

}  // namespace capstan::logging
