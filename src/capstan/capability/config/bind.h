// The versions of wasi:config that components import, served by a config::Source.
#pragma once

#include <capstan/base/result.h>
#include <capstan/capability/config/config.h>
#include <capstan/host/linker.h>

#include <memory>
#include <string_view>

namespace capstan::config {

inline constexpr std::string_view interfaces[] = {"wasi:config/store@0.2.0-rc.1",
                                                  "wasi:config/store@0.2.0-draft",
                                                  "wasi:config/runtime@0.2.0-draft"};

// The linker and all that is prepared with it share the source.
Result<void> bind(LinkerBase& linker, const std::shared_ptr<Source>& source);

}  // namespace capstan::config
