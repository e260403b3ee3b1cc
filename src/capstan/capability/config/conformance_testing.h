// What every source of configuration values has to do: one suite, instantiated for each backend.
#pragma once

#include <capstan/capability/config/config.h>

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>

namespace capstan::config {

struct ConfigBackend {
  std::string name;
  // A source of these values, each key once.
  std::function<Result<std::shared_ptr<Source>>(const Values& values)> make;

  friend void PrintTo(const ConfigBackend& backend, std::ostream* out) { *out << backend.name; }
};

class ConfigConformance : public testing::TestWithParam<ConfigBackend> {};

}  // namespace capstan::config
