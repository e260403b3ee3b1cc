#include <capstan/capability/keyvalue/sqlite.h>

#include <capstan/capability/keyvalue/counter.h>
#include <capstan/capability/keyvalue/cursor.h>
#include <capstan/capability/keyvalue/sqlite_database.h>

#include <charconv>
#include <utility>

namespace capstan::keyvalue {
namespace {

// What a bucket does with a connection.

Outcome<std::optional<Bytes>> value_of(Connection& connection, const std::string& bucket,
                                       const std::string& key) {
  Query query(connection, Sql::get);
  const auto row = query.text(bucket).text(key).step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  return Bytes::copy_of(query.blob_at(0));
}

// For Sql::upsert and Sql::insert: whether something changed.
Outcome<bool> store(Connection& connection, Sql how, const std::string& bucket,
                    const std::string& key, const Bytes& value) {
  Query query(connection, how);
  const auto changed = query.text(bucket).text(key).bytes(value).run();
  if (!changed) return std::unexpected(changed.error());
  return *changed > 0;
}

Outcome<void> put(Connection& connection, const std::string& bucket, const std::string& key,
                  const Bytes& value) {
  auto stored = store(connection, Sql::upsert, bucket, key, value);
  if (!stored) return std::unexpected(std::move(stored).error());
  return {};
}

Outcome<bool> erase(Connection& connection, const std::string& bucket, const std::string& key) {
  Query query(connection, Sql::remove);
  const auto changed = query.text(bucket).text(key).run();
  if (!changed) return std::unexpected(changed.error());
  return *changed > 0;
}

Outcome<std::int64_t> add(Connection& connection, const std::string& bucket, const std::string& key,
                          std::int64_t delta) {
  const auto before = value_of(connection, bucket, key);
  if (!before) return std::unexpected(before.error());
  const auto sum = counter_sum(*before ? std::optional((*before)->view()) : std::nullopt, delta);
  if (!sum) return sum;
  auto stored = put(connection, bucket, key, counter_bytes(*sum));
  if (!stored) return std::unexpected(std::move(stored).error());
  return *sum;
}

Outcome<bool> replace_seen(Connection& connection, const std::string& bucket,
                           const std::string& key, const Observed& seen, const Bytes& value) {
  if (!seen.value) return store(connection, Sql::insert, bucket, key, value);
  std::int64_t revision = 0;
  const char* end = seen.revision.data() + seen.revision.size();
  if (std::from_chars(seen.revision.data(), end, revision).ptr != end || seen.revision.empty())
    return std::unexpected(Error{ErrorKind::other, "what is swapped was not observed here"});
  Query query(connection, Sql::replace_if);
  const auto changed = query.text(bucket).text(key).bytes(value).number(revision).run();
  if (!changed) return std::unexpected(changed.error());
  return *changed > 0;
}

Outcome<Page> page_after(Connection& connection, const std::string& bucket,
                         const std::optional<std::string>& after) {
  Query query(connection, after ? Sql::list_after : Sql::list);
  query.text(bucket);
  if (after) query.text(*after);
  query.number(page_keys_max + 1);
  Page page;
  for (;;) {
    const auto row = query.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return page;
    if (page.keys.size() == page_keys_max) break;
    const auto key = query.blob_at(0);
    page.keys.emplace_back(key.begin(), key.end());
  }
  page.next = cursor_after(page.keys.back());
  return page;
}

// Where the calls of a store run.
struct Runner {
  std::shared_ptr<Database> database;  // shared by the store, its buckets and what they have posted
  std::shared_ptr<BlockingPool>
      pool;  // shared with whoever else uses it; none: the caller's thread

  // The work owns what it uses: the bucket may be gone when it runs.
  template <typename Work, typename T = std::invoke_result_t<Work, Database&>>
  Task<T> run(Work work) const {
    if (pool == nullptr) return work(*database);
    return run_blocking(pool.get(), [database = database, work = std::move(work)]() mutable {
      return work(*database);
    });
  }
};

class SqliteBucket final : public Bucket {
 public:
  SqliteBucket(Runner runner, std::string name)
      : runner_(std::move(runner)), name_(std::move(name)) {}

  Task<Outcome<std::optional<Bytes>>> get(std::string key) override {
    return runner_.run([bucket = name_, key = std::move(key)](Database& database) {
      return database.reading([&](Connection& c) { return value_of(c, bucket, key); });
    });
  }

  Task<Outcome<void>> set(std::string key, Bytes value) override {
    return runner_.run(
        [bucket = name_, key = std::move(key), value = std::move(value)](Database& database) {
          return database.writing([&](Connection& c) { return put(c, bucket, key, value); });
        });
  }

  Task<Outcome<bool>> insert(std::string key, Bytes value) override {
    return runner_.run(
        [bucket = name_, key = std::move(key), value = std::move(value)](Database& database) {
          return database.writing(
              [&](Connection& c) { return store(c, Sql::insert, bucket, key, value); });
        });
  }

  Task<Outcome<bool>> remove(std::string key) override {
    return runner_.run([bucket = name_, key = std::move(key)](Database& database) {
      return database.writing([&](Connection& c) { return erase(c, bucket, key); });
    });
  }

  Task<Outcome<bool>> exists(std::string key) override {
    return runner_.run([bucket = name_, key = std::move(key)](Database& database) {
      return database.reading([&](Connection& c) {
        Query query(c, Sql::exists);
        return query.text(bucket).text(key).step();
      });
    });
  }

  Task<Outcome<Page>> list(std::optional<std::string> cursor) override {
    auto after = key_of_cursor(cursor);
    if (!after) return Outcome<Page>(std::unexpected(std::move(after).error()));
    return runner_.run([bucket = name_, after = *std::move(after)](Database& database) {
      return database.reading([&](Connection& c) { return page_after(c, bucket, after); });
    });
  }

  Task<Outcome<void>> clear() override {
    return runner_.run([bucket = name_](Database& database) {
      return database.writing([&](Connection& c) -> Outcome<void> {
        auto cleared = Query(c, Sql::clear).text(bucket).run();
        if (!cleared) return std::unexpected(std::move(cleared).error());
        return {};
      });
    });
  }

  Task<Outcome<std::int64_t>> increment(std::string key, std::int64_t delta) override {
    return runner_.run([bucket = name_, key = std::move(key), delta](Database& database) {
      return database.writing([&](Connection& connection) {
        return Database::transaction(connection, Sql::begin_write,
                                     [&](Connection& c) { return add(c, bucket, key, delta); });
      });
    });
  }

  Task<Outcome<Observed>> observe(std::string key) override {
    return runner_.run([bucket = name_, key = std::move(key)](Database& database) {
      return database.reading([&](Connection& c) -> Outcome<Observed> {
        Query query(c, Sql::observe);
        const auto row = query.text(bucket).text(key).step();
        if (!row) return std::unexpected(row.error());
        if (!*row) return Observed();
        return Observed{Bytes::copy_of(query.blob_at(0)), std::to_string(query.number_at(1))};
      });
    });
  }

  Task<Outcome<bool>> swap(std::string key, Observed seen, Bytes value) override {
    return runner_.run([bucket = name_, key = std::move(key), seen = std::move(seen),
                        value = std::move(value)](Database& database) {
      return database.writing(
          [&](Connection& c) { return replace_seen(c, bucket, key, seen, value); });
    });
  }

  Task<Outcome<std::vector<std::optional<Bytes>>>> get_many(
      std::vector<std::string> keys) override {
    return runner_.run([bucket = name_, keys = std::move(keys)](Database& database) {
      return database.reading([&](Connection& connection) {
        return Database::transaction(connection, Sql::begin_read,
                                     [&](Connection& c) { return values_of(c, bucket, keys); });
      });
    });
  }

  Task<Outcome<void>> set_many(std::vector<Entry> entries) override {
    return runner_.run([bucket = name_, entries = std::move(entries)](Database& database) {
      return database.writing([&](Connection& connection) {
        return Database::transaction(connection, Sql::begin_write,
                                     [&](Connection& c) -> Outcome<void> {
                                       for (const auto& [key, value] : entries)
                                         if (auto stored = put(c, bucket, key, value); !stored)
                                           return stored;
                                       return {};
                                     });
      });
    });
  }

  Task<Outcome<void>> remove_many(std::vector<std::string> keys) override {
    return runner_.run([bucket = name_, keys = std::move(keys)](Database& database) {
      return database.writing([&](Connection& connection) {
        return Database::transaction(connection, Sql::begin_write,
                                     [&](Connection& c) -> Outcome<void> {
                                       for (const std::string& key : keys)
                                         if (auto erased = erase(c, bucket, key); !erased)
                                           return std::unexpected(std::move(erased).error());
                                       return {};
                                     });
      });
    });
  }

 private:
  static Outcome<std::vector<std::optional<Bytes>>> values_of(
      Connection& connection, const std::string& bucket, const std::vector<std::string>& keys) {
    std::vector<std::optional<Bytes>> values;
    values.reserve(keys.size());
    for (const std::string& key : keys) {
      auto value = value_of(connection, bucket, key);
      if (!value) return std::unexpected(std::move(value).error());
      values.push_back(*std::move(value));
    }
    return values;
  }

  Runner runner_;
  std::string name_;
};

class SqliteStore final : public Store {
 public:
  explicit SqliteStore(Runner runner) : runner_(std::move(runner)) {}

  // A bucket is there when it has keys.
  Task<Outcome<std::shared_ptr<Bucket>>> open(std::string name) override {
    if (auto checked = check_key(name); !checked)
      return Outcome<std::shared_ptr<Bucket>>(std::unexpected(std::move(checked).error()));
    return Outcome<std::shared_ptr<Bucket>>(
        std::make_shared<SqliteBucket>(runner_, std::move(name)));
  }

  bool suspends() const override { return runner_.pool != nullptr; }

 private:
  Runner runner_;
};

}  // namespace

Result<std::shared_ptr<Store>> connect_with(const SqliteOptions& options) {
  if (options.file.empty() || options.file.starts_with(":") || options.file.starts_with("file:"))
    return fail(ErrorCode::invalid_argument,
                "'" + options.file + "' is no name of a file: write sqlite:FILE, or memory");
  CAPSTAN_TRY(auto database, Database::open(options));
  return std::make_shared<SqliteStore>(Runner{std::move(database), options.pool});
}

}  // namespace capstan::keyvalue
