// Keeps a key in a vault: makes one the first time, finds it again afterwards.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vault_example.h"

static vault_example_string_t text(const char* value) {
  return (vault_example_string_t){(uint8_t*)value, strlen(value)};
}

static int failed(const char* what, const wasi_vault_vault_error_t* error) {
  if (error->tag == WASI_VAULT_VAULT_ERROR_OTHER)
    printf("%s: %.*s\n", what, (int)error->val.other.len, error->val.other.ptr);
  else
    printf("%s: %s\n", what,
           error->tag == WASI_VAULT_VAULT_ERROR_NO_SUCH_STORE ? "there is no such locker"
                                                              : "it may not be changed");
  return EXIT_FAILURE;
}

int main(void) {
  wasi_vault_vault_error_t error;
  wasi_vault_vault_own_locker_t own;
  vault_example_string_t name = text("keys"), id = text("session");
  if (!wasi_vault_vault_open(&name, &own, &error)) return failed("open", &error);
  const wasi_vault_vault_borrow_locker_t locker = wasi_vault_vault_borrow_locker(own);

  vault_example_option_list_u8_t key;
  if (!wasi_vault_vault_method_locker_get(locker, &id, &key, &error)) return failed("get", &error);
  if (!key.is_some) {
    uint8_t bytes[32];
    if (getentropy(bytes, sizeof bytes) != 0) return EXIT_FAILURE;
    vault_example_list_u8_t fresh = {bytes, sizeof bytes};
    if (!wasi_vault_vault_method_locker_set(locker, &id, &fresh, &error))
      return failed("set", &error);
    memset(bytes, 0, sizeof bytes);
    printf("made a session key\n");
  } else {
    printf("found a session key of %zu bytes\n", key.val.len);
  }

  vault_example_list_string_t ids;
  if (!wasi_vault_vault_method_locker_list_ids(locker, &ids, &error)) return failed("list", &error);
  for (size_t i = 0; i < ids.len; ++i)
    printf("the locker has '%.*s'\n", (int)ids.ptr[i].len, ids.ptr[i].ptr);
  wasi_vault_vault_locker_drop_own(own);
  return EXIT_SUCCESS;
}
