// The durable embedded key-value backend: one SQLite file, which any number of threads and
// processes of one machine may use at once.
//
// What was acknowledged is on the disk: it outlives a killed process and, with Sync::full, a loss
// of power. The file may hold tables of others too; those of this backend are called
// capstan_keyvalue.
#pragma once

#include <capstan/base/pool.h>
#include <capstan/base/result.h>
#include <capstan/capability/keyvalue/keyvalue.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace capstan::keyvalue {

struct SqliteOptions {
  enum class Sync : std::uint8_t {
    full,    // each change waits for the disk
    normal,  // a loss of power can take the last changes, all of each; a killed process cannot
  };

  std::string file = {};  // made when it is not there, in a folder that is
  Sync sync = Sync::full;
  std::uint64_t bytes_max = std::uint64_t{1} << 30;  // of the whole file
  std::uint64_t busy_timeout_ms = 5000;              // how long to wait for other processes
  std::size_t connections = 4;                       // calls in progress at once
  // Runs the calls, so that threads that run guests do not wait for the disk; shared with whoever
  // else uses it. Without one they run on the calling thread, and tasks are finished at once.
  std::shared_ptr<BlockingPool> pool = nullptr;
};

[[nodiscard]] Result<std::shared_ptr<Store>> connect_with(const SqliteOptions& options);

}  // namespace capstan::keyvalue
