// What `capstan-bindgen host` was asked for.
#pragma once

#include <string>
#include <vector>

#include "../toolchain.h"

namespace capstan::codegen {

// Which imported functions get `Task<T>` results.
enum class AsyncChoice {
  automatic,  // those that WIT declares `async func`
  all,
  none,
  listed,  // those of the interfaces in `async_interfaces`
};

// What `list<u8>` is where it is owned.
enum class BytesChoice {
  vector,  // std::vector<std::uint8_t>
  shared,  // capstan::Bytes
};

struct HostOptions {
  WitInput wit;
  std::string world;          // empty: the only one
  std::string cpp_namespace;  // --namespace; empty: derived from the WIT
  AsyncChoice async_choice = AsyncChoice::automatic;
  std::vector<std::string> async_interfaces;  // with `AsyncChoice::listed`
  BytesChoice bytes_choice = BytesChoice::vector;
  std::string output_folder;
  bool check = false;   // write nothing; fail if a file would change
  std::string depfile;  // empty: none
};

}  // namespace capstan::codegen
