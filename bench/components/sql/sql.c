// Inserts and selects through wasi:sql; capabilities_sql.cc does the same in C++.
#include <stdlib.h>
#include <string.h>

#include "bench_sql.h"

typedef wasi_sql_types_data_type_t value_t;

static wasi_sql_types_own_connection_t connection;

static bench_sql_string_t text(const char* value) {
  return (bench_sql_string_t){(uint8_t*)value, strlen(value)};
}

static wasi_sql_types_own_statement_t prepare(const char* query, value_t* values, size_t count) {
  bench_sql_string_t of = text(query);
  wasi_sql_types_list_data_type_t params = {values, count};
  wasi_sql_types_own_statement_t statement;
  wasi_sql_types_own_error_t error;
  if (!wasi_sql_types_static_statement_prepare(&of, &params, &statement, &error)) abort();
  return statement;
}

static void exec(const char* query, value_t* values, size_t count) {
  wasi_sql_types_own_statement_t statement = prepare(query, values, count);
  wasi_sql_types_own_error_t error;
  uint32_t changed;
  if (!wasi_sql_readwrite_exec(wasi_sql_types_borrow_connection(connection),
                               wasi_sql_types_borrow_statement(statement), &changed, &error))
    abort();
  wasi_sql_types_statement_drop_own(statement);
}

void exports_bench_sql_setup(void) {
  bench_sql_string_t name = text("bench");
  wasi_sql_types_own_error_t error;
  if (!wasi_sql_types_static_connection_open(&name, &connection, &error)) abort();
  exec("CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT, score REAL, data BLOB)", NULL, 0);
  exec("CREATE TABLE indexed (id INTEGER PRIMARY KEY, name TEXT UNIQUE, score REAL, data BLOB)",
       NULL, 0);
  exec("CREATE INDEX indexed_score ON indexed (score)", NULL, 0);
}

void exports_bench_sql_insert(uint32_t rows, bool indexed) {
  static uint8_t data[32];
  char name[] = "item 00000000";
  exec(indexed ? "DELETE FROM indexed" : "DELETE FROM items", NULL, 0);
  exec("BEGIN", NULL, 0);
  for (uint32_t i = 0; i < rows; ++i) {
    for (uint32_t digit = 0, rest = i; digit < 8; ++digit, rest /= 10)
      name[12 - digit] = (char)('0' + rest % 10);
    data[0] = (uint8_t)i;
    value_t values[4] = {{.tag = WASI_SQL_TYPES_DATA_TYPE_INT64},
                         {.tag = WASI_SQL_TYPES_DATA_TYPE_STR},
                         {.tag = WASI_SQL_TYPES_DATA_TYPE_DOUBLE},
                         {.tag = WASI_SQL_TYPES_DATA_TYPE_BINARY}};
    values[0].val.int64.is_some = true;
    values[0].val.int64.val = i;
    values[1].val.str.is_some = true;
    values[1].val.str.val = text(name);
    values[2].val.double_.is_some = true;
    values[2].val.double_.val = i * 0.5;
    values[3].val.binary.is_some = true;
    values[3].val.binary.val = (bench_sql_list_u8_t){data, sizeof data};
    exec(indexed ? "INSERT INTO indexed (id, name, score, data) VALUES (?, ?, ?, ?)"
                 : "INSERT INTO items (id, name, score, data) VALUES (?, ?, ?, ?)",
         values, 4);
  }
  exec("COMMIT", NULL, 0);
}

uint64_t exports_bench_sql_select(uint32_t times, bool sorted) {
  static const char by_key[] =
      "SELECT id, name, score, data FROM items WHERE id >= ? ORDER BY id LIMIT 100";
  static const char by_name[] =
      "SELECT id, name, score, data FROM items WHERE id >= ? ORDER BY name DESC LIMIT 100";
  uint64_t sum = 0;
  for (uint32_t i = 0; i < times; ++i) {
    value_t from = {.tag = WASI_SQL_TYPES_DATA_TYPE_INT64};
    from.val.int64.is_some = true;
    from.val.int64.val = (i * 37) % 900;
    wasi_sql_types_own_statement_t statement = prepare(sorted ? by_name : by_key, &from, 1);
    wasi_sql_types_own_error_t error;
    wasi_sql_readwrite_list_row_t rows;
    if (!wasi_sql_readwrite_query(wasi_sql_types_borrow_connection(connection),
                                  wasi_sql_types_borrow_statement(statement), &rows, &error))
      abort();
    for (size_t row = 0; row < rows.len; ++row) {
      const wasi_sql_types_field_t* fields = rows.ptr[row].fields.ptr;
      sum += (uint64_t)fields[0].value.val.int64.val;
      sum += fields[1].value.val.str.val.len;
      sum += (uint64_t)fields[2].value.val.double_.val;
      sum += fields[3].value.val.binary.val.ptr[0];
    }
    wasi_sql_readwrite_list_row_free(&rows);
    wasi_sql_types_statement_drop_own(statement);
  }
  return sum;
}
