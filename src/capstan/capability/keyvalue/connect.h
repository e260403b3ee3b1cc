// The embedded key-value backends by their addresses:
//
//   memory?bytes=256MiB&keys=1000000
//   sqlite:FILE?sync=full&bytes=1GiB&busy=5s&connections=4&threads=4
//
// All options may be left out. `threads` makes calls of SQLite run on threads of its own; without
// it they run on the calling one.
#pragma once

#include <capstan/base/result.h>
#include <capstan/base/url.h>
#include <capstan/capability/keyvalue/keyvalue.h>

#include <memory>

namespace capstan::keyvalue {

// The backend that the environment variable CAPSTAN_KEYVALUE has the address of; without it,
// memory.
[[nodiscard]] Result<std::shared_ptr<Store>> connect();

[[nodiscard]] Result<std::shared_ptr<Store>> connect(const Url& url);

}  // namespace capstan::keyvalue
