#include <capstan/capability/sql/sqlite.h>

#include <capstan/base/pool.h>
#include <capstan/capability/sql/sqlite_session.h>

#include <fmt/format.h>

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace capstan::sql {
namespace {

// Connections that were closed and wait for the next one to open the same database.
constexpr std::size_t idle_max = 8;

Error open_failed(const capstan::Error& error) { return {"SQLITE_CANTOPEN", error.message()}; }

// Shared by a store and its connections.
class Sessions {
 public:
  explicit Sessions(const SqliteOptions& options) : options_(options) {}
  Sessions(const Sessions&) = delete;
  Sessions& operator=(const Sessions&) = delete;

  [[nodiscard]] const SqliteOptions& options() const { return options_; }

  // A session with that database: one that waited, or a new one.
  Outcome<std::unique_ptr<SqliteSession>> take(const std::string& name);
  // Ends a session, or keeps it for the next who wants one.
  void give_back(const std::string& name, std::unique_ptr<SqliteSession> session);

 private:
  struct Idle {
    std::string name;
    std::unique_ptr<SqliteSession> session;
  };
  Outcome<std::string> place_of(const std::string& name);
  std::unique_ptr<SqliteSession> take_idle(const std::string& name);

  const SqliteOptions options_;
  std::mutex mutex_;
  std::size_t open_ = 0;
  std::vector<Idle> idle_;
  // A database in memory is there as long as a connection to it is: one of our own.
  struct InMemory {
    std::string place;
    std::unique_ptr<SqliteSession> keeps;
  };
  std::map<std::string, InMemory, std::less<>> in_memory_;
};

// Unique in this process; SQLite shares databases whose name begins with '/'.
std::string new_place() {
  static std::atomic<std::uint64_t> last = 0;
  return fmt::format("file:/capstan-sql-{}?vfs=memdb", ++last);
}

// What SQLite calls the database of that name. The caller holds the mutex.
Outcome<std::string> Sessions::place_of(const std::string& name) {
  if (!options_.file.empty()) return options_.file.string();
  if (const auto found = in_memory_.find(name); found != in_memory_.end())
    return found->second.place;
  if (in_memory_.size() == options_.databases)
    return std::unexpected(limit_error(
        fmt::format("there are {} databases in memory, which is the limit", options_.databases)));
  std::string place = new_place();
  auto keeps = SqliteSession::open(place, options_);
  if (!keeps) return std::unexpected(open_failed(keeps.error()));
  in_memory_.emplace(name, InMemory{place, *std::move(keeps)});
  return place;
}

std::unique_ptr<SqliteSession> Sessions::take_idle(const std::string& name) {
  for (auto i = idle_.begin(); i != idle_.end(); ++i) {
    if (options_.file.empty() && i->name != name) continue;
    auto session = std::move(i->session);
    idle_.erase(i);
    return session;
  }
  return nullptr;
}

Outcome<std::unique_ptr<SqliteSession>> Sessions::take(const std::string& name) {
  std::string place;
  {
    const std::lock_guard lock(mutex_);
    if (open_ == options_.connections)
      return std::unexpected(limit_error(
          fmt::format("{} connections are open, which is the limit", options_.connections)));
    auto there = place_of(name);
    if (!there) return std::unexpected(std::move(there).error());
    ++open_;
    if (auto session = take_idle(name)) return session;
    place = *std::move(there);
  }
  auto session = SqliteSession::open(place, options_);
  if (session) return *std::move(session);
  const std::lock_guard lock(mutex_);
  --open_;
  return std::unexpected(open_failed(session.error()));
}

void Sessions::give_back(const std::string& name, std::unique_ptr<SqliteSession> session) {
  const bool like_new = session->reset();
  std::unique_ptr<SqliteSession> ended;  // after the lock
  const std::lock_guard lock(mutex_);
  --open_;
  if (!like_new || idle_.size() == idle_max) {
    ended = std::move(session);
  } else {
    idle_.push_back({name, std::move(session)});
  }
}

// A session that several threads may ask; shared by its connection and the statements that run.
class Shared {
 public:
  Shared(std::shared_ptr<Sessions> from, std::string name, std::unique_ptr<SqliteSession> session)
      : from_(std::move(from)), name_(std::move(name)), session_(std::move(session)) {}
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  ~Shared() { from_->give_back(name_, std::move(session_)); }

  Outcome<Rows> query(const Statement& statement, const std::atomic<bool>* cancelled) {
    const std::lock_guard lock(mutex_);
    return session_->query(statement, cancelled);
  }
  Outcome<std::uint64_t> exec(const Statement& statement, const std::atomic<bool>* cancelled) {
    const std::lock_guard lock(mutex_);
    return session_->exec(statement, cancelled);
  }

 private:
  std::shared_ptr<Sessions> from_;  // also of the store
  std::string name_;
  std::mutex mutex_;
  std::unique_ptr<SqliteSession> session_;
};

using Flag = std::shared_ptr<std::atomic<bool>>;  // of a task and the work it waits for

// The result of work on a pool; who stops waiting for it cancels it.
template <typename T>
Task<T> cancelling(Task<T> work, Flag cancelled) {
  struct Cancel {
    std::atomic<bool>& flag;
    ~Cancel() { flag.store(true, std::memory_order_relaxed); }
  };
  const Cancel at_the_end{*cancelled};
  co_return co_await std::move(work);
}

class SqliteConnection final : public Connection {
 public:
  SqliteConnection(std::shared_ptr<Shared> shared, std::shared_ptr<BlockingPool> pool)
      : shared_(std::move(shared)), pool_(std::move(pool)) {}

  Task<Outcome<Rows>> query(SharedStatement statement) override {
    if (pool_ == nullptr) return shared_->query(*statement, nullptr);
    return later<Rows>(&Shared::query, std::move(statement));
  }
  Task<Outcome<std::uint64_t>> exec(SharedStatement statement) override {
    if (pool_ == nullptr) return shared_->exec(*statement, nullptr);
    return later<std::uint64_t>(&Shared::exec, std::move(statement));
  }

 private:
  template <typename T>
  Task<Outcome<T>> later(Outcome<T> (Shared::*run)(const Statement&, const std::atomic<bool>*),
                         SharedStatement statement) {
    auto cancelled = std::make_shared<std::atomic<bool>>(false);
    auto work = run_blocking(pool_.get(),
                             [run, shared = shared_, cancelled, of_call = std::move(statement)] {
                               return (*shared.*run)(*of_call, cancelled.get());
                             });
    return cancelling(std::move(work), std::move(cancelled));
  }

  std::shared_ptr<Shared> shared_;
  std::shared_ptr<BlockingPool> pool_;  // also of the store; none: on the thread that calls
};

class SqliteStore final : public Store {
 public:
  explicit SqliteStore(const SqliteOptions& options)
      : sessions_(std::make_shared<Sessions>(options)) {
    if (options.threads != 0)
      pool_ = std::make_shared<BlockingPool>(BlockingPool::Options{.threads = options.threads});
  }

  Task<Outcome<std::shared_ptr<Connection>>> open(std::string name) override {
    return run_blocking(pool_.get(),
                        [sessions = sessions_, pool = pool_, name = std::move(name)]() mutable {
                          return connect(std::move(sessions), std::move(pool), std::move(name));
                        });
  }
  [[nodiscard]] bool suspends() const override { return pool_ != nullptr; }

 private:
  static Outcome<std::shared_ptr<Connection>> connect(std::shared_ptr<Sessions> sessions,
                                                      std::shared_ptr<BlockingPool> pool,
                                                      std::string name) {
    CAPSTAN_TRY(auto session, sessions->take(name));
    auto shared =
        std::make_shared<Shared>(std::move(sessions), std::move(name), std::move(session));
    return std::make_shared<SqliteConnection>(std::move(shared), std::move(pool));
  }

  std::shared_ptr<Sessions> sessions_;
  std::shared_ptr<BlockingPool> pool_;
};

}  // namespace

Result<std::shared_ptr<Store>> connect_with(const SqliteOptions& options) {
  auto store = std::make_shared<SqliteStore>(options);
  // A file that cannot be used is told of now, not to the first guest.
  if (!options.file.empty()) {
    CAPSTAN_TRY([[maybe_unused]] auto session, SqliteSession::open(options.file.string(), options));
  }
  return store;
}

}  // namespace capstan::sql
