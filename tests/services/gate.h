// A gate between a client and a server, for tests of what happens when the network misbehaves.
//
//   Gate gate(server.port());
//   auto store = redis::connect_with({.host = "127.0.0.1", .port = gate.port()});
//   gate.cut();                    // every connection ends
//   gate.set({.delay_ms = 300});   // answers come late
//
// Threads: its functions from any thread; it works on one of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

namespace capstan::services {

class Gate {
 public:
  explicit Gate(std::uint16_t server_port);
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  ~Gate();

  [[nodiscard]] std::uint16_t port() const;

  struct Weather {
    bool refuse = false;               // nobody listens; what is connected stays so
    bool half_open = false;            // connections stay, and nothing passes
    int delay_ms = 0;                  // of answers
    std::size_t bytes_per_second = 0;  // of answers; 0: as fast as they come
    // Every connection ends when this much more has come from clients; the rest is not passed on.
    std::optional<std::size_t> cut_after_bytes = {};
    bool cut_before_answer = false;  // requests reach the server, and then the connection ends
  };
  void set(const Weather& weather);

  void cut();    // ends every connection in an orderly way
  void reset();  // ends every connection as a crash does

  // Connections that came, since the beginning.
  [[nodiscard]] std::size_t connections() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace capstan::services
