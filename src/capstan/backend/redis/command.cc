#include <capstan/backend/redis/command.h>

#include <capstan/base/check.h>

#include <fmt/format.h>
#include <hiredis/hiredis.h>

namespace capstan::redis {
namespace {

// "$<length>\r\n", "\r\n" around each word.
constexpr std::size_t word_overhead = 16;

}  // namespace

Command::Command(service::Effect effect, std::size_t words, std::size_t bytes_expected)
    : effect_(effect), missing_(words) {
  wire_.reserve(bytes_expected + (words + 1) * word_overhead);
  wire_ += fmt::format(FMT_STRING("*{}\r\n"), words);
}

Command& Command::add(std::string_view word) & {
  CAPSTAN_CHECK(missing_ > 0, "a command has more words than were announced");
  --missing_;
  const fmt::format_int length(word.size());
  wire_ += '$';
  wire_.append(length.data(), length.size());
  wire_ += "\r\n";
  wire_ += word;
  wire_ += "\r\n";
  return *this;
}

Command& Command::add(std::int64_t number) & {
  const fmt::format_int text(number);
  return add(std::string_view(text.data(), text.size()));
}

Reply Reply::copy_of(const redisReply& reply) {
  Reply copy;
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
    case REDIS_REPLY_BOOL:
      copy.kind = Kind::number;
      copy.number = reply.integer;
      break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_VERB:
    case REDIS_REPLY_BIGNUM:
    case REDIS_REPLY_DOUBLE:
      copy.kind = Kind::text;
      copy.text = Bytes::copy_of(std::string_view(reply.str, reply.len));
      break;
    case REDIS_REPLY_ARRAY:
    case REDIS_REPLY_SET:
    case REDIS_REPLY_MAP:
      copy.kind = Kind::list;
      copy.list.reserve(reply.elements);
      // The protocol's reader bounds how deep lists are.
      for (std::size_t i = 0; i < reply.elements; ++i)
        copy.list.push_back(copy_of(*reply.element[i]));
      break;
    default:
      break;
  }
  return copy;
}

}  // namespace capstan::redis
