// Where configuration values come from, by its address:
//
//   options      the values that were granted, and nothing else
//   file:PATH    those of a file as well (file.h); format=toml or format=lines when the file's name
//                does not say it
#pragma once

#include <capstan/base/result.h>
#include <capstan/base/url.h>
#include <capstan/capability/config/config.h>

#include <memory>

namespace capstan::config {

// The variable of the environment CAPSTAN_CONFIG has the address; without it there are no values.
[[nodiscard]] Result<std::shared_ptr<Source>> connect();
// `granted` wins over what is at the address.
[[nodiscard]] Result<std::shared_ptr<Source>> connect(const Url& url, const Values& granted);

}  // namespace capstan::config
