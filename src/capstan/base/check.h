// CAPSTAN_CHECK: a bug in our own code ends the process, with the place and the condition.
//
// For conditions that only a mistake in Capstan or a misuse of its API can break. What a guest, a
// file or the network can cause is never checked with this: those are values (result.h).
#pragma once

#include <source_location>
#include <string_view>

namespace capstan::base {

[[noreturn]] void check_failed(std::string_view condition, std::string_view explanation,
                               std::source_location where = std::source_location::current());

}  // namespace capstan::base

#define CAPSTAN_CHECK(condition, explanation)                 \
  do {                                                        \
    if (!(condition)) [[unlikely]]                            \
      ::capstan::base::check_failed(#condition, explanation); \
  } while (false)
