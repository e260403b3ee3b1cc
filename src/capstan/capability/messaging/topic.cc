#include <capstan/capability/messaging/topic.h>

#include <fmt/format.h>

namespace capstan::messaging {
namespace {

// Takes the first token off.
std::string_view next_token(std::string_view& rest) {
  const auto dot = rest.find('.');
  const std::string_view token = rest.substr(0, dot);
  rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
  return token;
}

std::unexpected<Error> wrong(std::string_view what, std::string_view text, std::string_view why) {
  return fail(ErrorKind::other, fmt::format("'{}' is no {}: {}", text, what, why));
}

// What topics and patterns have in common.
Outcome<void> check_tokens(std::string_view what, std::string_view text) {
  if (text.empty()) return wrong(what, text, "it is empty");
  if (text.size() > topic_bytes_max)
    return fail(ErrorKind::other,
                fmt::format("a {} of {} bytes is too long: at most {} are allowed", what,
                            text.size(), topic_bytes_max));
  if (text.front() == '.' || text.back() == '.' || text.find("..") != std::string_view::npos)
    return wrong(what, text, "there is nothing before or after one of its dots");
  for (const char& c : text)
    if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f')
      return fail(ErrorKind::other,
                  fmt::format("a {} has white space or a control character in it, after '{}'", what,
                              text.substr(0, static_cast<std::size_t>(&c - text.data()))));
  return {};
}

bool is_wildcard(std::string_view token) { return token == "*" || token == ">"; }

}  // namespace

Outcome<void> check_topic(std::string_view topic) {
  if (auto checked = check_tokens("topic", topic); !checked) return checked;
  std::string_view rest = topic;
  while (!rest.empty())
    if (is_wildcard(next_token(rest)))
      return wrong("topic", topic, "'*' and '>' are for subscribing, not for sending");
  if (topic.front() == '$')
    return fail(ErrorKind::permission_denied,
                fmt::format("'{}' begins with '$': such topics are the broker's own", topic));
  return {};
}

Outcome<void> check_pattern(std::string_view pattern) {
  if (auto checked = check_tokens("pattern", pattern); !checked) return checked;
  std::string_view rest = pattern;
  while (!rest.empty())
    if (next_token(rest) == ">" && !rest.empty())
      return wrong("pattern", pattern, "'>' can only be the last token");
  return {};
}

bool matches(std::string_view pattern, std::string_view topic) {
  if (topic.starts_with('$') && is_wildcard(pattern.substr(0, pattern.find('.')))) return false;
  while (!pattern.empty() && !topic.empty()) {
    const std::string_view wanted = next_token(pattern);
    if (wanted == ">") return true;
    const std::string_view token = next_token(topic);
    if (wanted != "*" && wanted != token) return false;
  }
  return pattern.empty() && topic.empty();
}

TopicSpace::TopicSpace(std::string_view name) {
  if (name.empty()) return;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_';
    prefix_ += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  prefix_ += '.';
}

std::string TopicSpace::outside(std::string_view topic) const {
  std::string full;
  if (topic.starts_with(dead_topic_prefix)) {
    full = dead_topic_prefix;
    topic.remove_prefix(dead_topic_prefix.size());
  }
  return full.append(prefix_).append(topic);
}

std::string TopicSpace::inside(std::string_view topic) const {
  std::string own;
  if (topic.starts_with(dead_topic_prefix)) {
    own = dead_topic_prefix;
    topic.remove_prefix(dead_topic_prefix.size());
  }
  if (topic.starts_with(prefix_)) topic.remove_prefix(prefix_.size());
  return own.append(topic);
}

}  // namespace capstan::messaging
