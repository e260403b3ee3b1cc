#include <string>

#include "plugin_cpp.h"

wit::string exports::plugin::Greet(std::uint32_t seed) {
  return wit::string::from_view("Hello, " + example::greeter::names::Pick(seed).to_string() + "!");
}
