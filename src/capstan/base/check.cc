#include <capstan/base/check.h>

#include <cstdio>
#include <cstdlib>

namespace capstan::base {

void check_failed(std::string_view condition, std::string_view explanation,
                  std::source_location where) {
  std::fprintf(stderr, "capstan: bug at %s:%u: %.*s (%.*s)\n", where.file_name(),
               static_cast<unsigned>(where.line()), static_cast<int>(explanation.size()),
               explanation.data(), static_cast<int>(condition.size()), condition.data());
  std::abort();
}

}  // namespace capstan::base
