#include <capstan/backend/redis/connection.h>

#include <capstan/backend/service/address.h>

#include <fcntl.h>
#include <fmt/format.h>
#include <hiredis/async.h>
#include <hiredis/hiredis_ssl.h>
#include <hiredis/sds.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace capstan::redis {
namespace {

using service::Carried;
using service::Clock;
using service::Effect;
using service::Failure;
using service::TimePoint;
using Kind = Failure::Kind;

constexpr std::size_t error_text_max = 300;
// Between attempts to connect.
constexpr service::Milliseconds first_wait(100);
constexpr service::Milliseconds shortest_wait(1);

// Errors by which a server says that it did nothing, and will do it later or elsewhere.
constexpr std::array<std::string_view, 6> put_off_errors = {"LOADING",  "MASTERDOWN",  "READONLY",
                                                            "TRYAGAIN", "CLUSTERDOWN", "BUSY"};

bool is_put_off(std::string_view error) {
  return std::ranges::any_of(put_off_errors, [&](std::string_view word) {
    return error.starts_with(word) && error.substr(word.size()).starts_with(' ');
  });
}

// The system's texts begin with a capital letter.
std::string lower_case(std::string_view text) {
  std::string lower(text);
  if (lower.size() > 1 && lower[0] >= 'A' && lower[0] <= 'Z' && lower[1] >= 'a')
    lower[0] = static_cast<char>(lower[0] - 'A' + 'a');
  return lower;
}

std::string_view error_text(const redisReply& reply) {
  return std::string_view(reply.str, std::min(reply.len, error_text_max));
}

// What to look at when a server refuses to serve.
std::string_view advice(std::string_view error) {
  if (error.starts_with("NOAUTH"))
    return ": write the password in the address, //:PASSWORD@HOST or //USER:PASSWORD@HOST";
  if (error.starts_with("WRONGPASS") || error.find("AUTH") != std::string_view::npos ||
      error.find("password") != std::string_view::npos)
    return ": look at the user and the password in the address";
  if (error.find("DB index") != std::string_view::npos)
    return ": look at the number of the database in the address";
  return "";
}

}  // namespace

struct Connection::Hooks {
  static Connection& self(void* data) { return *static_cast<Connection*>(data); }

  static void add_read(void* data) { self(data).interest_.read = true; }
  static void del_read(void* data) { self(data).interest_.read = false; }
  static void add_write(void* data) { self(data).interest_.write = true; }
  static void del_write(void* data) { self(data).interest_.write = false; }
  static void cleanup(void* data) {
    auto& watch = self(data).watch_;
    if (watch) self(data).loop_.unwatch(*watch);
    watch.reset();
  }
  static void connected(const redisAsyncContext* context, int status) {
    if (status == REDIS_OK) self(context->data).opened();
  }
  // Without a reply the context is ending, and gone() looks after all calls together.
  static void greeted(redisAsyncContext* context, void* reply, void*) {
    if (reply != nullptr) self(context->data).greeted(*static_cast<redisReply*>(reply));
  }
  static void answered(redisAsyncContext* context, void* reply, void*) {
    if (reply != nullptr) self(context->data).answered(*static_cast<redisReply*>(reply));
  }
  static void gone(void* data) { self(data).gone(); }
};

Connection::Connection(service::EventLoop& loop, const Options& options, const Tls* tls)
    : loop_(loop),
      options_(options),
      tls_(tls),
      backoff_({.first = std::clamp(options.max_delay, shortest_wait, first_wait),
                .most = std::max(options.max_delay, shortest_wait)}),
      attempt_(std::make_shared<std::uint64_t>(0)) {}

Connection::~Connection() {
  if (open_timer_) loop_.cancel(*open_timer_);
  if (context_ != nullptr) {
    context_->dataCleanup = nullptr;
    Hooks::cleanup(this);
    context_->ev.cleanup = nullptr;
    redisAsyncFree(context_);
  }
  for (auto* calls : {&sent_, &queue_})
    for (const auto& call : *calls) fail(*call, Kind::closed, "the store is being closed");
}

std::string Connection::server() const {
  const service::Address address{
      .user = {}, .password = {}, .host = options_.host, .port = options_.port, .path = {}};
  return "redis at " + address.shown();
}

Failure Connection::failure(Kind kind, std::string message) const {
  return Failure{kind, service::without_secret(message, options_.password)};
}

void Connection::fail(Call& call, Kind kind, std::string message) const {
  if (call.perhaps && call.command.effect() != Effect::none)
    message += "; the command may have been carried out";
  call.answer(std::unexpected(failure(kind, std::move(message))));
}

// --- opening

void Connection::flush() {
  if (state_ == State::ready) {
    send_queue();
    // At once, without asking whether the socket is writable: it nearly always is.
    if (context_ != nullptr && interest_.write) writable();
    return;
  }
  if (state_ == State::resting && !queue_.empty()) rest_until_due();
}

void Connection::rest_until_due() {
  if (open_timer_) return;
  if (Clock::now() >= open_not_before_) return open();
  open_timer_ = loop_.at(open_not_before_, [this] {
    open_timer_.reset();
    if (state_ == State::resting && !queue_.empty()) open();
  });
}

void Connection::open() {
  state_ = State::opening;
  open_until_ = Clock::now() + options_.timeout;
  greeting_failure_.reset();
  why_.clear();
  service::resolve(loop_, options_.host,
                   [this, weak = std::weak_ptr(attempt_),
                    number = ++*attempt_](const Result<service::Addresses>& found) {
                     const auto attempt = weak.lock();
                     if (attempt == nullptr || *attempt != number) return;
                     if (!found) {
                       why_ = found.error().message();
                       return failed_to_open();
                     }
                     addresses_ = *found;
                     next_address_ = 0;
                     open_next_address();
                   });
}

void Connection::open_next_address() {
  state_ = State::opening;
  why_.clear();
  bytes_added_ = 0;
  interest_ = {};
  redisOptions options{};
  REDIS_OPTIONS_SET_TCP(&options, addresses_[next_address_].c_str(), options_.port);
  ++next_address_;
  context_ = redisAsyncConnectWithOptions(&options);
  if (context_ == nullptr) {
    why_ = "memory is short";
    return failed_to_open();
  }
  context_->data = this;
  context_->dataCleanup = &Hooks::gone;
  context_->ev.data = this;
  if (context_->err != 0) return redisAsyncFree(context_);
  ::fcntl(context_->c.fd, F_SETFD, FD_CLOEXEC);
  auto watched = loop_.watch(context_->c.fd, {}, *this);
  if (!watched) return end(watched.error().message());
  watch_ = *watched;
  context_->ev.addRead = &Hooks::add_read;
  context_->ev.delRead = &Hooks::del_read;
  context_->ev.addWrite = &Hooks::add_write;
  context_->ev.delWrite = &Hooks::del_write;
  context_->ev.cleanup = &Hooks::cleanup;
  redisAsyncSetConnectCallback(context_, &Hooks::connected);
  update_interest();
}

// The socket is connected.
void Connection::opened() {
  redisEnableKeepAlive(&context_->c);
  if (tls_ != nullptr && !start_tls()) return;
  state_ = State::greeting;
  greet();
}

bool Connection::start_tls() {
  Tls::forget_errors();
  SSL* session = tls_->make_session();
  if (session == nullptr) {
    end("no TLS session can be made");
    return false;
  }
  if (redisInitiateSSL(&context_->c, session) == REDIS_OK) {
    session_ = session;
    return true;
  }
  const std::string reason = Tls::why_refused(session);
  SSL_free(session);
  end(reason.empty() ? lower_case(context_->c.errstr) : reason);
  return false;
}

void Connection::greet() {
  std::vector<Command> greetings;
  if (!options_.user.empty())
    greetings.push_back(
        Command(Effect::none, 3).add("AUTH").add(options_.user).add(options_.password));
  else if (!options_.password.empty())
    greetings.push_back(Command(Effect::none, 2).add("AUTH").add(options_.password));
  if (options_.database != 0)
    greetings.push_back(
        Command(Effect::none, 2).add("SELECT").add(std::int64_t{options_.database}));
  // The answer shows that it is a Redis, and that it is ready.
  greetings.push_back(Command(Effect::none, 1).add("PING"));
  greetings_left_ = greetings.size();
  for (const Command& greeting : greetings) {
    bytes_added_ += greeting.wire().size();
    redisAsyncFormattedCommand(context_, &Hooks::greeted, nullptr, greeting.wire().data(),
                               greeting.wire().size());
  }
}

void Connection::greeted(const redisReply& reply) {
  --greetings_left_;
  if (reply.type == REDIS_REPLY_ERROR && !greeting_failure_) {
    const std::string_view error = error_text(reply);
    greeting_failure_ =
        is_put_off(error)
            ? failure(Kind::unreachable, fmt::format("{} is not ready: {}", server(), error))
            : failure(Kind::refused,
                      fmt::format("{} refuses to serve: {}{}", server(), error, advice(error)));
  }
  if (greetings_left_ > 0) return;
  if (greeting_failure_) return end("it refuses to serve");
  state_ = State::ready;
  backoff_.reset();
  send_queue();
}

// Whoever has waited for enough attempts is told; the others wait for the next one.
void Connection::failed_to_open() {
  state_ = State::resting;
  const bool refused = greeting_failure_ && greeting_failure_->kind == Kind::refused;
  std::deque<std::shared_ptr<Call>> waiting;
  for (auto& call : std::exchange(queue_, {})) {
    if (!refused && ++call->failed_connects <= options_.max_retries) {
      waiting.push_back(std::move(call));
      continue;
    }
    if (greeting_failure_)
      fail(*call, greeting_failure_->kind, greeting_failure_->message);
    else
      fail(*call, Kind::unreachable,
           fmt::format("{} cannot be reached: {} (tried {} time{}): look at the address and "
                       "whether the server runs",
                       server(), why_, call->failed_connects,
                       call->failed_connects == 1 ? "" : "s"));
    call->place.give_back();
  }
  queue_ = std::move(waiting);
  open_not_before_ = Clock::now() + backoff_.next();
  if (!queue_.empty()) rest_until_due();
}

// --- commands

void Connection::send_queue() {
  if (queue_.empty() || context_ == nullptr) return;
  const TimePoint now = Clock::now();
  while (!queue_.empty()) {
    const std::shared_ptr<Call> call = std::move(queue_.front());
    queue_.pop_front();
    if (call->abandoned() || call->answered()) {
      call->place.give_back();
      continue;
    }
    const std::string_view wire = call->command.wire();
    if (redisAsyncFormattedCommand(context_, &Hooks::answered, nullptr, wire.data(), wire.size()) !=
        REDIS_OK) {
      queue_.push_front(call);
      return;  // it is being closed, and gone() opens it again
    }
    bytes_added_ += wire.size();
    call->wire_end = bytes_added_;
    call->sent_at = now;
    call->put_off = false;
    call->perhaps_before = std::exchange(call->perhaps, true);
    sent_.push_back(call);
  }
}

void Connection::answered(const redisReply& reply) {
  if (sent_.empty()) return end("it answers what was not asked");
  if (reply.type == REDIS_REPLY_ERROR && is_put_off(error_text(reply))) {
    sent_.front()->put_off = true;
    return end(std::string(error_text(reply)));
  }
  const std::shared_ptr<Call> call = std::move(sent_.front());
  sent_.pop_front();
  call->place.give_back();
  if (call->abandoned() || call->answered()) return;
  if (reply.type == REDIS_REPLY_ERROR)
    call->answer(std::unexpected(failure(Kind::said_no, std::string(error_text(reply)))));
  else
    call->answer(Reply::copy_of(reply));
}

// The connection is over: decides for each call that was under way.
void Connection::broken(std::uint64_t bytes_left) {
  const TimePoint now = Clock::now();
  const std::uint64_t bytes_sent = bytes_added_ - std::min(bytes_added_, bytes_left);
  std::deque<std::shared_ptr<Call>> again;
  for (auto& call : std::exchange(sent_, {})) {
    if (call->abandoned() || call->answered()) {
      call->place.give_back();
      continue;
    }
    // A server does nothing before it has all of a command. With TLS, nobody says how much it has.
    const bool kept_back = call->put_off || (tls_ == nullptr && call->wire_end > bytes_sent);
    if (kept_back) call->perhaps = call->perhaps_before;
    const Carried carried = call->perhaps ? Carried::perhaps : Carried::certainly_not;
    if (service::may_repeat(call->command.effect(), carried) &&
        call->repeats < options_.max_retries && !call->deadline.passed(now)) {
      ++call->repeats;
      again.push_back(std::move(call));
      continue;
    }
    fail(*call, Kind::lost, fmt::format("the connection to {} broke: {}", server(), why_));
    call->place.give_back();
  }
  queue_.insert(queue_.begin(), std::make_move_iterator(again.begin()),
                std::make_move_iterator(again.end()));
}

void Connection::end(std::string why) {
  why_ = std::move(why);
  redisAsyncFree(context_);  // within a callback it only notes that, and gone() follows
}

// hiredis has ended the context, for whatever reason.
void Connection::gone() {
  const bool our_decision = !why_.empty();
  if (!our_decision && session_ != nullptr) why_ = Tls::why_refused(session_);
  if (why_.empty())
    why_ = context_->c.errstr[0] == '\0' ? "it was closed" : lower_case(context_->c.errstr);
  const std::uint64_t bytes_left = context_->c.obuf == nullptr ? 0 : sdslen(context_->c.obuf);
  Hooks::cleanup(this);
  context_ = nullptr;
  session_ = nullptr;
  const State ended = std::exchange(state_, State::resting);
  if (ended == State::opening && !our_decision && next_address_ < addresses_.size())
    return open_next_address();
  if (ended != State::ready) return failed_to_open();
  broken(bytes_left);
  why_.clear();
  open_not_before_ = {};
  if (!queue_.empty()) open();
}

// --- deadlines

// What keeps a command from being sent.
std::string Connection::why_not_yet() const {
  if (!why_.empty()) return why_;
  if (state_ == State::opening) return "the connection is not accepted";
  if (state_ == State::ready) return "the connection does not take it";
  return tls_ == nullptr ? "the connection is accepted, and then nothing is said"
                         : "the connection is accepted, but nothing is said in TLS";
}

// Whether the call is nobody's business any more.
bool Connection::give_up_late(Call& call, TimePoint now) {
  if (call.abandoned() || call.answered()) return true;
  if (!call.deadline.passed(now)) return false;
  fail(call, Kind::late,
       call.sent_at == TimePoint{}
           ? fmt::format("{} cannot be reached within {} ms: {}", server(),
                         options_.timeout.count(), why_not_yet())
           : fmt::format("{} did not answer within {} ms", server(), options_.timeout.count()));
  return true;
}

void Connection::sweep(TimePoint now) {
  std::erase_if(queue_, [&](const std::shared_ptr<Call>& call) {
    if (!give_up_late(*call, now)) return false;
    call->place.give_back();
    return true;
  });
  // What was sent keeps its turn, and its place, until the answer comes.
  bool stuck = false;
  for (const auto& call : sent_) {
    if (!call->deadline.passed(now)) continue;
    (void)give_up_late(*call, now);
    stuck |= call->sent_at > last_read_;
  }
  if (stuck) return end("it no longer answers");
  const bool opening = state_ == State::opening || state_ == State::greeting;
  if (!opening || now < open_until_) return;
  const std::string why = fmt::format("no answer within {} ms", options_.timeout.count());
  if (context_ != nullptr) return end(why);
  ++*attempt_;  // a look-up that still comes is ignored
  why_ = why;
  failed_to_open();
}

// --- the socket

void Connection::readable() {
  if (tls_ != nullptr) Tls::forget_errors();
  last_read_ = Clock::now();
  redisAsyncHandleRead(context_);
  update_interest();
}

void Connection::writable() {
  if (tls_ != nullptr) Tls::forget_errors();
  redisAsyncHandleWrite(context_);
  update_interest();
}

void Connection::update_interest() {
  if (watch_) loop_.change(*watch_, interest_);
}

}  // namespace capstan::redis
