#include <capstan/host/diagnostics.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace capstan::host {
namespace {

std::string_view version_of(std::string_view interface_id) {
  const auto at = interface_id.rfind('@');
  return at == std::string_view::npos ? std::string_view{} : interface_id.substr(at + 1);
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

// Length of the token that covers position `at`, so that the mark underlines a word and not a
// letter.
std::pair<std::size_t, std::size_t> token_around(std::string_view text, std::size_t at) {
  std::size_t begin = std::min(at, text.size());
  std::size_t end = begin;
  while (begin > 0 && is_word(text[begin - 1])) --begin;
  while (end < text.size() && is_word(text[end])) ++end;
  if (end == begin && end < text.size()) ++end;
  return {begin, std::max<std::size_t>(end - begin, 1)};
}

}  // namespace

std::string_view without_version(std::string_view interface_id) {
  return interface_id.substr(0, interface_id.rfind('@'));
}

std::string compatibility_key(std::string_view interface_id) {
  const std::string_view version = version_of(interface_id);
  if (version.empty() || version.find_first_of("-+") != std::string_view::npos) return {};
  // The leading numbers up to and including the first that is not 0.
  std::size_t end = 0;
  while (true) {
    const std::size_t dot = version.find('.', end);
    const std::string_view number = version.substr(end, dot - end);
    const bool significant = number.find_first_not_of('0') != std::string_view::npos;
    if (significant || dot == std::string_view::npos) {
      const std::size_t length = dot == std::string_view::npos ? version.size() : dot;
      return fmt::format("{}@{}", without_version(interface_id), version.substr(0, length));
    }
    end = dot + 1;
  }
}

std::string rename_resources(std::string_view signature,
                             const std::map<std::string, std::string, std::less<>>& names) {
  std::string out;
  while (!signature.empty()) {
    const auto own = signature.find("own<");
    const auto borrow = signature.find("borrow<");
    const auto open = std::min(own == std::string_view::npos ? own : own + 4,
                               borrow == std::string_view::npos ? borrow : borrow + 7);
    if (open == std::string_view::npos) break;
    const auto close = signature.find('>', open);
    const std::string_view name = signature.substr(open, close - open);
    const auto known = names.find(name);
    out.append(signature.substr(0, open)).append(known == names.end() ? name : known->second);
    signature.remove_prefix(std::min(close, signature.size()));
  }
  return out.append(signature);
}

std::string show_difference(const Claim& first, const Claim& second) {
  const std::size_t width = std::max(first.owner.size(), second.owner.size());
  const auto [a, b] = std::mismatch(first.signature.begin(), first.signature.end(),
                                    second.signature.begin(), second.signature.end());
  const auto at = static_cast<std::size_t>(a - first.signature.begin());
  const auto show = [&](const Claim& claim) {
    const auto [begin, length] = token_around(claim.signature, at);
    const std::string head = fmt::format("  {:{}} ", fmt::format("{}:", claim.owner), width + 1);
    return fmt::format("{}{}\n{}{}", head, claim.signature, std::string(head.size() + begin, ' '),
                       std::string(length, '^'));
  };
  return show(first) + "\n" + show(second);
}

std::string advice_for_missing(std::string_view interface_id,
                               std::span<const std::string_view> provided, bool wasi_offered) {
  std::vector<std::string_view> versions;
  for (const std::string_view other : provided) {
    if (other != interface_id && without_version(other) == without_version(interface_id))
      versions.push_back(other);
  }
  if (versions.size() == 1)
    return fmt::format("the host provides another version of it: {}", versions[0]);
  if (!versions.empty())
    return fmt::format("the host provides other versions of it: {}", fmt::join(versions, ", "));
  constexpr std::string_view engine_wasi[] = {"wasi:cli/", "wasi:clocks/", "wasi:filesystem/",
                                              "wasi:io/",  "wasi:random/", "wasi:sockets/"};
  const bool is_wasi = std::ranges::any_of(
      engine_wasi, [&](std::string_view prefix) { return interface_id.starts_with(prefix); });
  if (is_wasi && !wasi_offered) return "it is part of WASI: call linker.add_wasi()";
  if (is_wasi) return "the engine's WASI, 0.2 and 0.3, has no such interface";
  if (const std::string_view near = nearest(interface_id, provided); !near.empty())
    return fmt::format("did you mean {}, which the host provides?", near);
  return "generate bindings for it with capstan_bindings() and register them with their "
         "add_to_linker()";
}

}  // namespace capstan::host
