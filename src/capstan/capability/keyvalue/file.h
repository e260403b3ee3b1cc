// The key-value backend on a folder: each bucket is a sub-folder, each key a file that people can
// read and edit (keyfiles/folder.h). It shares its folders with the keyvalue-filesystem component
// and with any number of processes.
#pragma once

#include <capstan/base/pool.h>
#include <capstan/base/result.h>
#include <capstan/capability/keyvalue/keyvalue.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>

namespace capstan::keyvalue {

struct FileOptions {
  std::filesystem::path folder;  // has to exist
  // Whether a value that was set survives a power cut. Without, it survives a crash of the program.
  enum class Durable : std::uint8_t { no, yes } durable = Durable::yes;
  // What opening a bucket that has no folder does: an error, as the component does, or a new one.
  enum class Missing : std::uint8_t { refused, made } missing = Missing::refused;
  // After this time a writer that died no longer keeps others from its key.
  std::chrono::milliseconds lock_lease = std::chrono::seconds(5);
  // Where files are read and written; none: on the thread that calls. Shared with whoever else
  // uses it.
  std::shared_ptr<BlockingPool> pool = nullptr;
};

[[nodiscard]] Result<std::shared_ptr<Store>> connect_with(const FileOptions& options);

}  // namespace capstan::keyvalue
