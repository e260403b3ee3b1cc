// A real redis-server for a test: on a free port of the loopback interface, in a folder of its own,
// ended with the test.
//
//   RedisServer server;
//   auto store = redis::connect_with({.host = "127.0.0.1", .port = server.port()});
//   server.cli({"GET", "bucket:key"});
//
// Threads: one at a time.
#pragma once

#include "child.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace capstan::services {

class RedisServer {
 public:
  struct Options {
    std::string password = {};
    bool durable = false;           // what was acknowledged survives a kill
    std::string certificates = {};  // a folder with ca.crt, server.crt and server.key: TLS only
    bool wants_client_certificate = false;
  };
  RedisServer() : RedisServer(Options()) {}
  explicit RedisServer(const Options& options);
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;
  ~RedisServer() = default;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  // What redis-cli prints, without the end of the last line.
  std::string cli(const std::vector<std::string>& words) const;

  // As when the machine fails.
  void kill() { child_->kill(); }
  // Starts again on the same port, and waits until it serves.
  void start();
  // The process neither ends nor answers, until it is continued.
  void freeze() const;
  void thaw() const;

 private:
  [[nodiscard]] bool serves() const;
  [[nodiscard]] std::vector<std::string> cli_words() const;

  Options options_;
  Folder folder_;
  std::uint16_t port_ = 0;
  std::unique_ptr<Child> child_;
};

}  // namespace capstan::services
