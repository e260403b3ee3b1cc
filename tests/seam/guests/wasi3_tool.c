// A command of WASI 0.3 that does what its arguments say, with the async ABI of wit-bindgen's C
// generator. It waits where it stands instead of returning to its callback.
#include "tool3.h"

#include <stdlib.h>
#include <string.h>

static tool3_event_t wait_for(uint32_t waitable) {
  const tool3_waitable_set_t set = tool3_waitable_set_new();
  tool3_event_t event;
  tool3_waitable_join(waitable, set);
  tool3_waitable_set_wait(set, &event);
  tool3_waitable_join(waitable, 0);
  tool3_waitable_set_drop(set);
  return event;
}

static void finish(tool3_subtask_status_t status) {
  if (TOOL3_SUBTASK_STATE(status) == TOOL3_SUBTASK_RETURNED) return;
  const tool3_subtask_t task = TOOL3_SUBTASK_HANDLE(status);
  while (wait_for(task).code != TOOL3_SUBTASK_RETURNED) {
  }
  tool3_subtask_drop(task);
}

static bool write_out(const uint8_t* bytes, size_t size) {
  wasi_cli_stdin_stream_u8_writer_t writer;
  const wasi_cli_stdin_stream_u8_t reader = wasi_cli_stdin_stream_u8_new(&writer);
  const wasi_cli_stdout_future_result_void_error_code_t done =
      wasi_cli_stdout_write_via_stream(reader);
  while (size > 0) {
    tool3_waitable_status_t status = wasi_cli_stdin_stream_u8_write(writer, bytes, size);
    if (status == TOOL3_WAITABLE_STATUS_BLOCKED) status = wait_for(writer).code;
    bytes += TOOL3_WAITABLE_COUNT(status);
    size -= TOOL3_WAITABLE_COUNT(status);
    if (TOOL3_WAITABLE_STATE(status) != TOOL3_WAITABLE_COMPLETED) break;
  }
  wasi_cli_stdin_stream_u8_drop_writable(writer);
  wasi_cli_stdout_result_void_error_code_t result;
  const tool3_waitable_status_t status =
      wasi_cli_stdout_future_result_void_error_code_read(done, &result);
  if (status == TOOL3_WAITABLE_STATUS_BLOCKED) wait_for(done);
  wasi_cli_stdout_future_result_void_error_code_drop_readable(done);
  return size == 0 && !result.is_err;
}

static bool say(const char* text) { return write_out((const uint8_t*)text, strlen(text)); }

static bool say_string(tool3_string_t text) {
  return say("[") && write_out(text.ptr, text.len) && say("]");
}

static bool arguments(const tool3_list_string_t* list) {
  for (size_t i = 0; i < list->len; ++i) {
    if (!say_string(list->ptr[i])) return false;
  }
  return true;
}

static bool environment(void) {
  tool3_list_tuple2_string_string_t list;
  wasi_cli_environment_get_environment(&list);
  for (size_t i = 0; i < list.len; ++i) {
    if (!say_string(list.ptr[i].f0) || !say("=") || !say_string(list.ptr[i].f1)) return false;
  }
  return true;
}

static bool copy(void) {
  static uint8_t buffer[10000];
  wasi_cli_stdin_tuple2_stream_u8_future_result_void_error_code_t in;
  wasi_cli_stdin_read_via_stream(&in);
  while (true) {
    tool3_waitable_status_t status = wasi_cli_stdin_stream_u8_read(in.f0, buffer, sizeof buffer);
    if (status == TOOL3_WAITABLE_STATUS_BLOCKED) status = wait_for(in.f0).code;
    if (!write_out(buffer, TOOL3_WAITABLE_COUNT(status))) return false;
    if (TOOL3_WAITABLE_STATE(status) != TOOL3_WAITABLE_COMPLETED) return true;
  }
}

// "connect" or "listen" at a port of 127.0.0.1; says what the error is.
static bool socket_at(const char* what, uint16_t port) {
  wasi_sockets_types_own_tcp_socket_t socket;
  wasi_sockets_types_error_code_t error;
  if (!wasi_sockets_types_static_tcp_socket_create(WASI_SOCKETS_TYPES_IP_ADDRESS_FAMILY_IPV4,
                                                   &socket, &error))
    return say("no sockets");
  const wasi_sockets_types_borrow_tcp_socket_t self = wasi_sockets_types_borrow_tcp_socket(socket);
  wasi_sockets_types_ip_socket_address_t address = {
      .tag = WASI_SOCKETS_TYPES_IP_SOCKET_ADDRESS_IPV4,
      .val.ipv4 = {.port = port, .address = {127, 0, 0, 1}}};
  bool ok;
  if (strcmp(what, "connect") == 0) {
    wasi_sockets_types_method_tcp_socket_connect_args_t args = {self, address};
    wasi_sockets_types_result_void_error_code_t result;
    finish(wasi_sockets_types_method_tcp_socket_connect(&args, &result));
    ok = !result.is_err;
    error = result.val.err;
  } else {
    wasi_sockets_types_stream_own_tcp_socket_t clients;
    ok = wasi_sockets_types_method_tcp_socket_bind(self, &address, &error) &&
         wasi_sockets_types_method_tcp_socket_listen(self, &clients, &error);
  }
  if (ok) return say("ok");
  return say(error.tag == WASI_SOCKETS_TYPES_ERROR_CODE_ACCESS_DENIED ? "denied" : "failed");
}

static bool resolve(tool3_string_t name) {
  wasi_sockets_ip_name_lookup_result_list_ip_address_error_code_t result;
  finish(wasi_sockets_ip_name_lookup_resolve_addresses(name, &result));
  if (!result.is_err) return say(result.val.ok.len > 0 ? "found" : "nothing");
  switch (result.val.err.tag) {
    case WASI_SOCKETS_IP_NAME_LOOKUP_ERROR_CODE_ACCESS_DENIED:
      return say("denied");
    case WASI_SOCKETS_IP_NAME_LOOKUP_ERROR_CODE_PERMANENT_RESOLVER_FAILURE:
      return say("off");
    default:
      return say("failed");
  }
}

static int number(tool3_string_t text) {
  int value = 0;
  for (size_t i = 0; i < text.len; ++i) value = value * 10 + (text.ptr[i] - '0');
  return value;
}

static bool is(tool3_string_t text, const char* word) {
  return text.len == strlen(word) && memcmp(text.ptr, word, text.len) == 0;
}

static bool run(void) {
  tool3_list_string_t list;
  wasi_cli_environment_get_arguments(&list);
  if (list.len < 2) return false;
  const tool3_string_t word = list.ptr[1];
  if (is(word, "arguments")) return arguments(&list);
  if (is(word, "environment")) return environment();
  if (is(word, "copy")) return copy();
  if (is(word, "random"))
    return say(wasi_random_random_get_random_u64() != wasi_random_random_get_random_u64()
                   ? "different"
                   : "the same");
  if (list.len < 3) return false;
  if (is(word, "exit")) wasi_cli_exit_exit_with_code((uint8_t)number(list.ptr[2]));
  if (is(word, "sleep")) {
    finish(wasi_clocks_monotonic_clock_wait_for(1000000ull * (uint64_t)number(list.ptr[2])));
    return say("slept");
  }
  if (is(word, "connect")) return socket_at("connect", (uint16_t)number(list.ptr[2]));
  if (is(word, "listen")) return socket_at("listen", (uint16_t)number(list.ptr[2]));
  if (is(word, "resolve")) return resolve(list.ptr[2]);
  return false;
}

tool3_callback_code_t exports_wasi_cli_run_run() {
  const exports_wasi_cli_run_result_void_void_t result = {.is_err = !run()};
  exports_wasi_cli_run_run_return(result);
  return TOOL3_CALLBACK_CODE_EXIT;
}

tool3_callback_code_t exports_wasi_cli_run_run_callback(tool3_event_t* event) {
  (void)event;
  return TOOL3_CALLBACK_CODE_EXIT;
}
