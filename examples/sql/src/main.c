// Keeps orders in the database "orders": makes the table, adds an order for each argument, and
// shows them all.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orders.h"

typedef wasi_sql_types_data_type_t value_t;

static wasi_sql_types_own_connection_t connection;

static orders_string_t text(const char* value) {
  return (orders_string_t){(uint8_t*)value, strlen(value)};
}

static void fail(wasi_sql_types_own_error_t error) {
  orders_string_t trace;
  wasi_sql_types_method_error_trace(wasi_sql_types_borrow_error(error), &trace);
  fprintf(stderr, "%.*s\n", (int)trace.len, trace.ptr);
  exit(1);
}

static wasi_sql_types_own_statement_t prepare(const char* query, value_t* values, size_t count) {
  orders_string_t of = text(query);
  wasi_sql_types_list_data_type_t params = {values, count};
  wasi_sql_types_own_statement_t statement;
  wasi_sql_types_own_error_t error;
  if (!wasi_sql_types_static_statement_prepare(&of, &params, &statement, &error)) fail(error);
  return statement;
}

static uint32_t exec(const char* query, value_t* values, size_t count) {
  wasi_sql_types_own_statement_t statement = prepare(query, values, count);
  wasi_sql_types_own_error_t error;
  uint32_t changed;
  if (!wasi_sql_readwrite_exec(wasi_sql_types_borrow_connection(connection),
                               wasi_sql_types_borrow_statement(statement), &changed, &error))
    fail(error);
  wasi_sql_types_statement_drop_own(statement);
  return changed;
}

static void show(const char* query) {
  wasi_sql_types_own_statement_t statement = prepare(query, NULL, 0);
  wasi_sql_types_own_error_t error;
  wasi_sql_readwrite_list_row_t rows;
  if (!wasi_sql_readwrite_query(wasi_sql_types_borrow_connection(connection),
                                wasi_sql_types_borrow_statement(statement), &rows, &error))
    fail(error);
  for (size_t i = 0; i < rows.len; ++i) {
    const wasi_sql_types_field_t* fields = rows.ptr[i].fields.ptr;
    const orders_string_t item = fields[1].value.val.str.val;
    const orders_string_t day = fields[2].value.val.date.val;
    printf("%" PRId64 " %.*s, to be sent on %.*s%s\n", fields[0].value.val.int64.val, (int)item.len,
           item.ptr, (int)day.len, day.ptr, fields[3].value.val.boolean.val ? ", paid" : "");
  }
  wasi_sql_readwrite_list_row_free(&rows);
  wasi_sql_types_statement_drop_own(statement);
}

static void add(const char* item, const char* day, bool paid) {
  value_t values[3] = {{.tag = WASI_SQL_TYPES_DATA_TYPE_STR},
                       {.tag = WASI_SQL_TYPES_DATA_TYPE_DATE},
                       {.tag = WASI_SQL_TYPES_DATA_TYPE_BOOLEAN}};
  values[0].val.str.is_some = true;
  values[0].val.str.val = text(item);
  values[1].val.date.is_some = true;
  values[1].val.date.val = text(day);
  values[2].val.boolean.is_some = true;
  values[2].val.boolean.val = paid;
  exec("INSERT INTO orders (item, day, paid) VALUES ($1, $2, $3)", values, 3);
}

int main(int argc, char** argv) {
  orders_string_t name = text("orders");
  wasi_sql_types_own_error_t error;
  if (!wasi_sql_types_static_connection_open(&name, &connection, &error)) fail(error);
  exec(
      "CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, item TEXT NOT NULL, day DATE,"
      " paid BOOLEAN)",
      NULL, 0);
  exec("BEGIN", NULL, 0);
  for (int i = 1; i < argc; ++i) add(argv[i], "2026-03-01", i % 2 == 0);
  exec("COMMIT", NULL, 0);
  show("SELECT id, item, day, paid FROM orders ORDER BY id");
  wasi_sql_types_connection_drop_own(connection);
  return 0;
}
