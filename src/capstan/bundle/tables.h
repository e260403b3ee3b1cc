// The tables a bundle gives: read once, checked, and copied.
//
// Structures may be larger or smaller than ours when the bundle was compiled with another version:
// what is missing counts as zero. Everything that no version allows is an error: too small,
// absurdly large, texts without an end, functions without code.
//
// Internal to src/capstan/bundle.
#pragma once

#include <capstan/base/result.h>
#include <capstan/bundle.h>

#include <string>
#include <vector>

namespace capstan::bundle {

struct OfferedFunction {
  std::string name;
  std::string signature;
  capstan_function table;  // `name` and `signature` are the bundle's own
};

struct OfferedResource {
  std::string name;
  capstan_resource table;
};

struct OfferedInterface {
  std::string id;
  std::vector<OfferedFunction> functions;
  std::vector<OfferedResource> resources;
};

struct Tables {
  capstan_bundle bundle{};
  std::vector<OfferedInterface> interfaces;
};

[[nodiscard]] Result<Tables> read_tables(const capstan_bundle* bundle);

}  // namespace capstan::bundle
