// The WIT of a bundle, as what its library must offer: names and canonical signatures.
//
// Internal to src/capstan/bundle.
#pragma once

#include <capstan/base/result.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::bundle {

struct WitFunction {
  std::string name;       // "[method]bucket.get"
  std::string signature;  // the grammar is that of capstan_item in engine.h
};

struct WitResource {
  std::string name;
  std::string origin;  // "wasi:keyvalue/store@0.2.0.bucket", also where another interface uses it
};

struct WitInterface {
  std::string id;
  std::vector<WitFunction> functions;
  std::vector<WitResource> resources;
};

// What the WIT at `path` (a file, or a folder with deps/) asks for: every interface the world
// imports, or exports when it imports nothing; without a world, every interface of the packages at
// `path` itself. Interfaces of types only are left out.
[[nodiscard]] Result<std::vector<WitInterface>> read_wit(const std::filesystem::path& path,
                                                         std::string_view world);

}  // namespace capstan::bundle
