// `BUCKET set KEY ...` or `BUCKET delete KEY ...`. The watcher prints what it hears; a change of
// the key "trap" is too much for it.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "watcher.h"

typedef wasi_keyvalue_store_own_bucket_t bucket_t;

static watcher_string_t text_of(const char* text) {
  return (watcher_string_t){(uint8_t*)text, strlen(text)};
}

int main(int argc, char** argv) {
  bucket_t bucket;
  wasi_keyvalue_store_error_t error;
  watcher_string_t name = text_of(argv[1]);
  if (!wasi_keyvalue_store_open(&name, &bucket, &error)) return 1;
  for (int i = 2; i + 1 < argc; i += 2) {
    watcher_string_t key = text_of(argv[i + 1]);
    watcher_list_u8_t value = {key.ptr, key.len};
    const wasi_keyvalue_store_borrow_bucket_t lent = wasi_keyvalue_store_borrow_bucket(bucket);
    const bool done = strcmp(argv[i], "set") == 0
                          ? wasi_keyvalue_store_method_bucket_set(lent, &key, &value, &error)
                          : wasi_keyvalue_store_method_bucket_delete(lent, &key, &error);
    if (!done) return 1;
  }
  return 0;
}

void exports_wasi_keyvalue_watcher_on_set(bucket_t bucket, watcher_string_t* key,
                                          watcher_list_u8_t* value) {
  if (key->len == 4 && memcmp(key->ptr, "trap", 4) == 0) abort();
  printf("set %.*s to %.*s\n", (int)key->len, (const char*)key->ptr, (int)value->len,
         (const char*)value->ptr);
  fflush(stdout);
  // Through the handle it got: it does not hear of that.
  wasi_keyvalue_store_error_t error;
  watcher_string_t seen = text_of("seen");
  wasi_keyvalue_store_method_bucket_set(wasi_keyvalue_store_borrow_bucket(bucket), &seen, value,
                                        &error);
}

void exports_wasi_keyvalue_watcher_on_delete(bucket_t bucket, watcher_string_t* key) {
  (void)bucket;
  printf("deleted %.*s\n", (int)key->len, (const char*)key->ptr);
  fflush(stdout);
}
