// Streams a report into a container, and parts of it out again.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "blobstore_example.h"

typedef blobstore_example_string_t text;
typedef wasi_blobstore_container_borrow_container_t container;

static text text_of(const char* words) { return (text){(uint8_t*)words, strlen(words)}; }

static int failed(const char* what, text error) {
  printf("%s: %.*s\n", what, (int)error.len, (const char*)error.ptr);
  return 1;
}

// Line by line: the whole report is in memory nowhere.
static int write_report(container reports, const char* name, int lines) {
  wasi_blobstore_types_own_outgoing_value_t value =
      wasi_blobstore_types_static_outgoing_value_new_outgoing_value();
  wasi_blobstore_types_borrow_outgoing_value_t lent =
      wasi_blobstore_types_borrow_outgoing_value(value);
  wasi_io_streams_own_output_stream_t body;
  text object = text_of(name);
  text error;
  if (!wasi_blobstore_container_method_container_write_data(reports, &object, lent, &error))
    return failed("write-data", error);
  wasi_blobstore_types_method_outgoing_value_outgoing_value_write_body(lent, &body);

  for (int i = 1; i <= lines; ++i) {
    char line[64];
    const int size = snprintf(line, sizeof line, "line %06d\n", i);
    blobstore_example_list_u8_t bytes = {(uint8_t*)line, (size_t)size};
    wasi_io_streams_stream_error_t failure;
    if (!wasi_io_streams_method_output_stream_blocking_write_and_flush(
            wasi_io_streams_borrow_output_stream(body), &bytes, &failure))
      return failed("writing", text_of("the stream is closed"));
  }
  wasi_io_streams_output_stream_drop_own(body);

  // Only now it can be seen.
  if (!wasi_blobstore_types_static_outgoing_value_finish(value, &error))
    return failed("finish", error);
  return 0;
}

static int print_part(container reports, const char* name, uint64_t start, uint64_t end) {
  wasi_blobstore_types_own_incoming_value_t value;
  wasi_io_streams_own_input_stream_t body;
  text object = text_of(name);
  text error;
  if (!wasi_blobstore_container_method_container_get_data(reports, &object, start, end, &value,
                                                          &error) ||
      !wasi_blobstore_types_static_incoming_value_incoming_value_consume_async(value, &body,
                                                                               &error))
    return failed("get-data", error);
  for (;;) {
    blobstore_example_list_u8_t piece;
    wasi_io_streams_stream_error_t end_of_stream;
    if (!wasi_io_streams_method_input_stream_blocking_read(
            wasi_io_streams_borrow_input_stream(body), 4096, &piece, &end_of_stream))
      break;
    fwrite(piece.ptr, 1, piece.len, stdout);
    blobstore_example_list_u8_free(&piece);
  }
  wasi_io_streams_input_stream_drop_own(body);
  return 0;
}

int main(void) {
  wasi_blobstore_blobstore_own_container_t own;
  text error;
  text name = text_of("private");
  if (!wasi_blobstore_blobstore_create_container(&name, &own, &error)) failed("private", error);
  name = text_of("reports");
  if (!wasi_blobstore_blobstore_create_container(&name, &own, &error))
    return failed("reports", error);
  container reports = wasi_blobstore_container_borrow_container(own);

  if (write_report(reports, "2024/spring", 100000) != 0) return 1;
  wasi_blobstore_container_object_metadata_t info;
  name = text_of("2024/spring");
  if (!wasi_blobstore_container_method_container_object_info(reports, &name, &info, &error))
    return failed("object-info", error);
  printf("%.*s has %llu bytes\n", (int)info.name.len, (const char*)info.name.ptr,
         (unsigned long long)info.size);
  if (print_part(reports, "2024/spring", 0, 23) != 0) return 1;
  if (print_part(reports, "2024/spring", 1199988, 0) != 0) return 1;
  return print_part(reports, "2024/winter", 0, 0) == 1 ? 0 : 1;
}
