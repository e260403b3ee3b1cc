// Address: the part of a service's URL that says where it is and who asks.
//
//   //user:password@cache.example:6379/2
//
// Threads: values; used from any thread.
#pragma once

#include <capstan/base/result.h>
#include <capstan/base/url.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace capstan::service {

struct Address {
  std::string user;      // percent-decoded, like the password
  std::string password;  // never part of a message
  std::string host;      // without the brackets of an IPv6 address
  std::uint16_t port = 0;
  std::string path;  // percent-decoded, without the '/' in front

  // "cache:6379", "[::1]:6379": for messages.
  [[nodiscard]] std::string shown() const;
};

// Reads `url.rest`. Without a port it is `default_port`.
[[nodiscard]] Result<Address> parse_address(const Url& url, std::uint16_t default_port);

// `text` with every occurrence of a secret replaced by "***": for what a service says about us.
[[nodiscard]] std::string without_secret(std::string_view text, std::string_view secret);

}  // namespace capstan::service
