// sql DATABASE STATEMENT... : runs each statement on one connection and prints its rows, one a
// line. A statement "@DATABASE" goes on with another database.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sql_command.h"

static wasi_sql_types_own_connection_t connection;
static bool connected;

static sql_command_string_t text(const char* value) {
  return (sql_command_string_t){(uint8_t*)value, strlen(value)};
}

static bool failed(wasi_sql_types_own_error_t error) {
  sql_command_string_t trace;
  wasi_sql_types_method_error_trace(wasi_sql_types_borrow_error(error), &trace);
  printf("error: %.*s\n", (int)trace.len, trace.ptr);
  wasi_sql_types_error_drop_own(error);
  return false;
}

static bool open_database(const char* of) {
  sql_command_string_t name = text(of);
  wasi_sql_types_own_error_t error;
  if (connected) wasi_sql_types_connection_drop_own(connection);
  connected = wasi_sql_types_static_connection_open(&name, &connection, &error);
  return connected || failed(error);
}

static void print(const wasi_sql_types_data_type_t* value) {
  switch (value->tag) {
    case WASI_SQL_TYPES_DATA_TYPE_INT64:
      if (value->val.int64.is_some) printf("%" PRId64, value->val.int64.val);
      break;
    case WASI_SQL_TYPES_DATA_TYPE_DOUBLE:
      if (value->val.double_.is_some) printf("%g", value->val.double_.val);
      break;
    case WASI_SQL_TYPES_DATA_TYPE_STR:
    case WASI_SQL_TYPES_DATA_TYPE_DATE:
      if (value->val.str.is_some)
        printf("%.*s", (int)value->val.str.val.len, value->val.str.val.ptr);
      else
        printf("null");
      break;
    default:
      printf("(type %d)", value->tag);
  }
}

static bool run(const char* query) {
  sql_command_string_t of = text(query);
  wasi_sql_types_list_data_type_t none = {NULL, 0};
  wasi_sql_types_own_statement_t statement;
  wasi_sql_types_own_error_t error;
  wasi_sql_readwrite_list_row_t rows;
  if (!wasi_sql_types_static_statement_prepare(&of, &none, &statement, &error))
    return failed(error);
  const bool done =
      wasi_sql_readwrite_query(wasi_sql_types_borrow_connection(connection),
                               wasi_sql_types_borrow_statement(statement), &rows, &error);
  wasi_sql_types_statement_drop_own(statement);
  if (!done) return failed(error);
  for (size_t i = 0; i < rows.len; ++i) {
    for (size_t k = 0; k < rows.ptr[i].fields.len; ++k) {
      if (k > 0) printf("|");
      print(&rows.ptr[i].fields.ptr[k].value);
    }
    printf("\n");
  }
  wasi_sql_readwrite_list_row_free(&rows);
  return true;
}

int main(int argc, char** argv) {
  bool all = open_database(argv[1]);
  for (int i = 2; i < argc; ++i) {
    if (argv[i][0] == '@')
      all = open_database(argv[i] + 1) && all;
    else if (connected)
      all = run(argv[i]) && all;
  }
  return all ? 0 : 1;
}
