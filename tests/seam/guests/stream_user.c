// Uses streams of wasi:io in every way; what each export does is said in streams.wit.
#include "streams.h"

#include <stdlib.h>
#include <string.h>

typedef wasi_io_streams_stream_error_t stream_error;
typedef wasi_io_streams_own_output_stream_t output_stream;
typedef wasi_io_streams_own_input_stream_t input_stream;

static void describe(stream_error* error, streams_string_t* out) {
  if (error->tag == WASI_IO_STREAMS_STREAM_ERROR_CLOSED) {
    streams_string_dup(out, "closed");
    return;
  }
  wasi_io_error_method_error_to_debug_string(
      wasi_io_error_borrow_error(error->val.last_operation_failed), out);
  wasi_io_error_error_drop_own(error->val.last_operation_failed);
}

static uint8_t* counting(uint64_t from, size_t size) {
  uint8_t* bytes = malloc(size + 1);
  for (size_t i = 0; i < size; ++i) bytes[i] = (uint8_t)(from + i);
  return bytes;
}

static output_stream upload(streams_string_t* name) {
  return test_streams_bodies_upload((streams_string_t*)name);
}

static void wait_output(output_stream stream) {
  wasi_io_poll_own_pollable_t pollable =
      wasi_io_streams_method_output_stream_subscribe(wasi_io_streams_borrow_output_stream(stream));
  wasi_io_poll_method_pollable_block(wasi_io_poll_borrow_pollable(pollable));
  wasi_io_poll_pollable_drop_own(pollable);
}

bool exports_streams_write(streams_string_t* name, uint64_t bytes, uint32_t piece,
                           streams_string_t* err) {
  output_stream stream = upload(name);
  wasi_io_streams_borrow_output_stream_t self = wasi_io_streams_borrow_output_stream(stream);
  stream_error error;
  bool ok = true;
  for (uint64_t done = 0; ok && done < bytes;) {
    uint64_t permit = 0;
    ok = wasi_io_streams_method_output_stream_check_write(self, &permit, &error);
    if (!ok) break;
    if (permit == 0) {
      wait_output(stream);
      continue;
    }
    uint64_t size = bytes - done < piece ? bytes - done : piece;
    if (size > permit) size = permit;
    streams_list_u8_t list = {counting(done, size), size};
    ok = wasi_io_streams_method_output_stream_write(self, &list, &error);
    free(list.ptr);
    done += size;
  }
  if (ok) ok = wasi_io_streams_method_output_stream_flush(self, &error);
  if (ok) {
    wait_output(stream);
    uint64_t permit = 0;
    ok = wasi_io_streams_method_output_stream_check_write(self, &permit, &error);
  }
  if (!ok) describe(&error, err);
  wasi_io_streams_output_stream_drop_own(stream);
  return ok;
}

bool exports_streams_write_blocking(streams_string_t* name, uint64_t bytes, streams_string_t* err) {
  output_stream stream = upload(name);
  stream_error error;
  bool ok = true;
  for (uint64_t done = 0; ok && done < bytes;) {
    uint64_t size = bytes - done < 4096 ? bytes - done : 4096;
    streams_list_u8_t list = {counting(done, size), size};
    ok = wasi_io_streams_method_output_stream_blocking_write_and_flush(
        wasi_io_streams_borrow_output_stream(stream), &list, &error);
    free(list.ptr);
    done += size;
  }
  if (!ok) describe(&error, err);
  wasi_io_streams_output_stream_drop_own(stream);
  return ok;
}

static bool write_once(output_stream stream, uint32_t bytes, stream_error* error) {
  streams_list_u8_t list = {counting(0, bytes), bytes};
  const bool ok = wasi_io_streams_method_output_stream_write(
      wasi_io_streams_borrow_output_stream(stream), &list, error);
  free(list.ptr);
  return ok;
}

void exports_streams_write_and_drop(streams_string_t* name, uint32_t bytes) {
  output_stream stream = upload(name);
  uint64_t permit = 0;
  stream_error error;
  wait_output(stream);
  wasi_io_streams_method_output_stream_check_write(wasi_io_streams_borrow_output_stream(stream),
                                                   &permit, &error);
  write_once(stream, bytes, &error);
  wasi_io_streams_output_stream_drop_own(stream);
}

void exports_streams_drop_unused(streams_string_t* name) {
  wasi_io_streams_output_stream_drop_own(upload(name));
}

void exports_streams_write_unasked(streams_string_t* name, uint32_t bytes) {
  output_stream stream = upload(name);
  stream_error error;
  write_once(stream, bytes, &error);
  write_once(stream, bytes, &error);
  wasi_io_streams_output_stream_drop_own(stream);
}

void exports_streams_write_after_error(streams_string_t* name, streams_string_t* ret) {
  output_stream stream = upload(name);
  stream_error error;
  uint64_t permit = 0;
  wasi_io_streams_borrow_output_stream_t self = wasi_io_streams_borrow_output_stream(stream);
  while (wasi_io_streams_method_output_stream_check_write(self, &permit, &error)) {
    if (permit == 0) {
      wait_output(stream);
    } else if (!write_once(stream, 10, &error)) {
      break;
    }
  }
  describe(&error, ret);
  streams_string_free(ret);
  if (write_once(stream, 10, &error)) {
    streams_string_dup(ret, "no error");
  } else {
    describe(&error, ret);
  }
  wasi_io_streams_output_stream_drop_own(stream);
}

bool exports_streams_write_zeroes(streams_string_t* name, uint32_t bytes, streams_string_t* err) {
  output_stream stream = upload(name);
  wasi_io_streams_borrow_output_stream_t self = wasi_io_streams_borrow_output_stream(stream);
  stream_error error;
  wait_output(stream);
  bool ok = wasi_io_streams_method_output_stream_write_zeroes(self, bytes, &error) &&
            wasi_io_streams_method_output_stream_blocking_flush(self, &error);
  if (!ok) describe(&error, err);
  wasi_io_streams_output_stream_drop_own(stream);
  return ok;
}

static void append(streams_list_u8_t* all, streams_list_u8_t* part) {
  all->ptr = realloc(all->ptr, all->len + part->len + 1);
  memcpy(all->ptr + all->len, part->ptr, part->len);
  all->len += part->len;
  streams_list_u8_free(part);
}

enum how { BLOCKING, POLLING, FIRST };

static bool read_as(enum how how, streams_string_t* name, uint64_t at_once, streams_list_u8_t* ret,
                    streams_string_t* err) {
  input_stream stream;
  if (!test_streams_bodies_download(name, &stream, err)) return false;
  wasi_io_streams_borrow_input_stream_t self = wasi_io_streams_borrow_input_stream(stream);
  memset(ret, 0, sizeof *ret);
  bool ok = true;
  while (ok) {
    streams_list_u8_t part = {0};
    stream_error error;
    if (how == POLLING) {
      ok = wasi_io_streams_method_input_stream_read(self, at_once, &part, &error);
    } else {
      ok = wasi_io_streams_method_input_stream_blocking_read(self, at_once, &part, &error);
    }
    if (!ok) {
      if (error.tag == WASI_IO_STREAMS_STREAM_ERROR_CLOSED) {
        ok = true;
      } else {
        describe(&error, err);
      }
      break;
    }
    if (part.len == 0) {
      wasi_io_poll_own_pollable_t pollable = wasi_io_streams_method_input_stream_subscribe(self);
      wasi_io_poll_method_pollable_block(wasi_io_poll_borrow_pollable(pollable));
      wasi_io_poll_pollable_drop_own(pollable);
    }
    append(ret, &part);
    if (how == FIRST) break;
  }
  wasi_io_streams_input_stream_drop_own(stream);
  return ok;
}

bool exports_streams_read(streams_string_t* name, uint64_t at_once, streams_list_u8_t* ret,
                          streams_string_t* err) {
  return read_as(BLOCKING, name, at_once, ret, err);
}
bool exports_streams_read_polling(streams_string_t* name, uint64_t at_once, streams_list_u8_t* ret,
                                  streams_string_t* err) {
  return read_as(POLLING, name, at_once, ret, err);
}
bool exports_streams_read_first(streams_string_t* name, uint64_t at_once, streams_list_u8_t* ret,
                                streams_string_t* err) {
  return read_as(FIRST, name, at_once, ret, err);
}

uint32_t exports_streams_first_ready(streams_string_t* one, streams_string_t* two) {
  input_stream streams[2];
  streams_string_t err;
  test_streams_bodies_download(one, &streams[0], &err);
  test_streams_bodies_download(two, &streams[1], &err);
  wasi_io_poll_own_pollable_t pollables[2];
  wasi_io_poll_borrow_pollable_t borrowed[2];
  for (int i = 0; i < 2; ++i) {
    pollables[i] = wasi_io_streams_method_input_stream_subscribe(
        wasi_io_streams_borrow_input_stream(streams[i]));
    borrowed[i] = wasi_io_poll_borrow_pollable(pollables[i]);
  }
  wasi_io_poll_list_borrow_pollable_t list = {borrowed, 2};
  streams_list_u32_t ready;
  wasi_io_poll_poll(&list, &ready);
  const uint32_t first = ready.ptr[0];
  for (int i = 0; i < 2; ++i) {
    wasi_io_poll_pollable_drop_own(pollables[i]);
    wasi_io_streams_input_stream_drop_own(streams[i]);
  }
  return first;
}

bool exports_streams_splice(streams_string_t* source, streams_string_t* target, uint64_t* ret,
                            streams_string_t* err) {
  input_stream from;
  if (!test_streams_bodies_download(source, &from, err)) return false;
  output_stream to = upload(target);
  *ret = 0;
  stream_error error;
  uint64_t moved = 0;
  while (wasi_io_streams_method_output_stream_blocking_splice(
      wasi_io_streams_borrow_output_stream(to), wasi_io_streams_borrow_input_stream(from), 100000,
      &moved, &error))
    *ret += moved;
  wasi_io_streams_output_stream_drop_own(to);
  wasi_io_streams_input_stream_drop_own(from);
  if (error.tag == WASI_IO_STREAMS_STREAM_ERROR_CLOSED) return true;
  describe(&error, err);
  return false;
}
