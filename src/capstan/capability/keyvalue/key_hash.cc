#include <capstan/capability/keyvalue/key_hash.h>

#include <cstring>
#include <random>

namespace capstan::keyvalue {
namespace {

struct Secret {
  std::uint64_t start;
  std::uint64_t step;
};

Secret make_secret() {
  std::random_device random;
  const auto word = [&] { return std::uint64_t{random()} << 32 | random(); };
  return {word(), word() | 1};
}

// Both halves of the product depend on all bits of both factors.
__extension__ using Wide = unsigned __int128;
std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  const Wide product = Wide{a} * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t word_at(const char* bytes, std::size_t count) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, count);
  return word;
}

}  // namespace

std::uint64_t hash_of_key(std::string_view key) {
  static const Secret secret = make_secret();
  constexpr std::uint64_t odd = 0x9e37'79b9'7f4a'7c15;
  std::uint64_t hash = secret.start ^ key.size();
  const char* at = key.data();
  std::size_t left = key.size();
  for (; left > 8; at += 8, left -= 8) hash = mix(hash ^ word_at(at, 8), secret.step ^ odd);
  if (left > 0) hash = mix(hash ^ word_at(at, left), secret.step ^ odd);
  return mix(hash ^ odd, secret.step);
}

}  // namespace capstan::keyvalue
