// Imports the vault as `func`.
#include "vault_sync.h"

typedef vault_sync_string_t text_t;

static text_t describe(const wasi_vault_vault_error_t* error) {
  text_t text;
  if (error->tag == WASI_VAULT_VAULT_ERROR_OTHER) return error->val.other;
  vault_sync_string_dup(&text, error->tag == WASI_VAULT_VAULT_ERROR_NO_SUCH_STORE
                                   ? "no-such-store"
                                   : "access-denied");
  return text;
}

static bool open(text_t* name, wasi_vault_vault_own_locker_t* locker, text_t* failure) {
  wasi_vault_vault_error_t error;
  if (wasi_vault_vault_open(name, locker, &error)) return true;
  *failure = describe(&error);
  return false;
}

static bool close(wasi_vault_vault_own_locker_t locker, bool done,
                  const wasi_vault_vault_error_t* error, text_t* failure) {
  wasi_vault_vault_locker_drop_own(locker);
  if (!done) *failure = describe(error);
  return done;
}

bool exports_vault_sync_put(text_t* name, text_t* id, vault_sync_list_u8_t* secret,
                            text_t* failure) {
  wasi_vault_vault_own_locker_t locker;
  wasi_vault_vault_error_t error;
  if (!open(name, &locker, failure)) return false;
  const bool done = wasi_vault_vault_method_locker_set(wasi_vault_vault_borrow_locker(locker), id,
                                                       secret, &error);
  return close(locker, done, &error, failure);
}

bool exports_vault_sync_fetch(text_t* name, text_t* id, vault_sync_option_list_u8_t* secret,
                              text_t* failure) {
  wasi_vault_vault_own_locker_t locker;
  wasi_vault_vault_error_t error;
  if (!open(name, &locker, failure)) return false;
  const bool done = wasi_vault_vault_method_locker_get(wasi_vault_vault_borrow_locker(locker), id,
                                                       secret, &error);
  return close(locker, done, &error, failure);
}

bool exports_vault_sync_remove(text_t* name, text_t* id, text_t* failure) {
  wasi_vault_vault_own_locker_t locker;
  wasi_vault_vault_error_t error;
  if (!open(name, &locker, failure)) return false;
  const bool done =
      wasi_vault_vault_method_locker_delete(wasi_vault_vault_borrow_locker(locker), id, &error);
  return close(locker, done, &error, failure);
}

bool exports_vault_sync_has(text_t* name, text_t* id, bool* there, text_t* failure) {
  wasi_vault_vault_own_locker_t locker;
  wasi_vault_vault_error_t error;
  if (!open(name, &locker, failure)) return false;
  const bool done = wasi_vault_vault_method_locker_exists(wasi_vault_vault_borrow_locker(locker),
                                                          id, there, &error);
  return close(locker, done, &error, failure);
}

bool exports_vault_sync_ids(text_t* name, vault_sync_list_string_t* ids, text_t* failure) {
  wasi_vault_vault_own_locker_t locker;
  wasi_vault_vault_error_t error;
  if (!open(name, &locker, failure)) return false;
  const bool done =
      wasi_vault_vault_method_locker_list_ids(wasi_vault_vault_borrow_locker(locker), ids, &error);
  return close(locker, done, &error, failure);
}
