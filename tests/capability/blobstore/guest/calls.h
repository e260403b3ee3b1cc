// The imports under short names, which are the same whether they are `func` or `async func`.
#pragma once

#include "tool.h"

typedef tool_string_t text_t;
typedef tool_list_u8_t bytes_t;
typedef wasi_io_streams_own_output_stream_t output_t;
typedef wasi_io_streams_own_input_stream_t input_t;
typedef wasi_io_streams_stream_error_t stream_error_t;
typedef wasi_blobstore_types_own_outgoing_value_t outgoing_t;
typedef wasi_blobstore_types_borrow_outgoing_value_t lent_outgoing_t;
typedef wasi_blobstore_types_own_incoming_value_t incoming_t;
typedef wasi_blobstore_types_object_id_t object_id_t;
typedef wasi_blobstore_types_object_metadata_t object_info_t;
typedef wasi_blobstore_container_own_container_t container_t;
typedef wasi_blobstore_container_borrow_container_t lent_t;
typedef wasi_blobstore_container_own_stream_object_names_t names_t;
typedef wasi_blobstore_container_borrow_stream_object_names_t lent_names_t;
typedef wasi_blobstore_container_tuple2_list_object_name_bool_t some_names_t;
typedef tool_tuple2_u64_bool_t skipped_t;
typedef wasi_blobstore_container_list_object_name_t texts_t;
typedef wasi_blobstore_types_incoming_value_sync_body_t body_t;

// Never `async func`.
#define bs_new wasi_blobstore_types_static_outgoing_value_new_outgoing_value
#define bs_finish wasi_blobstore_types_static_outgoing_value_finish
#define bs_consume_sync wasi_blobstore_types_static_incoming_value_incoming_value_consume_sync
#define bs_size wasi_blobstore_types_method_incoming_value_size
#define bs_name wasi_blobstore_container_method_container_name
#define bs_info wasi_blobstore_container_method_container_info

#ifndef TOOL_ASYNC

#define bs_create wasi_blobstore_blobstore_create_container
#define bs_get wasi_blobstore_blobstore_get_container
#define bs_delete wasi_blobstore_blobstore_delete_container
#define bs_exists wasi_blobstore_blobstore_container_exists
#define bs_copy wasi_blobstore_blobstore_copy_object
#define bs_move wasi_blobstore_blobstore_move_object
#define bs_write_body wasi_blobstore_types_method_outgoing_value_outgoing_value_write_body
#define bs_consume_async wasi_blobstore_types_static_incoming_value_incoming_value_consume_async
#define bs_get_data wasi_blobstore_container_method_container_get_data
#define bs_write_data wasi_blobstore_container_method_container_write_data
#define bs_list wasi_blobstore_container_method_container_list_objects
#define bs_delete_object wasi_blobstore_container_method_container_delete_object
#define bs_delete_objects wasi_blobstore_container_method_container_delete_objects
#define bs_has wasi_blobstore_container_method_container_has_object
#define bs_object_info wasi_blobstore_container_method_container_object_info
#define bs_clear wasi_blobstore_container_method_container_clear
#define bs_read_names wasi_blobstore_container_method_stream_object_names_read_stream_object_names
#define bs_skip_names wasi_blobstore_container_method_stream_object_names_skip_stream_object_names

#else

// Waits where it stands.
static void wait_for(tool_subtask_status_t status) {
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
  wait_for(call);              \
  if (result.is_err)           \
    *error = result.val.err;   \
  else                         \
    *out = result.val.ok;      \
  return !result.is_err
#define GIVES_NOTHING(type, call)             \
  type result;                                \
  wait_for(call);                             \
  if (result.is_err) *error = result.val.err; \
  return !result.is_err

static bool bs_create(text_t* name, container_t* out, text_t* error) {
  GIVES(wasi_blobstore_blobstore_result_own_container_error_t, out,
        wasi_blobstore_blobstore_create_container(*name, &result));
}
static bool bs_get(text_t* name, container_t* out, text_t* error) {
  GIVES(wasi_blobstore_blobstore_result_own_container_error_t, out,
        wasi_blobstore_blobstore_get_container(*name, &result));
}
static bool bs_delete(text_t* name, text_t* error) {
  GIVES_NOTHING(wasi_blobstore_blobstore_result_void_error_t,
                wasi_blobstore_blobstore_delete_container(*name, &result));
}
static bool bs_exists(text_t* name, bool* out, text_t* error) {
  GIVES(wasi_blobstore_blobstore_result_bool_error_t, out,
        wasi_blobstore_blobstore_container_exists(*name, &result));
}
static bool bs_copy(object_id_t* from, object_id_t* to, text_t* error) {
  wasi_blobstore_blobstore_copy_object_args_t arguments = {*from, *to};
  GIVES_NOTHING(wasi_blobstore_blobstore_result_void_error_t,
                wasi_blobstore_blobstore_copy_object(&arguments, &result));
}
static bool bs_move(object_id_t* from, object_id_t* to, text_t* error) {
  wasi_blobstore_blobstore_move_object_args_t arguments = {*from, *to};
  GIVES_NOTHING(wasi_blobstore_blobstore_result_void_error_t,
                wasi_blobstore_blobstore_move_object(&arguments, &result));
}
static bool bs_write_body(lent_outgoing_t value, output_t* out) {
  wasi_blobstore_types_result_own_output_stream_void_t result;
  wait_for(wasi_blobstore_types_method_outgoing_value_outgoing_value_write_body(value, &result));
  if (!result.is_err) *out = result.val.ok;
  return !result.is_err;
}
static bool bs_consume_async(incoming_t value, input_t* out, text_t* error) {
  GIVES(wasi_blobstore_types_result_own_incoming_value_async_body_error_t, out,
        wasi_blobstore_types_static_incoming_value_incoming_value_consume_async(value, &result));
}
static bool bs_get_data(lent_t container, text_t* name, uint64_t start, uint64_t end,
                        incoming_t* out, text_t* error) {
  wasi_blobstore_container_method_container_get_data_args_t arguments = {container, *name, start,
                                                                         end};
  GIVES(wasi_blobstore_container_result_own_incoming_value_error_t, out,
        wasi_blobstore_container_method_container_get_data(&arguments, &result));
}
static bool bs_write_data(lent_t container, text_t* name, lent_outgoing_t data, text_t* error) {
  GIVES_NOTHING(
      wasi_blobstore_container_result_void_error_t,
      wasi_blobstore_container_method_container_write_data(container, *name, data, &result));
}
static bool bs_list(lent_t container, names_t* out, text_t* error) {
  GIVES(wasi_blobstore_container_result_own_stream_object_names_error_t, out,
        wasi_blobstore_container_method_container_list_objects(container, &result));
}
static bool bs_delete_object(lent_t container, text_t* name, text_t* error) {
  GIVES_NOTHING(wasi_blobstore_container_result_void_error_t,
                wasi_blobstore_container_method_container_delete_object(container, *name, &result));
}
static bool bs_delete_objects(lent_t container, texts_t* names, text_t* error) {
  GIVES_NOTHING(
      wasi_blobstore_container_result_void_error_t,
      wasi_blobstore_container_method_container_delete_objects(container, *names, &result));
}
static bool bs_has(lent_t container, text_t* name, bool* out, text_t* error) {
  GIVES(wasi_blobstore_container_result_bool_error_t, out,
        wasi_blobstore_container_method_container_has_object(container, *name, &result));
}
static bool bs_object_info(lent_t container, text_t* name, object_info_t* out, text_t* error) {
  GIVES(wasi_blobstore_container_result_object_metadata_error_t, out,
        wasi_blobstore_container_method_container_object_info(container, *name, &result));
}
static bool bs_clear(lent_t container, text_t* error) {
  GIVES_NOTHING(wasi_blobstore_container_result_void_error_t,
                wasi_blobstore_container_method_container_clear(container, &result));
}
static bool bs_read_names(lent_names_t names, uint64_t count, some_names_t* out, text_t* error) {
  GIVES(wasi_blobstore_container_result_tuple2_list_object_name_bool_error_t, out,
        wasi_blobstore_container_method_stream_object_names_read_stream_object_names(names, count,
                                                                                     &result));
}
static bool bs_skip_names(lent_names_t names, uint64_t count, skipped_t* out, text_t* error) {
  GIVES(wasi_blobstore_container_result_tuple2_u64_bool_error_t, out,
        wasi_blobstore_container_method_stream_object_names_skip_stream_object_names(names, count,
                                                                                     &result));
}

#endif
