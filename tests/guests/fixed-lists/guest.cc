// The echo guest for fixed-length lists.

#include <array>
#include <cstdint>

#include "fixed_lists_cpp.h"

namespace host = capstan::fixed_lists::host_echo;

namespace exports::capstan::fixed_lists {

using Numbers = std::array<std::uint32_t, 4>;
using Matrix = std::array<std::array<float, 2>, 3>;
using Many = std::array<std::uint16_t, 20>;

Numbers guest_echo::EchoNumbers(Numbers x) { return x; }
Matrix guest_echo::EchoMatrix(Matrix x) { return x; }
Many guest_echo::EchoMany(Many x) { return x; }

Numbers via_host::ViaHostNumbers(Numbers x) { return host::EchoNumbers(x); }
Matrix via_host::ViaHostMatrix(Matrix x) { return host::EchoMatrix(x); }
Many via_host::ViaHostMany(Many x) { return host::EchoMany(x); }

}  // namespace exports::capstan::fixed_lists
