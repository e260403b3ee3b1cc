// Key-value storage in Redis.
//
//   auto store = redis::connect();                                  // REDIS_URL and its friends
//   auto store = redis::connect_with({.host = "cache", .database = 2});
//
// A key of a bucket is the key `{bucket}:{key}` of the database, a string whose bytes are the
// value; nothing expires. A ':' or '%' in the name of a bucket is written as "%3A" or "%25", so
// that no two buckets share a key.
//
// One thread and a few connections serve a store; what any number of guests ask at the same time is
// pipelined. Every call ends within the timeout, also while the server is away; what is safe to
// repeat (service/failure.h) is repeated when a connection breaks. Nothing here needs more of a
// server than Redis 4 has.
//
// Threads: stores are used from any thread. Ending one ends its thread and its connections.
#pragma once

#include <capstan/base/result.h>
#include <capstan/base/url.h>
#include <capstan/capability/keyvalue/keyvalue.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace capstan::redis {

struct Options {
  std::string host = "localhost";
  std::uint16_t port = 6379;
  std::string user;
  std::string password;
  std::uint32_t database = 0;

  // How long one command may take, reconnecting and waiting for its turn included.
  std::chrono::milliseconds timeout = std::chrono::milliseconds(5000);
  std::uint32_t max_retries = 3;  // REDIS_MAX_RETRIES: of a command and of a connection
  std::chrono::milliseconds max_delay = std::chrono::milliseconds(1000);  // REDIS_MAX_DELAY
  std::size_t connections = 1;
  std::size_t in_flight = 1024;  // commands at a time; further ones wait

  enum class Connect : std::uint8_t { lazy, eager };
  Connect connect = Connect::lazy;  // eager: opening the store fails when there is no server

  // How counters are stored: as all backends do, or in digits, as INCR does.
  enum class Counters : std::uint8_t { binary, decimal };
  Counters counters = Counters::binary;

  // Whether a set is sent again when the connection broke before the answer came. If somebody on
  // another connection wrote the same key in between, that is undone.
  enum class Sets : std::uint8_t { repeat, once };
  Sets sets = Sets::repeat;

  struct Tls {
    bool on = false;
    std::string ca_file;           // empty: the system's
    std::string certificate_file;  // empty: none is shown
    std::string key_file;
    bool insecure = false;  // believes any server
  };
  Tls tls;
};

// From a URL, which goes before the environment: REDIS_MAX_RETRIES and REDIS_MAX_DELAY, and
// REDIS_URL when the URL is only "redis".
[[nodiscard]] Result<Options> options_from(const Url& url);

[[nodiscard]] Result<std::shared_ptr<keyvalue::Store>> connect_with(const Options& options);
[[nodiscard]] Result<std::shared_ptr<keyvalue::Store>> connect(const Url& url);
[[nodiscard]] Result<std::shared_ptr<keyvalue::Store>> connect();

}  // namespace capstan::redis
