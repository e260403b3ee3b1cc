// A command that does with a vault what its arguments say: open LOCKER, get LOCKER ID,
// set LOCKER ID SECRET, delete LOCKER ID, list LOCKER, set-and-abort LOCKER ID SECRET.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vault_probe.h"

static vault_probe_string_t text(const char* value) {
  return (vault_probe_string_t){(uint8_t*)value, strlen(value)};
}

static int failed(const wasi_vault_vault_error_t* error) {
  if (error->tag == WASI_VAULT_VAULT_ERROR_OTHER)
    printf("other: %.*s\n", (int)error->val.other.len, error->val.other.ptr);
  else
    printf("%s\n",
           error->tag == WASI_VAULT_VAULT_ERROR_NO_SUCH_STORE ? "no-such-store" : "access-denied");
  return 0;
}

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const char* what = argv[1];
  wasi_vault_vault_error_t error;
  wasi_vault_vault_own_locker_t own;
  vault_probe_string_t name = text(argv[2]), id = text(argc > 3 ? argv[3] : "");
  if (!wasi_vault_vault_open(&name, &own, &error)) return failed(&error);
  const wasi_vault_vault_borrow_locker_t locker = wasi_vault_vault_borrow_locker(own);
  if (strcmp(what, "open") == 0) {
    printf("opened\n");
  } else if (strcmp(what, "get") == 0) {
    vault_probe_option_list_u8_t secret;
    if (!wasi_vault_vault_method_locker_get(locker, &id, &secret, &error)) return failed(&error);
    if (secret.is_some)
      printf("%.*s\n", (int)secret.val.len, secret.val.ptr);
    else
      printf("(none)\n");
  } else if (strncmp(what, "set", 3) == 0) {
    vault_probe_list_u8_t secret = {(uint8_t*)argv[4], strlen(argv[4])};
    if (!wasi_vault_vault_method_locker_set(locker, &id, &secret, &error)) return failed(&error);
    if (strcmp(what, "set-and-abort") == 0) abort();
  } else if (strcmp(what, "delete") == 0) {
    if (!wasi_vault_vault_method_locker_delete(locker, &id, &error)) return failed(&error);
  } else if (strcmp(what, "list") == 0) {
    vault_probe_list_string_t ids;
    if (!wasi_vault_vault_method_locker_list_ids(locker, &ids, &error)) return failed(&error);
    for (size_t i = 0; i < ids.len; ++i) printf("%.*s\n", (int)ids.ptr[i].len, ids.ptr[i].ptr);
  }
  wasi_vault_vault_locker_drop_own(own);
  return 0;
}
