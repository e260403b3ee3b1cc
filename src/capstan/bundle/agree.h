// Whether what a library offers is what its WIT says. Equal signatures are what makes calls safe.
//
// Internal to src/capstan/bundle.
#pragma once

#include <capstan/bundle/tables.h>
#include <capstan/bundle/wit.h>

namespace capstan::bundle {

// The error lists everything that does not agree.
[[nodiscard]] Result<void> check_agreement(const Tables& tables,
                                           const std::vector<WitInterface>& wit);

}  // namespace capstan::bundle
