// Writes down changes of a bucket in that bucket: the value of `k` under `set k`, or nothing under
// `deleted k`. A change of the key "trap" is too much for it.
#include <stdlib.h>
#include <string.h>

#include "watch.h"

typedef wasi_keyvalue_store_own_bucket_t bucket_t;

static void note(bucket_t bucket, const char* what, watch_string_t* key, watch_list_u8_t* value) {
  if (key->len == 4 && memcmp(key->ptr, "trap", 4) == 0) abort();
  const size_t length = strlen(what);
  watch_string_t name = {malloc(length + key->len), length + key->len};
  memcpy(name.ptr, what, length);
  memcpy(name.ptr + length, key->ptr, key->len);
  wasi_keyvalue_store_error_t error;
  if (!wasi_keyvalue_store_method_bucket_set(wasi_keyvalue_store_borrow_bucket(bucket), &name,
                                             value, &error))
    abort();
  wasi_keyvalue_store_bucket_drop_own(bucket);
}

void exports_wasi_keyvalue_watcher_on_set(bucket_t bucket, watch_string_t* key,
                                          watch_list_u8_t* value) {
  note(bucket, "set ", key, value);
}

void exports_wasi_keyvalue_watcher_on_delete(bucket_t bucket, watch_string_t* key) {
  watch_list_u8_t nothing = {NULL, 0};
  note(bucket, "deleted ", key, &nothing);
}
