#include <capstan/backend/service/resolver.h>

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <memory>
#include <system_error>
#include <thread>
#include <utility>

namespace capstan::service {
namespace {

enum class Kind : std::uint8_t { digits, name };

Result<Addresses> look_up(const std::string& host, Kind kind) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = kind == Kind::digits ? AI_NUMERICHOST : AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (failed != 0)
    return fail(ErrorCode::io,
                fmt::format("the name '{}' cannot be looked up: {}", host, ::gai_strerror(failed)));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(list, &::freeaddrinfo);
  Addresses addresses;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    std::array<char, NI_MAXHOST> digits{};
    if (::getnameinfo(entry->ai_addr, entry->ai_addrlen, digits.data(), digits.size(), nullptr, 0,
                      NI_NUMERICHOST) != 0)
      continue;
    if (std::ranges::find(addresses, digits.data()) == addresses.end())
      addresses.emplace_back(digits.data());
  }
  if (addresses.empty())
    return fail(ErrorCode::io, fmt::format("the name '{}' has no address", host));
  return addresses;
}

}  // namespace

void resolve(const EventLoop& loop, const std::string& host,
             std::function<void(Result<Addresses>)> found) {
  if (auto addresses = look_up(host, Kind::digits)) return found(std::move(addresses));
  try {
    // Detached: the system's resolver can take half a minute and cannot be stopped.
    std::thread([poster = loop.poster(), host, found] {
      poster.post([found, addresses = look_up(host, Kind::name)] { found(addresses); });
    }).detach();
  } catch (const std::system_error& error) {
    found(fail(ErrorCode::io, fmt::format("no thread can look up '{}': {}", host, error.what())));
  }
}

}  // namespace capstan::service
