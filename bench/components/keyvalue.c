// keyvalue OPERATION BYTES COUNT: gets or sets values of one size, and prints how many nanoseconds
// all of it took. It times itself, so that starting the program does not count.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "keyvalue_bench.h"

#define KEYS 16

static wasi_keyvalue_store_borrow_bucket_t bucket;
static keyvalue_bench_string_t keys[KEYS];

static void set(const keyvalue_bench_string_t* key, keyvalue_bench_list_u8_t value) {
  wasi_keyvalue_store_error_t error;
  keyvalue_bench_string_t copy = *key;
  if (!wasi_keyvalue_store_method_bucket_set(bucket, &copy, &value, &error)) abort();
}

static void get(const keyvalue_bench_string_t* key, size_t bytes) {
  wasi_keyvalue_store_error_t error;
  keyvalue_bench_string_t copy = *key;
  keyvalue_bench_option_list_u8_t value;
  if (!wasi_keyvalue_store_method_bucket_get(bucket, &copy, &value, &error)) abort();
  if (!value.is_some || value.val.len != bytes) abort();
  keyvalue_bench_option_list_u8_free(&value);
}

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const size_t bytes = strtoul(argv[2], NULL, 10);
  const long count = atol(argv[3]);
  wasi_keyvalue_store_own_bucket_t opened;
  wasi_keyvalue_store_error_t error;
  // The one name that Wasmtime's own store in memory has.
  keyvalue_bench_string_t name = {(uint8_t*)"", 0};
  if (!wasi_keyvalue_store_open(&name, &opened, &error)) abort();
  bucket = wasi_keyvalue_store_borrow_bucket(opened);
  keyvalue_bench_list_u8_t value = {malloc(bytes), bytes};
  memset(value.ptr, 'x', bytes);
  for (int i = 0; i < KEYS; ++i) {
    keys[i].ptr = malloc(16);
    keys[i].len = (size_t)snprintf((char*)keys[i].ptr, 16, "key number %d", i);
    set(&keys[i], value);
  }

  struct timespec begin, end;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  if (strcmp(argv[1], "get") == 0) {
    for (long i = 0; i < count; ++i) get(&keys[i % KEYS], bytes);
  } else {
    for (long i = 0; i < count; ++i) set(&keys[i % KEYS], value);
  }
  clock_gettime(CLOCK_MONOTONIC, &end);
  printf("%lld\n", (end.tv_sec - begin.tv_sec) * 1000000000LL + (end.tv_nsec - begin.tv_nsec));
  return 0;
}
