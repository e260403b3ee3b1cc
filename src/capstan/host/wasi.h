// What a guest gets of the system through WASI. Nothing is granted unless said here.
//
//   Store store(State{}, {.wasi = {.arguments = {"tool", "-v"},
//                                  .directories = {{.host = "data", .guest = "/data"}},
//                                  .standard_output = wasi::Inherit{}}});
//
// Clocks and random numbers always work. A linker offers WASI to components after
// Linker::add_wasi().
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace capstan {

namespace wasi {

enum class Access : std::uint8_t { read_only, read_write };

struct Directory {
  std::string host;   // a directory of this machine
  std::string guest;  // what the guest calls it
  Access access = Access::read_only;
};

struct Discard {};  // output goes nowhere; input is empty
struct Inherit {};  // the process's own stream
struct Descriptor {
  int fd = -1;  // duplicated; the caller keeps its own
};
// Called for every write, on the thread that runs the guest; must not throw.
struct Sink {
  std::function<void(std::string_view bytes)> write;
};
struct Bytes {
  std::string bytes;  // standard input from memory
};

using Input = std::variant<Discard, Inherit, Descriptor, Bytes>;
using Output = std::variant<Discard, Inherit, Descriptor, Sink>;

// A sink that appends to `text`, which must outlive the store.
[[nodiscard]] inline Sink append_to(std::string& text) {
  return {[&text](std::string_view bytes) { text.append(bytes); }};
}

}  // namespace wasi

struct Wasi {
  std::vector<std::string> arguments = {};  // the first is the program's name
  std::vector<std::pair<std::string, std::string>> environment = {};
  std::vector<wasi::Directory> directories = {};
  wasi::Input standard_input = {};
  wasi::Output standard_output = {};
  wasi::Output standard_error = {};
  bool network = false;  // all of it, name look-up too
  // Or address by address: "example.org:443", "127.0.0.1:*", "[::1]:80", "*:53". Sockets connect,
  // send, receive, bind and listen there only, and only these names are looked up. A name stands
  // for the addresses it has when a socket uses it.
  std::vector<std::string> allowed_addresses = {};
  // File operations run on the guest's thread: much faster, for guests that own their thread.
  bool block_on_files = true;
};

}  // namespace capstan
