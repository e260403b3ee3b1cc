#include <capstan/capability/sql/bind.h>
#include <capstan/capability/sql/connect.h>
#include <capstan/capability/sql/routed.h>
#include <capstan/platform/wiring.h>

#include <algorithm>
#include <utility>

namespace capstan::platform {
namespace {

// Without a choice of the operator, the environment's SQL_DATABASE is the default.
Result<Url> url_of(const BackendChoice& choice, const RunSettings& settings) {
  const bool chosen = std::ranges::any_of(settings.backends, [&](const BackendChoice& other) {
    return other.capability == choice.capability && other.label == choice.label;
  });
  if (chosen) return choice.url;
  return sql::environment_url();
}

// The host cannot be interrupted in a statement, so that it ends with the run at the latest.
Result<std::shared_ptr<sql::Store>> connect(const Url& url, const RunSettings& settings) {
  CAPSTAN_TRY(sql::SqliteOptions options, sql::sqlite_options(url));
  if (settings.timeout_ms)
    options.statement_ms = std::min(options.statement_ms, *settings.timeout_ms);
  return sql::connect_with(options);
}

}  // namespace

Result<void> wire_sql(const Wiring& wiring) {
  const Backends backends = backends_of(wiring.settings, "sql");
  std::vector<std::shared_ptr<sql::Store>> stores;
  for (const BackendChoice& choice : backends.choices) {
    CAPSTAN_TRY(const Url url, url_of(choice, wiring.settings));
    CAPSTAN_TRY(auto store, connect(url, wiring.settings));
    stores.push_back(std::move(store));
  }
  return sql::bind(wiring.linker, sql::shape_of(wiring.component),
                   sql::route(backends.names, std::move(stores)));
}

}  // namespace capstan::platform
