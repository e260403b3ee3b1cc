// Counts the visits of each name on its command line, and of all together.
#include <stdio.h>
#include <string.h>

#include "counter.h"

static int failed(const wasi_keyvalue_store_error_t* error) {
  if (error->tag == WASI_KEYVALUE_STORE_ERROR_OTHER)
    fprintf(stderr, "counter: %.*s\n", (int)error->val.other.len, error->val.other.ptr);
  else
    fprintf(stderr, "counter: the bucket may not be used\n");
  return 1;
}

int main(int argc, char** argv) {
  wasi_keyvalue_store_own_bucket_t visits;
  wasi_keyvalue_store_error_t error;
  counter_string_t name;
  counter_string_set(&name, "visits");
  if (!wasi_keyvalue_store_open(&name, &visits, &error)) return failed(&error);
  const wasi_keyvalue_store_borrow_bucket_t bucket = wasi_keyvalue_store_borrow_bucket(visits);

  int64_t count = 0;
  for (int i = 1; i < argc; ++i) {
    counter_string_t visitor;
    counter_string_set(&visitor, argv[i]);
    if (!wasi_keyvalue_atomics_increment(bucket, &visitor, 1, &count, &error))
      return failed(&error);
    printf("%s: %lld\n", argv[i], (long long)count);
  }

  counter_string_t all;
  counter_string_set(&all, "");
  if (!wasi_keyvalue_atomics_increment(bucket, &all, argc - 1, &count, &error))
    return failed(&error);
  printf("all: %lld\n", (long long)count);
  wasi_keyvalue_store_bucket_drop_own(visits);
  return 0;
}
