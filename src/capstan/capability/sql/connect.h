// SQL databases by their address:
//
//   memory                    each name a database of its own, gone with the store
//   sqlite:FILE               one file, whatever name it is opened by; made when it is not there
//
// Options: busy=2s, time=30s and memory=128MiB of a statement; rows=100000 and result=64MiB of one
// result; value=16MiB of one row; bytes=SIZE of one database; cache=8MiB, statements=64 kept by one
// connection; connections=64; threads=N to run statements on threads of their own. Only in memory:
// databases=64. Only of a file: readonly=yes, sync=full (or normal).
#pragma once

#include <capstan/base/result.h>
#include <capstan/base/url.h>
#include <capstan/capability/sql/sql.h>
#include <capstan/capability/sql/sqlite.h>

#include <memory>
#include <string_view>

namespace capstan::sql {

[[nodiscard]] Result<SqliteOptions> sqlite_options(const Url& url);

[[nodiscard]] Result<std::shared_ptr<Store>> connect(const Url& url);

// The address that SQL_DATABASE means: an address, the name of a file, or ":memory:", which is also
// what nothing means.
[[nodiscard]] Result<Url> database_url(std::string_view sql_database);

// What the environment's SQL_DATABASE says.
[[nodiscard]] Result<Url> environment_url();
[[nodiscard]] Result<std::shared_ptr<Store>> connect();

}  // namespace capstan::sql
