// One interface in the form the engine takes: made once from its shape, and then only pointed to.
//
// Internal to src/capstan; nothing here is part of the library's interface.
#pragma once

#include <capstan/host/interface.h>

#include <string>
#include <vector>

namespace capstan::host {

// Neither copied nor moved: the engine, or the host of a bundle, keeps the addresses.
struct Table {
  Table() = default;
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  // Once, on an empty table.
  void fill(const InterfaceShape& from, Provider by);

  InterfaceShape shape;
  Provider provider;
  std::vector<abi::BoundFunction> bound;
  std::vector<std::string> signatures;
  std::vector<capstan_function> functions;
  std::vector<capstan_resource> resources;
};

}  // namespace capstan::host
