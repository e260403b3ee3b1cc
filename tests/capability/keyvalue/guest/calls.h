// The imports under short names, which are the same whether they are `func` or `async func`.
#pragma once

#include "tool.h"

typedef tool_string_t text_t;
typedef tool_list_u8_t bytes_t;
typedef wasi_keyvalue_store_error_t error_t;
typedef wasi_keyvalue_store_own_bucket_t bucket_t;
typedef wasi_keyvalue_store_borrow_bucket_t lent_t;
typedef wasi_keyvalue_store_key_response_t page_t;
typedef tool_list_option_tuple2_string_list_u8_t found_t;

#ifdef TOOL_DRAFT
typedef uint64_t cursor_t;
typedef uint64_t number_t;
#else
typedef text_t cursor_t;
typedef int64_t number_t;
typedef wasi_keyvalue_atomics_own_cas_t cas_t;
typedef wasi_keyvalue_atomics_cas_error_t cas_error_t;
#endif

#ifndef TOOL_ASYNC

#define kv_open wasi_keyvalue_store_open
#define kv_get wasi_keyvalue_store_method_bucket_get
#define kv_set wasi_keyvalue_store_method_bucket_set
#define kv_delete wasi_keyvalue_store_method_bucket_delete
#define kv_exists wasi_keyvalue_store_method_bucket_exists
#define kv_list wasi_keyvalue_store_method_bucket_list_keys
#define kv_increment wasi_keyvalue_atomics_increment
#define kv_look wasi_keyvalue_atomics_static_cas_new
#define kv_current wasi_keyvalue_atomics_method_cas_current
#define kv_swap wasi_keyvalue_atomics_swap
#define kv_get_many wasi_keyvalue_batch_get_many
#define kv_set_many wasi_keyvalue_batch_set_many
#define kv_delete_many wasi_keyvalue_batch_delete_many

#else

// Waits where it stands.
static void finish(tool_subtask_status_t status) {
  if (TOOL_SUBTASK_STATE(status) == TOOL_SUBTASK_RETURNED) return;
  const tool_subtask_t task = TOOL_SUBTASK_HANDLE(status);
  const tool_waitable_set_t set = tool_waitable_set_new();
  tool_event_t event;
  tool_waitable_join(task, set);
  do {
    tool_waitable_set_wait(set, &event);
  } while (event.code != TOOL_SUBTASK_RETURNED);
  tool_waitable_join(task, 0);
  tool_waitable_set_drop(set);
  tool_subtask_drop(task);
}

#define GIVES(type, out, call) \
  type result;                 \
  finish(call);                \
  if (result.is_err)           \
    *error = result.val.err;   \
  else                         \
    *out = result.val.ok;      \
  return !result.is_err
#define GIVES_NOTHING(type, call)             \
  type result;                                \
  finish(call);                               \
  if (result.is_err) *error = result.val.err; \
  return !result.is_err

static bool kv_open(text_t* name, bucket_t* out, error_t* error) {
  GIVES(wasi_keyvalue_store_result_own_bucket_error_t, out,
        wasi_keyvalue_store_open(*name, &result));
}
static bool kv_get(lent_t bucket, text_t* key, tool_option_list_u8_t* out, error_t* error) {
  GIVES(wasi_keyvalue_store_result_option_list_u8_error_t, out,
        wasi_keyvalue_store_method_bucket_get(bucket, *key, &result));
}
static bool kv_set(lent_t bucket, text_t* key, bytes_t* value, error_t* error) {
  wasi_keyvalue_store_method_bucket_set_args_t arguments = {bucket, *key, *value};
  GIVES_NOTHING(wasi_keyvalue_store_result_void_error_t,
                wasi_keyvalue_store_method_bucket_set(&arguments, &result));
}
static bool kv_delete(lent_t bucket, text_t* key, error_t* error) {
  GIVES_NOTHING(wasi_keyvalue_store_result_void_error_t,
                wasi_keyvalue_store_method_bucket_delete(bucket, *key, &result));
}
static bool kv_exists(lent_t bucket, text_t* key, bool* out, error_t* error) {
  GIVES(wasi_keyvalue_store_result_bool_error_t, out,
        wasi_keyvalue_store_method_bucket_exists(bucket, *key, &result));
}
static bool kv_list(lent_t bucket, cursor_t* cursor, page_t* out, error_t* error) {
  tool_option_string_t maybe = {.is_some = cursor != NULL};
  if (cursor != NULL) maybe.val = *cursor;
  GIVES(wasi_keyvalue_store_result_key_response_error_t, out,
        wasi_keyvalue_store_method_bucket_list_keys(bucket, maybe, &result));
}
static bool kv_increment(lent_t bucket, text_t* key, number_t delta, number_t* out,
                         error_t* error) {
  GIVES(wasi_keyvalue_atomics_result_s64_error_t, out,
        wasi_keyvalue_atomics_increment(bucket, *key, delta, &result));
}
static bool kv_look(lent_t bucket, text_t* key, cas_t* out, error_t* error) {
  GIVES(wasi_keyvalue_atomics_result_own_cas_error_t, out,
        wasi_keyvalue_atomics_static_cas_new(bucket, *key, &result));
}
static bool kv_current(wasi_keyvalue_atomics_borrow_cas_t cas, tool_option_list_u8_t* out,
                       error_t* error) {
  GIVES(wasi_keyvalue_atomics_result_option_list_u8_error_t, out,
        wasi_keyvalue_atomics_method_cas_current(cas, &result));
}
static bool kv_swap(cas_t cas, bytes_t* value, cas_error_t* error) {
  GIVES_NOTHING(wasi_keyvalue_atomics_result_void_cas_error_t,
                wasi_keyvalue_atomics_swap(cas, *value, &result));
}
static bool kv_get_many(lent_t bucket, tool_list_string_t* keys, found_t* out, error_t* error) {
  GIVES(wasi_keyvalue_batch_result_list_option_tuple2_string_list_u8_error_t, out,
        wasi_keyvalue_batch_get_many(bucket, *keys, &result));
}
static bool kv_set_many(lent_t bucket, tool_list_tuple2_string_list_u8_t* entries, error_t* error) {
  GIVES_NOTHING(wasi_keyvalue_batch_result_void_error_t,
                wasi_keyvalue_batch_set_many(bucket, *entries, &result));
}
static bool kv_delete_many(lent_t bucket, tool_list_string_t* keys, error_t* error) {
  GIVES_NOTHING(wasi_keyvalue_batch_result_void_error_t,
                wasi_keyvalue_batch_delete_many(bucket, *keys, &result));
}

#endif
