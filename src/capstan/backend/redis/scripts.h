// What has to happen in one step and is no command of Redis: as Lua, which the server runs alone.
#pragma once

#include <string>
#include <string_view>

namespace capstan::redis {

struct Script {
  std::string_view text;
  std::string digest;  // by which a server that has seen it knows it
};

// KEYS[1]: the counter; ARGV[1]: what to add, 8 bytes like the counter itself. Gives the sum; or,
// when there can be none, a list with what the key has, and leaves it alone.
[[nodiscard]] const Script& increment_script();
// KEYS[1]: the key; ARGV[1]: "1" if it is expected to be there, then with the value ARGV[2];
// ARGV[3]: the new value. Gives 1 or 0.
[[nodiscard]] const Script& swap_script();

}  // namespace capstan::redis
