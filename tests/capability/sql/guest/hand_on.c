// Hands on what it is asked, to wasi:sql of either shape; with THROUGH_ASYNC to its `async func`s,
// waiting where it stands.
#include <stdlib.h>

#include "through.h"

typedef wasi_sql_types_own_connection_t connection_t;
typedef wasi_sql_types_own_statement_t statement_t;
typedef wasi_sql_types_own_error_t error_t;

#define CONNECTIONS_MAX 64
static connection_t connections[CONNECTIONS_MAX];
static bool in_use[CONNECTIONS_MAX];

#ifdef THROUGH_ASYNC

static void finish(through_subtask_status_t status) {
  if (THROUGH_SUBTASK_STATE(status) == THROUGH_SUBTASK_RETURNED) return;
  const through_subtask_t task = THROUGH_SUBTASK_HANDLE(status);
  const through_waitable_set_t set = through_waitable_set_new();
  through_event_t event;
  through_waitable_join(task, set);
  do {
    through_waitable_set_wait(set, &event);
  } while (event.code != THROUGH_SUBTASK_RETURNED);
  through_waitable_join(task, 0);
  through_waitable_set_drop(set);
  through_subtask_drop(task);
}

static bool prepare(through_string_t* text, wasi_sql_types_list_data_type_t* params,
                    statement_t* statement, error_t* error) {
  wasi_sql_types_result_own_statement_own_error_t result;
  finish(wasi_sql_types_static_statement_prepare(*text, *params, &result));
  if (result.is_err) *error = result.val.err;
  if (!result.is_err) *statement = result.val.ok;
  return !result.is_err;
}

static bool connect(through_string_t* name, connection_t* connection, error_t* error) {
  wasi_sql_types_result_own_connection_own_error_t result;
  finish(wasi_sql_types_static_connection_open(*name, &result));
  if (result.is_err) *error = result.val.err;
  if (!result.is_err) *connection = result.val.ok;
  return !result.is_err;
}

static bool run_query(connection_t connection, statement_t statement,
                      wasi_sql_readwrite_list_row_t* rows, error_t* error) {
  wasi_sql_readwrite_result_list_row_own_error_t result;
  finish(wasi_sql_readwrite_query(wasi_sql_types_borrow_connection(connection),
                                  wasi_sql_types_borrow_statement(statement), &result));
  if (result.is_err) *error = result.val.err;
  if (!result.is_err) *rows = result.val.ok;
  return !result.is_err;
}

static bool run_exec(connection_t connection, statement_t statement, uint32_t* changed,
                     error_t* error) {
  wasi_sql_readwrite_result_u32_own_error_t result;
  finish(wasi_sql_readwrite_exec(wasi_sql_types_borrow_connection(connection),
                                 wasi_sql_types_borrow_statement(statement), &result));
  if (result.is_err) *error = result.val.err;
  if (!result.is_err) *changed = result.val.ok;
  return !result.is_err;
}

#else

#define prepare wasi_sql_types_static_statement_prepare
#define connect wasi_sql_types_static_connection_open

static bool run_query(connection_t connection, statement_t statement,
                      wasi_sql_readwrite_list_row_t* rows, error_t* error) {
  return wasi_sql_readwrite_query(wasi_sql_types_borrow_connection(connection),
                                  wasi_sql_types_borrow_statement(statement), rows, error);
}

static bool run_exec(connection_t connection, statement_t statement, uint32_t* changed,
                     error_t* error) {
  return wasi_sql_readwrite_exec(wasi_sql_types_borrow_connection(connection),
                                 wasi_sql_types_borrow_statement(statement), changed, error);
}

#endif

static through_string_t trace_of(error_t error) {
  through_string_t trace;
  wasi_sql_types_method_error_trace(wasi_sql_types_borrow_error(error), &trace);
  wasi_sql_types_error_drop_own(error);
  return trace;
}

static bool open_one(through_string_t* name, uint32_t* number, through_string_t* failure) {
  error_t error;
  uint32_t free = 0;
  while (in_use[free]) ++free;
  const bool opened = connect(name, &connections[free], &error);
  if (!opened) *failure = trace_of(error);
  in_use[free] = opened;
  *number = free;
  through_string_free(name);
  return opened;
}

static void close_one(uint32_t number) {
  wasi_sql_types_connection_drop_own(connections[number]);
  in_use[number] = false;
}

// Runs a statement by query() or, without room for rows, by exec().
static bool run(uint32_t number, through_string_t* text, through_list_data_type_t* params,
                through_list_row_t* rows, uint32_t* changed, through_string_t* failure) {
  statement_t statement;
  error_t error;
  bool done = prepare(text, (wasi_sql_types_list_data_type_t*)params, &statement, &error);
  if (done) {
    done = rows != NULL ? run_query(connections[number], statement,
                                    (wasi_sql_readwrite_list_row_t*)rows, &error)
                        : run_exec(connections[number], statement, changed, &error);
    wasi_sql_types_statement_drop_own(statement);
  }
  if (!done) *failure = trace_of(error);
  through_string_free(text);
  through_list_data_type_free(params);
  return done;
}

static through_string_t hoard_all(through_string_t* text) {
  wasi_sql_types_list_data_type_t none = {NULL, 0};
  statement_t kept;
  error_t error;
  while (prepare(text, &none, &kept, &error)) {
  }
  return trace_of(error);
}

#ifdef THROUGH_ASYNC

// Every export ends where it began.
#define EXPORT(name, ...)                                                             \
  through_callback_code_t exports_through_##name##_callback(through_event_t* event) { \
    (void)event;                                                                      \
    return THROUGH_CALLBACK_CODE_EXIT;                                                \
  }                                                                                   \
  through_callback_code_t exports_through_##name(__VA_ARGS__)

EXPORT(open, through_string_t* name) {
  through_result_u32_string_t result;
  uint32_t number;
  through_string_t failure;
  result.is_err = !open_one(name, &number, &failure);
  if (result.is_err) result.val.err = failure;
  if (!result.is_err) result.val.ok = number;
  exports_through_open_return(result);
  return THROUGH_CALLBACK_CODE_EXIT;
}

EXPORT(close, uint32_t connection) {
  close_one(connection);
  exports_through_close_return();
  return THROUGH_CALLBACK_CODE_EXIT;
}

EXPORT(query, uint32_t connection, through_string_t* text, through_list_data_type_t* params) {
  through_result_list_row_string_t result;
  through_list_row_t rows;
  through_string_t failure;
  result.is_err = !run(connection, text, params, &rows, NULL, &failure);
  if (result.is_err) result.val.err = failure;
  if (!result.is_err) result.val.ok = rows;
  exports_through_query_return(result);
  return THROUGH_CALLBACK_CODE_EXIT;
}

EXPORT(exec, uint32_t connection, through_string_t* text, through_list_data_type_t* params) {
  through_result_u32_string_t result;
  uint32_t changed;
  through_string_t failure;
  result.is_err = !run(connection, text, params, NULL, &changed, &failure);
  if (result.is_err) result.val.err = failure;
  if (!result.is_err) result.val.ok = changed;
  exports_through_exec_return(result);
  return THROUGH_CALLBACK_CODE_EXIT;
}

EXPORT(hoard, through_string_t* text) {
  exports_through_hoard_return(hoard_all(text));
  return THROUGH_CALLBACK_CODE_EXIT;
}

#else

bool exports_through_open(through_string_t* name, uint32_t* ret, through_string_t* err) {
  return open_one(name, ret, err);
}
void exports_through_close(uint32_t connection) { close_one(connection); }
bool exports_through_query(uint32_t connection, through_string_t* text,
                           through_list_data_type_t* params, through_list_row_t* ret,
                           through_string_t* err) {
  return run(connection, text, params, ret, NULL, err);
}
bool exports_through_exec(uint32_t connection, through_string_t* text,
                          through_list_data_type_t* params, uint32_t* ret, through_string_t* err) {
  return run(connection, text, params, NULL, ret, err);
}
void exports_through_hoard(through_string_t* text, through_string_t* ret) {
  *ret = hoard_all(text);
}

#endif
