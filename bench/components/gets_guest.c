// Reads one key over and over.
#include "gets.h"

static bool failed(wasi_keyvalue_store_error_t* error, gets_string_t* message) {
  wasi_keyvalue_store_error_free(error);
  gets_string_dup(message, "the store gives an error");
  return false;
}

bool exports_gets_run(gets_string_t* name, gets_string_t* key, uint32_t times, uint64_t* bytes,
                      gets_string_t* message) {
  wasi_keyvalue_store_own_bucket_t bucket;
  wasi_keyvalue_store_error_t error;
  *bytes = 0;
  if (!wasi_keyvalue_store_open(name, &bucket, &error)) return failed(&error, message);
  for (uint32_t i = 0; i < times; ++i) {
    gets_option_list_u8_t value;
    if (!wasi_keyvalue_store_method_bucket_get(wasi_keyvalue_store_borrow_bucket(bucket), key,
                                               &value, &error))
      return failed(&error, message);
    if (value.is_some) *bytes += value.val.len;
    gets_option_list_u8_free(&value);
  }
  wasi_keyvalue_store_bucket_drop_own(bucket);
  gets_string_free(name);
  gets_string_free(key);
  return true;
}
