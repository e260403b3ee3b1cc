// Topics and patterns of topics.
//
//   orders.created.eu       a topic: tokens between dots
//   orders.*.eu             `*` stands for one token
//   orders.>                `>` stands for one token or more, at the end only
//
// Tokens are not empty and have no white space or control characters; case matters. `*` and `>` are
// special as whole tokens only. Topics that begin with `$` are the broker's own: nobody sends to
// them, and a pattern matches them only if it begins with the same token; so `>` is everything that
// was sent and no dead letters, which are `$dead.>`.
//
// An application's topics on a broker that others use too begin with a token of its own, which the
// application does not see.
#pragma once

#include <capstan/capability/messaging/messaging.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace capstan::messaging {

inline constexpr std::size_t topic_bytes_max = 1024;

// For sending.
[[nodiscard]] Outcome<void> check_topic(std::string_view topic);
// For subscribing.
[[nodiscard]] Outcome<void> check_pattern(std::string_view pattern);

// Both have been checked.
[[nodiscard]] bool matches(std::string_view pattern, std::string_view topic);

// The topics of one application: "shop." before each, or nothing when it shares those of all.
class TopicSpace {
 public:
  // Empty: shared. Any text; what cannot be in a token is escaped.
  explicit TopicSpace(std::string_view name);

  // A topic or pattern as the broker sees it, and the way back. "$dead.x" is "$dead.shop.x".
  [[nodiscard]] std::string outside(std::string_view topic) const;
  [[nodiscard]] std::string inside(std::string_view topic) const;

 private:
  std::string prefix_;
};

}  // namespace capstan::messaging
