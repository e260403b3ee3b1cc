// The host of bench/components/calls.wat: linked into a benchmark, and in a bundle.
#pragma once

#include "calls.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::bench {

namespace host = wit::bench::calls::host;

class Bucket final : public host::Bucket {
 public:
  explicit Bucket(std::uint32_t seed) : seed_(seed) {}
  std::uint32_t get(std::uint32_t key) override { return seed_ + key; }

 private:
  std::uint32_t seed_;
};

class Host final : public host::Host {
 public:
  std::unique_ptr<host::Bucket> make_bucket(std::uint32_t seed) override {
    return std::make_unique<Bucket>(seed);
  }
  std::uint32_t add(std::uint32_t a, std::uint32_t b) override { return a + b; }
  std::uint32_t take_bytes(std::span<const std::uint8_t> bytes) override {
    return static_cast<std::uint32_t>(bytes.size());
  }
  std::vector<std::uint8_t> give_bytes(std::uint32_t count) override {
    return {blob_.begin(), blob_.begin() + count};
  }
  std::string echo(std::string_view text) override { return std::string(text); }
  std::vector<host::Entry> echo_entries(std::vector<host::Entry> entries) override {
    return entries;
  }

 private:
  std::vector<std::uint8_t> blob_ = std::vector<std::uint8_t>(1 << 20, 7);
};

}  // namespace capstan::bench
