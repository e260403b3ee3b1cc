// A command as it goes over the wire, and the reply that comes back.
//
// Threads: values; used from any thread.
#pragma once

#include <capstan/backend/service/failure.h>
#include <capstan/base/bytes.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct redisReply;

namespace capstan::redis {

// Written once, on the thread of whoever asks: a number of words, each of any bytes.
class Command {
 public:
  Command(service::Effect effect, std::size_t words, std::size_t bytes_expected = 0);
  Command& add(std::string_view word) &;
  Command& add(const Bytes& word) & { return add(word.text()); }
  Command& add(std::int64_t number) &;
  template <typename Word>
  Command&& add(const Word& word) && {
    return std::move(add(word));
  }

  [[nodiscard]] service::Effect effect() const { return effect_; }
  [[nodiscard]] std::string_view wire() const { return wire_; }
  // All words are there.
  [[nodiscard]] bool complete() const { return missing_ == 0; }

 private:
  service::Effect effect_;
  std::size_t missing_;
  std::string wire_;
};

struct Reply {
  enum class Kind : std::uint8_t { none, number, text, list };
  Kind kind = Kind::none;
  std::int64_t number = 0;
  Bytes text;
  std::vector<Reply> list;

  // Copies what hiredis read; errors inside a list count as nothing.
  [[nodiscard]] static Reply copy_of(const redisReply& reply);
};

using Answer = std::expected<Reply, service::Failure>;

}  // namespace capstan::redis
