#include <capstan/backend/redis/scripts.h>

#include <openssl/evp.h>

#include <array>

namespace capstan::redis {
namespace {

// Lua's numbers are doubles, exact to 53 bits only: so bytes are added, with a carry. The sum of
// two numbers of one sign has the other sign only when it is too large. SETRANGE makes the key
// when it is missing, and leaves the time to live alone when somebody gave it one.
constexpr std::string_view increment = R"(
local old = redis.call('GET', KEYS[1]) or string.rep('\0', 8)
if #old ~= 8 then return {old} end
local sum, carry = {}, 0
for i = 1, 8 do
  local digit = old:byte(i) + ARGV[1]:byte(i) + carry
  carry = digit > 255 and 1 or 0
  sum[i] = digit % 256
end
local negative = old:byte(8) > 127
if negative == (ARGV[1]:byte(8) > 127) and negative ~= (sum[8] > 127) then
  return {old}
end
local new = string.char(unpack(sum))
redis.call('SETRANGE', KEYS[1], 0, new)
return new
)";

constexpr std::string_view swap = R"(
local old = redis.call('GET', KEYS[1])
if ARGV[1] == '1' then
  if old ~= ARGV[2] then return 0 end
elseif old then
  return 0
end
redis.call('SET', KEYS[1], ARGV[3])
return 1
)";

std::string sha1(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), bytes.data(), &size, EVP_sha1(), nullptr);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += digits[bytes[i] >> 4U];
    hex += digits[bytes[i] & 15U];
  }
  return hex;
}

}  // namespace

const Script& increment_script() {
  static const Script script{increment, sha1(increment)};
  return script;
}

const Script& swap_script() {
  static const Script script{swap, sha1(swap)};
  return script;
}

}  // namespace capstan::redis
