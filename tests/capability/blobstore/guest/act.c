// Does with object storage what it is told, and says in words what came of it.
//
//   create C | get C | delete C | exists C | since C     the container
//   write C O TEXT          body, write-data, finish      write-first: write-data before the body
//   write-open C O TEXT     finish while the stream is held
//   give-up C O TEXT        all but finish                nowhere TEXT: all but write-data
//   twice C O               write-data twice              bodies: the body asked for twice
//   late C O TEXT           writes after finish
//   fill C O BYTES          0, 1, 2 ... with check-write and write
//   read C O START END      consume-sync                  stream C O START END: consume-async
//   size C O START END      sum C O: how many bytes, and their sum, streamed
//   list C COUNT            names COUNT at a time         skip C COUNT: what is left after that
//   remove C O | remove-all C O,P | has C O | info C O | clear C
//   copy C O D P | move C O D P
//   hold C O                opens readers until that fails
#include <stdlib.h>
#include <string.h>

#include "calls.h"

static char* said;
static size_t said_length;

static void say_bytes(const void* bytes, size_t length) {
  said = realloc(said, said_length + length + 1);
  memcpy(said + said_length, bytes, length);
  said_length += length;
}
static void say(const char* words) { say_bytes(words, strlen(words)); }
static void say_text(text_t text) { say_bytes(text.ptr, text.len); }
static void say_number(unsigned long long number) {
  char digits[20];
  size_t first = sizeof digits;
  do {
    digits[--first] = (char)('0' + number % 10);
    number /= 10;
  } while (number > 0);
  say_bytes(digits + first, sizeof digits - first);
}

#define WORDS 6
static text_t word[WORDS];

static void split(text_t words) {
  size_t count = 0;
  size_t begin = 0;
  memset(word, 0, sizeof word);
  for (size_t i = 0; i <= words.len && count < WORDS; ++i) {
    if (i < words.len && words.ptr[i] != ' ') continue;
    word[count++] = (text_t){words.ptr + begin, i - begin};
    begin = i + 1;
  }
}
static bool is(const char* expected) {
  return word[0].len == strlen(expected) && memcmp(word[0].ptr, expected, word[0].len) == 0;
}
static uint64_t number(text_t text) {
  char digits[24] = {0};
  memcpy(digits, text.ptr, text.len < 23 ? text.len : 23);
  return strtoull(digits, NULL, 10);
}

static void copy_text(text_t* out, const char* text) { tool_string_dup(out, text); }

static bool stream_failed(stream_error_t* failure, text_t* error) {
  if (failure->tag == WASI_IO_STREAMS_STREAM_ERROR_CLOSED) {
    copy_text(error, "closed");
    return false;
  }
  wasi_io_error_method_error_to_debug_string(
      wasi_io_error_borrow_error(failure->val.last_operation_failed), error);
  wasi_io_error_error_drop_own(failure->val.last_operation_failed);
  return false;
}

// ------------------------------------------------------------------------------------------
// writing

static bool put_text(output_t stream, text_t text, text_t* error) {
  stream_error_t failure;
  bytes_t bytes = {text.ptr, text.len};
  if (wasi_io_streams_method_output_stream_blocking_write_and_flush(
          wasi_io_streams_borrow_output_stream(stream), &bytes, &failure))
    return true;
  return stream_failed(&failure, error);
}

static bool put_counting(output_t stream, uint64_t size, text_t* error) {
  wasi_io_streams_borrow_output_stream_t self = wasi_io_streams_borrow_output_stream(stream);
  static uint8_t buffer[65536];
  stream_error_t failure;
  for (uint64_t done = 0; done < size;) {
    uint64_t permit = 0;
    if (!wasi_io_streams_method_output_stream_check_write(self, &permit, &failure))
      return stream_failed(&failure, error);
    if (permit == 0) {
      wasi_io_poll_own_pollable_t ready = wasi_io_streams_method_output_stream_subscribe(self);
      wasi_io_poll_method_pollable_block(wasi_io_poll_borrow_pollable(ready));
      wasi_io_poll_pollable_drop_own(ready);
      continue;
    }
    bytes_t piece = {buffer, sizeof buffer};
    if (piece.len > permit) piece.len = permit;
    if (piece.len > size - done) piece.len = size - done;
    for (size_t i = 0; i < piece.len; ++i) buffer[i] = (uint8_t)(done + i);
    if (!wasi_io_streams_method_output_stream_write(self, &piece, &failure))
      return stream_failed(&failure, error);
    done += piece.len;
  }
  if (!wasi_io_streams_method_output_stream_blocking_flush(self, &failure))
    return stream_failed(&failure, error);
  return true;
}

static bool put(output_t stream, text_t* error) {
  return is("fill") ? put_counting(stream, number(word[3]), error)
                    : put_text(stream, word[3], error);
}

static bool write_value(lent_t container, text_t* error) {
  outgoing_t value = bs_new();
  lent_outgoing_t lent = wasi_blobstore_types_borrow_outgoing_value(value);
  output_t stream;
  if (!bs_write_body(lent, &stream)) return bs_finish(value, error);  // which says why
  bool ok = true;
  if (is("bodies")) {
    output_t second;
    say(bs_write_body(lent, &second) ? "two streams" : "one stream");
  } else if (is("late")) {
    ok = bs_write_data(container, &word[2], lent, error) && bs_finish(value, error) &&
         put(stream, error);
    wasi_io_streams_output_stream_drop_own(stream);
    return ok;
  } else {
    if (is("write-first") || is("fill")) ok = bs_write_data(container, &word[2], lent, error);
    ok = ok && put(stream, error);
    if (!is("write-open")) wasi_io_streams_output_stream_drop_own(stream);
    if (!is("write-first") && !is("fill")) {
      ok = ok && bs_write_data(container, &word[2], lent, error);
      if (is("twice")) ok = ok && bs_write_data(container, &word[3], lent, error);
    }
    if (ok && !is("give-up")) {
      ok = bs_finish(value, error);
      if (is("write-open")) wasi_io_streams_output_stream_drop_own(stream);
      return ok;
    }
  }
  if (is("bodies")) wasi_io_streams_output_stream_drop_own(stream);
  wasi_blobstore_types_outgoing_value_drop_own(value);
  return ok;
}

static bool nowhere(text_t* error) {
  outgoing_t value = bs_new();
  output_t stream;
  bs_write_body(wasi_blobstore_types_borrow_outgoing_value(value), &stream);
  const bool ok = put_text(stream, word[1], error);
  wasi_io_streams_output_stream_drop_own(stream);
  return ok && bs_finish(value, error);
}

// ------------------------------------------------------------------------------------------
// reading

static bool say_stream(input_t stream, text_t* error) {
  stream_error_t failure;
  uint64_t count = 0;
  uint64_t sum = 0;
  bool ok = true;
  for (;;) {
    bytes_t piece;
    if (!wasi_io_streams_method_input_stream_blocking_read(
            wasi_io_streams_borrow_input_stream(stream), 100000, &piece, &failure)) {
      if (failure.tag != WASI_IO_STREAMS_STREAM_ERROR_CLOSED) ok = stream_failed(&failure, error);
      break;
    }
    if (!is("sum")) say_bytes(piece.ptr, piece.len);
    for (size_t i = 0; i < piece.len; ++i) sum += piece.ptr[i];
    count += piece.len;
    tool_list_u8_free(&piece);
  }
  wasi_io_streams_input_stream_drop_own(stream);
  if (ok && is("sum")) {
    say_number(count);
    say(" ");
    say_number(sum);
  }
  return ok;
}

static bool read_value(lent_t container, text_t* error) {
  incoming_t value;
  if (!bs_get_data(container, &word[2], number(word[3]), number(word[4]), &value, error))
    return false;
  if (is("read")) {
    body_t bytes;
    if (!bs_consume_sync(value, &bytes, error)) return false;
    say_bytes(bytes.ptr, bytes.len);
    return true;
  }
  if (is("size")) {
    say_number(bs_size(wasi_blobstore_types_borrow_incoming_value(value)));
    wasi_blobstore_types_incoming_value_drop_own(value);
    return true;
  }
  input_t stream;
  return bs_consume_async(value, &stream, error) && say_stream(stream, error);
}

static bool hold(lent_t container, text_t* error) {
  incoming_t value;
  for (unsigned held = 0; held < 100000; ++held) {
    if (bs_get_data(container, &word[2], 0, 0, &value, error)) continue;
    say_number(held);
    say(" ");
    return false;
  }
  return true;
}

// --------------------------------------------------------------------------------------------
// names

static bool say_names(names_t names, uint64_t count, text_t* error) {
  for (;;) {
    some_names_t some;
    if (!bs_read_names(wasi_blobstore_container_borrow_stream_object_names(names), count, &some,
                       error))
      return false;
    for (size_t i = 0; i < some.f0.len; ++i) {
      if (i > 0) say(",");
      say_text(some.f0.ptr[i]);
    }
    if (some.f1) break;
    say("|");
  }
  say(".");
  return true;
}

static bool list(lent_t container, text_t* error) {
  names_t names;
  if (!bs_list(container, &names, error)) return false;
  bool ok = true;
  if (is("skip")) {
    skipped_t skipped;
    ok = bs_skip_names(wasi_blobstore_container_borrow_stream_object_names(names), number(word[2]),
                       &skipped, error);
    if (ok) {
      say_number(skipped.f0);
      say(skipped.f1 ? " end " : " more ");
    }
  }
  ok = ok && say_names(names, is("skip") ? 1000 : number(word[2]), error);
  wasi_blobstore_container_stream_object_names_drop_own(names);
  return ok;
}

static bool remove_all(lent_t container, text_t* error) {
  texts_t names = {malloc((word[2].len + 1) * sizeof(text_t)), 0};
  size_t begin = 0;
  for (size_t i = 0; i <= word[2].len; ++i) {
    if (i < word[2].len && word[2].ptr[i] != ',') continue;
    names.ptr[names.len++] = (text_t){word[2].ptr + begin, i - begin};
    begin = i + 1;
  }
  return bs_delete_objects(container, &names, error);
}

// ------------------------------------------------------------------------------------ all of it

static bool say_yes(bool ok, bool yes) {
  if (ok) say(yes ? "yes" : "no");
  return ok;
}

static bool act_on(lent_t container, text_t* error) {
  bool yes = false;
  object_info_t info;
  if (is("read") || is("stream") || is("size") || is("sum")) return read_value(container, error);
  if (is("list") || is("skip")) return list(container, error);
  if (is("hold")) return hold(container, error);
  if (is("has")) return say_yes(bs_has(container, &word[2], &yes, error), yes);
  if (is("info")) {
    if (!bs_object_info(container, &word[2], &info, error)) return false;
    say_text(info.container);
    say("/");
    say_text(info.name);
    say(" ");
    say_number(info.size);
    say(info.created_at > 1700000000 ? " dated" : " undated");
    return true;
  }
  if (is("since")) {
    wasi_blobstore_container_container_metadata_t about;
    text_t name;
    if (!bs_name(container, &name, error) || !bs_info(container, &about, error)) return false;
    say_text(name);
    say(" ");
    say_text(about.name);
    say(about.created_at > 1700000000 ? " dated" : " undated");
    return true;
  }
  if (is("remove")) return bs_delete_object(container, &word[2], error);
  if (is("remove-all")) return remove_all(container, error);
  if (is("clear")) return bs_clear(container, error);
  return write_value(container, error);
}

static bool act_in_words(text_t* error) {
  bool yes = false;
  container_t container;
  object_id_t from = {word[1], word[2]};
  object_id_t to = {word[3], word[4]};
  if (is("delete")) return bs_delete(&word[1], error);
  if (is("exists")) return say_yes(bs_exists(&word[1], &yes, error), yes);
  if (is("copy")) return bs_copy(&from, &to, error);
  if (is("move")) return bs_move(&from, &to, error);
  if (is("nowhere")) return nowhere(error);
  if (!(is("create") ? bs_create : bs_get)(&word[1], &container, error)) return false;
  const bool ok = is("create") || is("get") ||
                  act_on(wasi_blobstore_container_borrow_container(container), error);
  wasi_blobstore_container_container_drop_own(container);
  return ok;
}

static text_t act(text_t words) {
  said = NULL;
  said_length = 0;
  split(words);
  text_t error = {0};
  if (!act_in_words(&error)) {
    say("error: ");
    say_text(error);
  } else if (said_length == 0) {
    say("ok");
  }
  return (text_t){(uint8_t*)said, said_length};
}

#ifdef TOOL_ASYNC
tool_callback_code_t exports_tool_act(text_t* words) {
  exports_tool_act_return(act(*words));
  return TOOL_CALLBACK_CODE_EXIT;
}
tool_callback_code_t exports_tool_act_callback(tool_event_t* event) {
  (void)event;  // there is nothing to come back to
  return TOOL_CALLBACK_CODE_EXIT;
}
#else
void exports_tool_act(text_t* words, text_t* result) { *result = act(*words); }
#endif
