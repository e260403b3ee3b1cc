#include <capstan/backend/redis/bucket.h>

#include <capstan/backend/redis/scripts.h>
#include <capstan/capability/keyvalue/counter.h>
#include <capstan/capability/keyvalue/cursor.h>

#include <fmt/format.h>

#include <bit>
#include <set>
#include <utility>

namespace capstan::redis {
namespace {

using keyvalue::Entry;
using keyvalue::Observed;
using keyvalue::Outcome;
using keyvalue::Page;
using service::Effect;
using service::Failure;

// More would be refused by the server's protocol.
constexpr std::size_t batch_keys_max = 500'000;
constexpr std::int64_t scan_count = 1000;

std::unexpected<keyvalue::Error> error(std::string message) {
  return std::unexpected(keyvalue::Error{keyvalue::ErrorKind::other, std::move(message)});
}

std::unexpected<keyvalue::Error> error(const Failure& failure) {
  if (failure.kind != Failure::Kind::said_no) return error(failure.told());
  const std::string_view said = failure.message;
  if (said.starts_with("WRONGTYPE") || said.find("-WRONGTYPE") != std::string_view::npos)
    return error("the key holds something else than a value: it was not made through this store");
  if (said.find("not an integer") != std::string_view::npos)
    return error("the value is no counter: a decimal counter has digits");
  if (said.find("would overflow") != std::string_view::npos)
    return error("the sum does not fit: a counter has 64 bits with its sign");
  return error(fmt::format("redis refuses: {}", said));
}

std::unexpected<keyvalue::Error> unexpected_reply() {
  return error("redis answered something else than it should");
}

std::unexpected<keyvalue::Error> too_many_keys(std::size_t count) {
  return error(
      fmt::format("{} keys at once are too many: at most {} are possible", count, batch_keys_max));
}

// "sessions" -> "sessions:"; what would make two buckets share keys is escaped.
std::string prefix_of(std::string_view name) {
  std::string prefix;
  for (const char c : name) {
    if (c == ':')
      prefix += "%3A";
    else if (c == '%')
      prefix += "%25";
    else
      prefix += c;
  }
  return prefix + ':';
}

std::int64_t number_of(const Bytes& counter) {
  std::uint64_t bits = 0;
  for (std::size_t i = 8; i-- > 0;) bits = bits << 8U | counter.data()[i];
  return std::bit_cast<std::int64_t>(bits);
}

// What a bucket is, shared with the tasks that it makes: they may outlive it.
struct Place {
  Place(std::shared_ptr<Shared> from, std::string with)
      : shared(std::move(from)), prefix(std::move(with)) {}

  [[nodiscard]] Task<Answer> run(Command command) const {
    return shared->client->run(std::move(command));
  }
  [[nodiscard]] std::string full(std::string_view key) const {
    std::string name;
    name.reserve(prefix.size() + key.size());
    name += prefix;
    name += key;
    return name;
  }
  [[nodiscard]] Effect set_effect() const {
    return shared->client->options().sets == Options::Sets::repeat ? Effect::repeatable
                                                                   : Effect::once;
  }

  std::shared_ptr<Shared> shared;
  std::string prefix;
};
using Here = std::shared_ptr<const Place>;

// --- one key

Task<Outcome<std::optional<Bytes>>> read(Here here, Command command) {
  Task<Answer> asked = here->run(std::move(command));
  auto answer = co_await std::move(asked);
  if (!answer) co_return error(answer.error());
  if (answer->kind == Reply::Kind::none) co_return std::optional<Bytes>();
  if (answer->kind != Reply::Kind::text) co_return unexpected_reply();
  co_return std::optional<Bytes>(std::move(answer->text));
}

Task<Outcome<void>> write(Here here, Command command) {
  Task<Answer> asked = here->run(std::move(command));
  const auto answer = co_await std::move(asked);
  if (!answer) co_return error(answer.error());
  co_return Outcome<void>();
}

// Whether the number in the answer is not 0.
Task<Outcome<bool>> ask(Here here, Command command) {
  Task<Answer> asked = here->run(std::move(command));
  const auto answer = co_await std::move(asked);
  if (!answer) co_return error(answer.error());
  if (answer->kind != Reply::Kind::number) co_return unexpected_reply();
  co_return answer->number != 0;
}

// SET ... NX says OK or nothing.
Task<Outcome<bool>> insert_new(Here here, Command command) {
  Task<Answer> asked = here->run(std::move(command));
  const auto answer = co_await std::move(asked);
  if (!answer) co_return error(answer.error());
  co_return answer->kind == Reply::Kind::text;
}

// --- scripts

// Runs it by its digest, and by its text where the server has not seen it since it started.
Task<Answer> run_script(Here here, const Script& script, std::string key,
                        std::vector<Bytes> arguments) {
  const auto command = [&](std::string_view verb, std::string_view what) {
    Command made(Effect::once, arguments.size() + 4, what.size() + key.size());
    made.add(verb).add(what).add(std::int64_t{1}).add(key);
    for (const Bytes& argument : arguments) made.add(argument);
    return made;
  };
  Task<Answer> asked = here->run(command("EVALSHA", script.digest));
  auto answer = co_await std::move(asked);
  const bool unknown = !answer && answer.error().kind == Failure::Kind::said_no &&
                       answer.error().message.starts_with("NOSCRIPT");
  if (!unknown) co_return answer;
  Task<Answer> asked_again = here->run(command("EVAL", script.text));
  co_return co_await std::move(asked_again);
}

Task<Outcome<std::int64_t>> increment_binary(Here here, std::string key, std::int64_t delta) {
  std::vector<Bytes> arguments;
  arguments.push_back(keyvalue::counter_bytes(delta));
  Task<Answer> asked = run_script(here, increment_script(), std::move(key), std::move(arguments));
  const auto answer = co_await std::move(asked);
  if (!answer) co_return error(answer.error());
  if (answer->kind == Reply::Kind::list && answer->list.size() == 1)
    co_return keyvalue::counter_sum(answer->list[0].text.view(), delta);
  if (answer->kind != Reply::Kind::text || answer->text.size() != 8) co_return unexpected_reply();
  co_return number_of(answer->text);
}

Task<Outcome<std::int64_t>> increment_decimal(Here here, Command command) {
  Task<Answer> asked = here->run(std::move(command));
  const auto answer = co_await std::move(asked);
  if (!answer) co_return error(answer.error());
  if (answer->kind != Reply::Kind::number) co_return unexpected_reply();
  co_return answer->number;
}

Task<Outcome<bool>> swap_value(Here here, std::string key, std::optional<Bytes> seen, Bytes value) {
  std::vector<Bytes> arguments;
  arguments.push_back(Bytes::copy_of(std::string_view(seen ? "1" : "0")));
  arguments.push_back(seen ? *seen : Bytes());
  arguments.push_back(std::move(value));
  Task<Answer> asked = run_script(here, swap_script(), std::move(key), std::move(arguments));
  const auto answer = co_await std::move(asked);
  if (!answer) co_return error(answer.error());
  if (answer->kind != Reply::Kind::number) co_return unexpected_reply();
  co_return answer->number != 0;
}

Task<Outcome<Observed>> observe_value(Here here, Command command) {
  Task<Outcome<std::optional<Bytes>>> reading = read(here, std::move(command));
  auto value = co_await std::move(reading);
  if (!value) co_return std::unexpected(std::move(value).error());
  Observed seen;
  seen.value = *std::move(value);
  co_return seen;
}

// --- many keys

Task<Outcome<std::vector<std::optional<Bytes>>>> read_many(Here here, Command command,
                                                           std::size_t count) {
  Task<Answer> asked = here->run(std::move(command));
  auto answer = co_await std::move(asked);
  if (!answer) co_return error(answer.error());
  if (answer->kind != Reply::Kind::list || answer->list.size() != count)
    co_return unexpected_reply();
  std::vector<std::optional<Bytes>> values(count);
  for (std::size_t i = 0; i < count; ++i)
    if (answer->list[i].kind == Reply::Kind::text) values[i] = std::move(answer->list[i].text);
  co_return values;
}

// One step of a scan: the keys with their prefix, and where to go on; "0": nowhere.
struct Scanned {
  Scanned() = default;
  std::string cursor;
  std::vector<Bytes> keys;
};

Task<Outcome<Scanned>> scan(Here here, std::string cursor) {
  Command command(Effect::none, 6);
  command.add("SCAN").add(cursor).add("MATCH").add(glob_escaped(here->prefix) + '*');
  command.add("COUNT").add(scan_count);
  Task<Answer> asked = here->run(std::move(command));
  auto answer = co_await std::move(asked);
  if (!answer) co_return error(answer.error());
  if (answer->kind != Reply::Kind::list || answer->list.size() != 2 ||
      answer->list[0].kind != Reply::Kind::text || answer->list[1].kind != Reply::Kind::list)
    co_return unexpected_reply();
  Scanned scanned;
  scanned.cursor = answer->list[0].text.text();
  // Longer ones are of others, and no guest can name them.
  const std::size_t longest = here->prefix.size() + keyvalue::key_bytes_max;
  for (Reply& key : answer->list[1].list)
    if (key.kind == Reply::Kind::text && key.text.size() <= longest &&
        key.text.text().starts_with(here->prefix))
      scanned.keys.push_back(std::move(key.text));
  co_return scanned;
}

Task<Outcome<Remainders::Found>> scan_all(Here here, std::optional<std::string> after) {
  SmallestKeys smallest(std::move(after), SmallestKeys::Limits{});
  std::string cursor = "0";
  do {
    Task<Outcome<Scanned>> scanning = scan(here, cursor);
    auto scanned = co_await std::move(scanning);
    if (!scanned) co_return std::unexpected(std::move(scanned).error());
    for (const Bytes& key : scanned->keys) smallest.add(key.text().substr(here->prefix.size()));
    cursor = std::move(scanned->cursor);
  } while (cursor != "0");
  Remainders::Found found;
  found.complete = smallest.complete();
  found.keys = smallest.take();
  co_return found;
}

Task<Outcome<Page>> list_page(Here here, std::optional<std::string> after) {
  std::optional<Remainders::Found> found;
  if (after) found = here->shared->remainders.take(here->prefix, *after);
  if (!found) {
    Task<Outcome<Remainders::Found>> scanning = scan_all(here, after);
    auto scanned = co_await std::move(scanning);
    if (!scanned) co_return std::unexpected(std::move(scanned).error());
    found = *std::move(scanned);
  }
  Page page;
  while (page.keys.size() < keyvalue::page_keys_max && found->next < found->keys.size())
    page.keys.push_back(std::move(found->keys[found->next++]));
  const bool scanned_all = found->next == found->keys.size();
  if (scanned_all && found->complete) co_return page;
  const std::string last = page.keys.back();
  page.next = keyvalue::cursor_after(last);
  if (!scanned_all) here->shared->remainders.keep(here->prefix, last, *std::move(found));
  co_return page;
}

Task<Outcome<void>> clear_all(Here here) {
  std::string cursor = "0";
  do {
    Task<Outcome<Scanned>> scanning = scan(here, cursor);
    auto scanned = co_await std::move(scanning);
    if (!scanned) co_return std::unexpected(std::move(scanned).error());
    cursor = std::move(scanned->cursor);
    if (scanned->keys.empty()) continue;
    Command command(Effect::repeatable, scanned->keys.size() + 1);
    command.add("UNLINK");
    for (const Bytes& key : scanned->keys) command.add(key);
    Task<Outcome<void>> removing = write(here, std::move(command));
    auto removed = co_await std::move(removing);
    if (!removed) co_return removed;
  } while (cursor != "0");
  co_return Outcome<void>();
}

class Bucket final : public keyvalue::Bucket {
 public:
  explicit Bucket(Here here) : here_(std::move(here)) {}

  Task<Outcome<std::optional<Bytes>>> get(std::string key) override {
    return read(here_, with_key(Effect::none, 2, "GET", key));
  }
  Task<Outcome<void>> set(std::string key, Bytes value) override {
    return write(here_, with_key(here_->set_effect(), 3, "SET", key, value.size()).add(value));
  }
  Task<Outcome<bool>> insert(std::string key, Bytes value) override {
    return insert_new(here_,
                      with_key(Effect::once, 4, "SET", key, value.size()).add(value).add("NX"));
  }
  Task<Outcome<bool>> remove(std::string key) override {
    return ask(here_, with_key(Effect::once, 2, "UNLINK", key));
  }
  Task<Outcome<bool>> exists(std::string key) override {
    return ask(here_, with_key(Effect::none, 2, "EXISTS", key));
  }
  Task<Outcome<Page>> list(std::optional<std::string> cursor) override {
    auto after = keyvalue::key_of_cursor(cursor);
    if (!after) return Outcome<Page>(std::unexpected(std::move(after).error()));
    return list_page(here_, *std::move(after));
  }
  Task<Outcome<void>> clear() override { return clear_all(here_); }

  Task<Outcome<std::int64_t>> increment(std::string key, std::int64_t delta) override {
    if (here_->shared->client->options().counters == Options::Counters::binary)
      return increment_binary(here_, here_->full(key), delta);
    return increment_decimal(here_, with_key(Effect::once, 3, "INCRBY", key).add(delta));
  }
  Task<Outcome<Observed>> observe(std::string key) override {
    return observe_value(here_, with_key(Effect::none, 2, "GET", key));
  }
  Task<Outcome<bool>> swap(std::string key, Observed seen, Bytes value) override {
    return swap_value(here_, here_->full(key), std::move(seen.value), std::move(value));
  }

  Task<Outcome<std::vector<std::optional<Bytes>>>> get_many(
      std::vector<std::string> keys) override {
    using Many = Outcome<std::vector<std::optional<Bytes>>>;
    if (keys.empty()) return Many(std::in_place);
    if (keys.size() > batch_keys_max) return Many(too_many_keys(keys.size()));
    Command command(Effect::none, keys.size() + 1);
    command.add("MGET");
    for (const std::string& key : keys) command.add(here_->full(key));
    return read_many(here_, std::move(command), keys.size());
  }
  Task<Outcome<void>> set_many(std::vector<Entry> entries) override {
    if (entries.empty()) return Outcome<void>();
    if (entries.size() > batch_keys_max) return Outcome<void>(too_many_keys(entries.size()));
    Command command(here_->set_effect(), entries.size() * 2 + 1);
    command.add("MSET");
    for (const auto& [key, value] : entries) command.add(here_->full(key)).add(value);
    return write(here_, std::move(command));
  }
  Task<Outcome<void>> remove_many(std::vector<std::string> keys) override {
    if (keys.empty()) return Outcome<void>();
    if (keys.size() > batch_keys_max) return Outcome<void>(too_many_keys(keys.size()));
    Command command(here_->set_effect(), keys.size() + 1);
    command.add("UNLINK");
    for (const std::string& key : keys) command.add(here_->full(key));
    return write(here_, std::move(command));
  }

 private:
  // A command whose second word is the key.
  [[nodiscard]] Command with_key(Effect effect, std::size_t words, std::string_view verb,
                                 std::string_view key, std::size_t more_bytes = 0) const {
    Command command(effect, words, verb.size() + here_->prefix.size() + key.size() + more_bytes);
    command.add(verb).add(here_->full(key));
    return command;
  }

  Here here_;  // shared with the tasks under way
};

}  // namespace

std::shared_ptr<keyvalue::Bucket> make_bucket(std::shared_ptr<Shared> shared,
                                              const std::string& name) {
  return std::make_shared<Bucket>(
      std::make_shared<const Place>(std::move(shared), prefix_of(name)));
}

}  // namespace capstan::redis
