// Arbitrary text as WIT: parsing and generating bindings end with files or with a message, whatever
// the text.
#include "host/generate.h"
#include "model.h"
#include "toolchain.h"

#include <cstdint>
#include <cstdlib>
#include <string>

namespace codegen = capstan::codegen;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  codegen::WitInput input;
  input.sources.push_back({"fuzz.wit", std::string(reinterpret_cast<const char*>(data), size)});
  input.all_features = true;
  const auto wit = codegen::Wit::parse(input);
  if (!wit) {
    // A refusal always says why.
    if (wit.error().empty()) std::abort();
    return 0;
  }
  const auto world = wit->select_world("");
  if (!world) return 0;
  const auto json = wit->json();
  const auto model = json ? codegen::read_model(*json) : std::unexpected(json.error());
  if (!model) std::abort();  // what the toolchain resolved must be readable
  codegen::HostOptions options;
  options.wit = input;
  const auto files = codegen::generate_host(*model, *world, options);
  if (!files && files.error().empty()) std::abort();
  return 0;
}
