// Sends what `act` is told to; as a handler, does what the text of a message says. With
// TOOL_ASYNC the same of `async func`, where it waits instead of returning to its callback.
#include "tool.h"

#include <stdlib.h>
#include <string.h>

typedef wasi_messaging_types_own_client_t client_t;
typedef wasi_messaging_types_own_message_t message_t;
typedef wasi_messaging_types_error_t error_t;
typedef wasi_messaging_request_reply_own_request_options_t options_t;
typedef wasi_messaging_request_reply_list_own_message_t replies_t;

static tool_string_t text_of(const char* text) {
  return (tool_string_t){(uint8_t*)text, strlen(text)};
}
static wasi_messaging_types_borrow_message_t lent(message_t message) {
  return wasi_messaging_types_borrow_message(message);
}

// ------------------------------------------------------------------ the two kinds of function

#ifdef TOOL_ASYNC
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

static bool connect_to(const char* name, client_t* client, error_t* error) {
  wasi_messaging_types_result_own_client_error_t result;
  finish(wasi_messaging_types_static_client_connect(text_of(name), &result));
  if (result.is_err)
    *error = result.val.err;
  else
    *client = result.val.ok;
  return !result.is_err;
}
static bool send_to(client_t client, tool_string_t topic, message_t message, error_t* error) {
  wasi_messaging_producer_result_void_error_t result;
  finish(wasi_messaging_producer_send(wasi_messaging_types_borrow_client(client), topic, message,
                                      &result));
  if (result.is_err) *error = result.val.err;
  return !result.is_err;
}
static bool request_from(client_t client, tool_string_t topic, message_t message,
                         options_t* options, replies_t* replies, error_t* error) {
  wasi_messaging_request_reply_request_args_t args = {
      wasi_messaging_types_borrow_client(client), topic, lent(message), {options != NULL, {0}}};
  if (options != NULL) args.options.val = *options;
  wasi_messaging_request_reply_result_list_own_message_error_t result;
  finish(wasi_messaging_request_reply_request(&args, &result));
  if (result.is_err)
    *error = result.val.err;
  else
    *replies = result.val.ok;
  return !result.is_err;
}
static bool reply_to(message_t request, message_t message, error_t* error) {
  wasi_messaging_request_reply_result_void_error_t result;
  finish(wasi_messaging_request_reply_reply(lent(request), message, &result));
  if (result.is_err) *error = result.val.err;
  return !result.is_err;
}
#else
static bool connect_to(const char* name, client_t* client, error_t* error) {
  tool_string_t text = text_of(name);
  return wasi_messaging_types_static_client_connect(&text, client, error);
}
static bool send_to(client_t client, tool_string_t topic, message_t message, error_t* error) {
  return wasi_messaging_producer_send(wasi_messaging_types_borrow_client(client), &topic, message,
                                      error);
}
static bool request_from(client_t client, tool_string_t topic, message_t message,
                         options_t* options, replies_t* replies, error_t* error) {
  return wasi_messaging_request_reply_request(wasi_messaging_types_borrow_client(client), &topic,
                                              lent(message), options, replies, error);
}
static bool reply_to(message_t request, message_t message, error_t* error) {
  return wasi_messaging_request_reply_reply(lent(request), message, error);
}
#endif

// ----------------------------------------------------------------------------------- the rest

static message_t message_of(tool_string_t text) {
  tool_list_u8_t data = {text.ptr, text.len};
  const message_t message = wasi_messaging_types_constructor_message(&data);
  tool_string_t type = text_of("text/plain"), key = text_of("from"), value = text_of("tool");
  wasi_messaging_types_method_message_set_content_type(lent(message), &type);
  wasi_messaging_types_method_message_add_metadata(lent(message), &key, &value);
  return message;
}

static char said[4096];

static void say(const char* text, size_t size) {
  const size_t before = strlen(said);
  if (size > sizeof said - 1 - before) size = sizeof said - 1 - before;
  memcpy(said + before, text, size);
  said[before + size] = 0;
}
static void say_string(tool_string_t text) { say((const char*)text.ptr, text.len); }
static void say_text(const char* text) { say(text, strlen(text)); }

static void say_error(const error_t* error) {
  switch (error->tag) {
    case WASI_MESSAGING_TYPES_ERROR_TIMEOUT:
      return say_text("timeout");
    case WASI_MESSAGING_TYPES_ERROR_CONNECTION:
      say_text("connection: ");
      return say_string(error->val.connection);
    case WASI_MESSAGING_TYPES_ERROR_PERMISSION_DENIED:
      say_text("permission-denied: ");
      return say_string(error->val.permission_denied);
    default:
      say_text("other: ");
      return say_string(error->val.other);
  }
}

static void say_data(message_t message) {
  tool_list_u8_t data;
  wasi_messaging_types_method_message_data(lent(message), &data);
  say((const char*)data.ptr, data.len);
}

// "topic|type|data|key=value;"
static void say_message(message_t message) {
  tool_string_t text;
  wasi_messaging_types_metadata_t metadata;
  if (wasi_messaging_types_method_message_topic(lent(message), &text)) say_string(text);
  say_text("|");
  if (wasi_messaging_types_method_message_content_type(lent(message), &text)) say_string(text);
  say_text("|");
  say_data(message);
  say_text("|");
  if (!wasi_messaging_types_method_message_metadata(lent(message), &metadata)) return;
  for (size_t i = 0; i < metadata.len; ++i) {
    say_string(metadata.ptr[i].f0);
    say_text("=");
    say_string(metadata.ptr[i].f1);
    say_text(";");
  }
}

static bool is(tool_string_t text, const char* other) {
  return text.len == strlen(other) && memcmp(text.ptr, other, text.len) == 0;
}

static void flood(client_t client, tool_string_t topic, int count) {
  for (int i = 0; i < count; ++i) {
    const char number[] = {(char)(i < 10 ? '0' + i : '1'), (char)(i < 10 ? 0 : '0' + i % 10), 0};
    error_t error;
    if (!send_to(client, topic, message_of(text_of(number)), &error)) {
      say_text(number);
      say_text(": ");
      return say_error(&error);
    }
  }
  say_text("sent");
}

static void request(client_t client, tool_string_t topic, tool_string_t text, unsigned timeout_ms,
                    unsigned expected) {
  replies_t replies;
  error_t error;
  options_t options = wasi_messaging_request_reply_constructor_request_options();
  const wasi_messaging_request_reply_borrow_request_options_t lent_options =
      wasi_messaging_request_reply_borrow_request_options(options);
  wasi_messaging_request_reply_method_request_options_set_timeout_ms(lent_options, timeout_ms);
  wasi_messaging_request_reply_method_request_options_set_expected_replies(lent_options, expected);
  const message_t message = message_of(text);
  if (!request_from(client, topic, message, &options, &replies, &error)) return say_error(&error);
  for (size_t i = 0; i < replies.len; ++i) {
    if (i > 0) say_text(" and ");
    say_message(replies.ptr[i]);
  }
  wasi_messaging_types_message_drop_own(message);
}

static void act_with(client_t client, tool_string_t what, tool_string_t topic, tool_string_t text) {
  error_t error;
  if (is(what, "send")) return flood(client, topic, 1);
  if (is(what, "flood")) return flood(client, topic, 20);
  if (is(what, "request")) return request(client, topic, text, 20000, 1);
  if (is(what, "request-two")) return request(client, topic, text, 20000, 2);
  if (is(what, "request-briefly")) return request(client, topic, text, 20, 1);
  if (is(what, "reply-to-nothing")) {
    if (!reply_to(message_of(text), message_of(text), &error)) say_error(&error);
  } else if (is(what, "send-disconnected")) {
    wasi_messaging_types_method_client_disconnect(wasi_messaging_types_borrow_client(client),
                                                  &error);
    flood(client, topic, 1);
  } else if (is(what, "edit")) {
    const message_t message = message_of(text);
    tool_string_t from = text_of("from"), a = text_of("a"), b = text_of("b");
    tool_tuple2_string_string_t entries[] = {{a, b}, {b, a}};
    wasi_messaging_types_metadata_t metadata = {entries, 2};
    wasi_messaging_types_method_message_remove_metadata(lent(message), &from);
    say_message(message);
    wasi_messaging_types_method_message_set_metadata(lent(message), &metadata);
    wasi_messaging_types_method_message_add_metadata(lent(message), &a, &a);
    tool_list_u8_t data = {(uint8_t*)"new", 3};
    wasi_messaging_types_method_message_set_data(lent(message), &data);
    say_text(" -> ");
    say_message(message);
  } else if (is(what, "hoard")) {
    static uint8_t megabyte[1 << 20];
    tool_list_u8_t data = {megabyte, sizeof megabyte};
    message_t last = message_of(text);
    for (int i = 0; i < 10; ++i) last = wasi_messaging_types_constructor_message(&data);
    if (!send_to(client, topic, last, &error)) say_error(&error);
  }
}

static const char* act(tool_string_t what, tool_string_t topic, tool_string_t text) {
  client_t client;
  error_t error;
  said[0] = 0;
  const bool connected =
      connect_to(is(what, "connect") ? (const char*)text.ptr : "", &client, &error);
  if (!connected)
    say_error(&error);
  else
    act_with(client, what, topic, text);
  return said;
}

// What the handler answers with; NULL: all is well.
static const char* handle(message_t message) {
  error_t error;
  client_t client;
  said[0] = 0;
  say_data(message);
  if (strcmp(said, "trap") == 0) __builtin_trap();
  if (strcmp(said, "fail") == 0) return "cannot handle this";
  if (strcmp(said, "loop") == 0)
    for (volatile int i = 0;; ++i) {
    }
  said[0] = 0;
  say_message(message);
  if (!reply_to(message, message_of(text_of(said)), &error)) {
    // Not a request: somebody wants to know all the same.
    if (!connect_to("", &client, &error)) return "cannot connect";
    if (!send_to(client, text_of("seen"), message_of(text_of(said)), &error)) return "cannot send";
  }
  return NULL;
}

#ifdef TOOL_ASYNC
tool_callback_code_t exports_tool_act(tool_string_t* what, tool_string_t* topic,
                                      tool_string_t* text) {
  tool_string_t answer;
  tool_string_dup(&answer, act(*what, *topic, *text));
  exports_tool_act_return(answer);
  return TOOL_CALLBACK_CODE_EXIT;
}
tool_callback_code_t exports_tool_act_callback(tool_event_t* event) { __builtin_trap(); }

tool_callback_code_t exports_wasi_messaging_incoming_handler_handle(message_t message) {
  exports_wasi_messaging_incoming_handler_result_void_error_t result = {false};
  const char* failure = handle(message);
  if (failure != NULL) {
    result.is_err = true;
    result.val.err.tag = WASI_MESSAGING_TYPES_ERROR_OTHER;
    tool_string_dup(&result.val.err.val.other, failure);
  }
  exports_wasi_messaging_incoming_handler_handle_return(result);
  return TOOL_CALLBACK_CODE_EXIT;
}
tool_callback_code_t exports_wasi_messaging_incoming_handler_handle_callback(tool_event_t* event) {
  __builtin_trap();
}
#else
void exports_tool_act(tool_string_t* what, tool_string_t* topic, tool_string_t* text,
                      tool_string_t* ret) {
  tool_string_dup(ret, act(*what, *topic, *text));
}
bool exports_wasi_messaging_incoming_handler_handle(message_t message, error_t* err) {
  const char* failure = handle(message);
  if (failure == NULL) return true;
  err->tag = WASI_MESSAGING_TYPES_ERROR_OTHER;
  tool_string_dup(&err->val.other, failure);
  return false;
}
#endif
