// Does with a bucket what it is told, and says in words what came of it. Values are told and said
// in hexadecimal, `-` is an empty one; lists have commas.
//
//   set k 00ff      ok             list                 a,b next 1
//   get k           some 00ff      look k               some 00ff    (and keeps the cas)
//   get other       none           swap 01              ok, or stale some 02 (with a fresh cas)
//   get-many a,b    a=01,none      hold (opens buckets until that fails)
#include <stdlib.h>
#include <string.h>

#include "calls.h"

static char* said;
static size_t said_length;

static void say_bytes(const void* bytes, size_t length) {
  said = realloc(said, said_length + length);
  memcpy(said + said_length, bytes, length);
  said_length += length;
}
static void say(const char* words) { say_bytes(words, strlen(words)); }
static void say_text(text_t text) { say_bytes(text.ptr, text.len); }
// Without the C library's own, which would need a system.
static void say_number(long long number) {
  char digits[24];
  size_t at = sizeof digits;
  unsigned long long left =
      number < 0 ? 0 - (unsigned long long)number : (unsigned long long)number;
  do {
    digits[--at] = (char)('0' + left % 10);
    left /= 10;
  } while (left > 0);
  if (number < 0) digits[--at] = '-';
  say_bytes(digits + at, sizeof digits - at);
}
static void say_hex(bytes_t bytes) {
  if (bytes.len == 0) say("-");
  for (size_t i = 0; i < bytes.len; ++i) {
    say_bytes(&"0123456789abcdef"[bytes.ptr[i] >> 4], 1);
    say_bytes(&"0123456789abcdef"[bytes.ptr[i] & 15], 1);
  }
}
static void say_option(const tool_option_list_u8_t* value) {
  say(value->is_some ? "some " : "none");
  if (value->is_some) say_hex(value->val);
}
static void say_error(const error_t* error) {
  say("error: ");
  if (error->tag == WASI_KEYVALUE_STORE_ERROR_NO_SUCH_STORE) say("no-such-store");
  if (error->tag == WASI_KEYVALUE_STORE_ERROR_ACCESS_DENIED) say("access-denied");
  if (error->tag == WASI_KEYVALUE_STORE_ERROR_OTHER) say_text(error->val.other);
}

static unsigned digit(uint8_t letter) {
  return letter <= '9' ? letter - '0' : (unsigned)(letter - 'a') + 10;
}
static bytes_t bytes_of(const uint8_t* hex, size_t length) {
  bytes_t bytes = {malloc(length / 2 + 1), length / 2};
  for (size_t i = 0; i < bytes.len; ++i)
    bytes.ptr[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
  return bytes;
}
static bytes_t bytes_told(text_t hex) { return bytes_of(hex.ptr, hex.len); }
static bool is(text_t text, const char* word) {
  return text.len == strlen(word) && memcmp(text.ptr, word, text.len) == 0;
}
static long long number_told(text_t text) {
  char digits[24] = {0};
  memcpy(digits, text.ptr, text.len < 23 ? text.len : 23);
  return strtoll(digits, NULL, 10);
}

// The parts between commas; none of an empty text.
static tool_list_string_t parts_of(text_t text) {
  tool_list_string_t parts = {malloc((text.len + 1) * sizeof(text_t)), 0};
  size_t begin = 0;
  for (size_t i = 0; text.len > 0 && i <= text.len; ++i) {
    if (i < text.len && text.ptr[i] != ',') continue;
    parts.ptr[parts.len++] = (text_t){text.ptr + begin, i - begin};
    begin = i + 1;
  }
  return parts;
}

#ifndef TOOL_DRAFT
static cas_t look;

static bool say_look(error_t* error) {
  tool_option_list_u8_t current;
  if (!kv_current(wasi_keyvalue_atomics_borrow_cas(look), &current, error)) return false;
  say_option(&current);
  return true;
}

static bool swap(text_t value, error_t* error) {
  bytes_t bytes = bytes_told(value);
  cas_error_t failure;
  if (kv_swap(look, &bytes, &failure)) {
    say("ok");
    return true;
  }
  if (failure.tag == WASI_KEYVALUE_ATOMICS_CAS_ERROR_STORE_ERROR) {
    *error = failure.val.store_error;
    return false;
  }
  say("stale ");
  look = failure.val.cas_failed;
  return say_look(error);
}
#endif

static bool list(lent_t bucket, text_t told, error_t* error) {
#ifdef TOOL_DRAFT
  cursor_t cursor = (cursor_t)number_told(told);
#else
  cursor_t cursor = told;
#endif
  page_t page;
  if (!kv_list(bucket, told.len == 0 ? NULL : &cursor, &page, error)) return false;
  for (size_t i = 0; i < page.keys.len; ++i) {
    if (i > 0) say(",");
    say_text(page.keys.ptr[i]);
  }
  if (page.cursor.is_some) {
    say(" next ");
#ifdef TOOL_DRAFT
    say_number((long long)page.cursor.val);
#else
    say_text(page.cursor.val);
#endif
  }
  return true;
}

static bool get_many(lent_t bucket, text_t told, error_t* error) {
  tool_list_string_t keys = parts_of(told);
  found_t found;
  if (!kv_get_many(bucket, &keys, &found, error)) return false;
  for (size_t i = 0; i < found.len; ++i) {
    if (i > 0) say(",");
    if (!found.ptr[i].is_some) {
      say("none");
      continue;
    }
    say_text(found.ptr[i].val.f0);
    say("=");
    say_hex(found.ptr[i].val.f1);
  }
  return true;
}

static bool set_many(lent_t bucket, text_t told_keys, text_t told_values, error_t* error) {
  const tool_list_string_t keys = parts_of(told_keys);
  const tool_list_string_t values = parts_of(told_values);
  tool_list_tuple2_string_list_u8_t entries = {malloc(keys.len * sizeof *entries.ptr), keys.len};
  for (size_t i = 0; i < keys.len; ++i)
    entries.ptr[i] = (tool_tuple2_string_list_u8_t){keys.ptr[i], bytes_told(values.ptr[i])};
  return kv_set_many(bucket, &entries, error);
}

static bool hold(text_t name, error_t* error) {
  bucket_t bucket;
  for (int held = 0; held < 100000; ++held) {
    if (kv_open(&name, &bucket, error)) continue;
    say_number(held);
    say(" ");
    return false;
  }
  return true;
}

static bool act_on(lent_t bucket, text_t what, text_t key, text_t value, error_t* error) {
  bytes_t bytes = bytes_told(value);
  tool_option_list_u8_t found;
  number_t sum;
  bool there;
  if (is(what, "list")) return list(bucket, value, error);
  if (is(what, "get-many")) return get_many(bucket, key, error);
#ifndef TOOL_DRAFT
  if (is(what, "look")) return kv_look(bucket, &key, &look, error) && say_look(error);
  if (is(what, "swap")) return swap(value, error);
#endif
  if (is(what, "get")) {
    if (!kv_get(bucket, &key, &found, error)) return false;
    say_option(&found);
    return true;
  }
  if (is(what, "exists")) {
    if (!kv_exists(bucket, &key, &there, error)) return false;
    say(there ? "yes" : "no");
    return true;
  }
  if (is(what, "increment")) {
    if (!kv_increment(bucket, &key, (number_t)number_told(value), &sum, error)) return false;
    say_number((long long)sum);
    return true;
  }
  bool done = false;
  tool_list_string_t keys = parts_of(key);
  if (is(what, "set")) done = kv_set(bucket, &key, &bytes, error);
  if (is(what, "delete")) done = kv_delete(bucket, &key, error);
  if (is(what, "set-many")) done = set_many(bucket, key, value, error);
  if (is(what, "delete-many")) done = kv_delete_many(bucket, &keys, error);
  if (done) say("ok");
  return done;
}

static text_t act(text_t what, text_t name, text_t key, text_t value) {
  said = NULL;
  said_length = 0;
  error_t error = {0};
  bucket_t bucket;
  if (is(what, "hold")) {
    if (!hold(name, &error)) say_error(&error);
  } else if (!kv_open(&name, &bucket, &error)) {
    say_error(&error);
  } else {
    if (!act_on(wasi_keyvalue_store_borrow_bucket(bucket), what, key, value, &error))
      say_error(&error);
    wasi_keyvalue_store_bucket_drop_own(bucket);
  }
  return (text_t){(uint8_t*)said, said_length};
}

#ifdef TOOL_ASYNC
tool_callback_code_t exports_tool_act(text_t* what, text_t* bucket, text_t* key, text_t* value) {
  exports_tool_act_return(act(*what, *bucket, *key, *value));
  return TOOL_CALLBACK_CODE_EXIT;
}
tool_callback_code_t exports_tool_act_callback(tool_event_t* event) {
  (void)event;  // there is nothing to come back to
  return TOOL_CALLBACK_CODE_EXIT;
}
#else
void exports_tool_act(text_t* what, text_t* bucket, text_t* key, text_t* value, text_t* result) {
  *result = act(*what, *bucket, *key, *value);
}
#endif
