// Files of one folder, through its descriptor: no name leads anywhere else, and no symbolic link
// is followed.
#pragma once

#include <capstan/base/descriptor.h>
#include <capstan/keyfiles/failure.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace capstan::keyfiles {

// Tells one version of a file from another.
struct Stamp {
  std::uint64_t inode = 0;
  std::int64_t modified_ns = 0;
  std::uint64_t size = 0;

  bool operator==(const Stamp&) const = default;
};

struct Contents {
  std::vector<std::uint8_t> bytes;
  Stamp stamp;
};

// A value that is larger is refused, so that a file somebody put there cannot exhaust memory.
inline constexpr std::uint64_t value_bytes_max = std::uint64_t{512} << 20;

enum class Sync : std::uint8_t { off, on };

// A folder inside another one; `no_such_store` if there is none.
[[nodiscard]] Outcome<Descriptor> open_folder(int parent, const std::string& name);

// Nothing if there is no ordinary file of that name: folders, links, pipes and devices are none.
[[nodiscard]] Outcome<std::optional<Contents>> read_file(int folder, const std::string& name);
[[nodiscard]] Outcome<std::optional<Stamp>> stamp_of(int folder, const std::string& name);

// A new file with a temporary name, which is given; nothing is left of it after a failure.
[[nodiscard]] Outcome<std::string> write_temporary(int folder, std::span<const std::uint8_t> bytes,
                                                   Sync sync);
// Gives a temporary file its name, in place of what had it before; readers see the old file or the
// new one. After a failure the temporary file is gone.
[[nodiscard]] Outcome<void> publish(int folder, const std::string& temporary,
                                    const std::string& name, Sync sync);
// Says whether there was one.
[[nodiscard]] Outcome<bool> remove_file(int folder, const std::string& name, Sync sync);

// A name nobody else uses: ".tmp-" and digits.
[[nodiscard]] std::string temporary_name();

}  // namespace capstan::keyfiles
