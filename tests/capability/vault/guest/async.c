// Imports the vault as `async func`, and waits where it stands.
#include "vault_async.h"

typedef vault_async_string_t text_t;
typedef omnia_vault_vault_own_locker_t locker_t;

static void finish(vault_async_subtask_status_t status) {
  if (VAULT_ASYNC_SUBTASK_STATE(status) == VAULT_ASYNC_SUBTASK_RETURNED) return;
  const vault_async_subtask_t task = VAULT_ASYNC_SUBTASK_HANDLE(status);
  const vault_async_waitable_set_t set = vault_async_waitable_set_new();
  vault_async_event_t event;
  vault_async_waitable_join(task, set);
  do {
    vault_async_waitable_set_wait(set, &event);
  } while (event.code != VAULT_ASYNC_SUBTASK_RETURNED);
  vault_async_waitable_join(task, 0);
  vault_async_waitable_set_drop(set);
  vault_async_subtask_drop(task);
}

static text_t describe(const omnia_vault_vault_error_t* error) {
  text_t text;
  if (error->tag == OMNIA_VAULT_VAULT_ERROR_OTHER) return error->val.other;
  vault_async_string_dup(&text, error->tag == OMNIA_VAULT_VAULT_ERROR_NO_SUCH_STORE
                                    ? "no-such-store"
                                    : "access-denied");
  return text;
}

static bool open(text_t* name, locker_t* locker, text_t* failure) {
  omnia_vault_vault_result_own_locker_error_t opened;
  finish(omnia_vault_vault_open(*name, &opened));
  if (opened.is_err) *failure = describe(&opened.val.err);
  if (!opened.is_err) *locker = opened.val.ok;
  return !opened.is_err;
}

static omnia_vault_vault_borrow_locker_t lend(locker_t locker) {
  return omnia_vault_vault_borrow_locker(locker);
}

vault_async_callback_code_t exports_vault_async_put(text_t* name, text_t* id,
                                                    vault_async_list_u8_t* secret) {
  vault_async_result_void_string_t result = {.is_err = true};
  locker_t locker;
  if (open(name, &locker, &result.val.err)) {
    omnia_vault_vault_method_locker_set_args_t arguments = {lend(locker), *id, *secret};
    omnia_vault_vault_result_void_error_t stored;
    finish(omnia_vault_vault_method_locker_set(&arguments, &stored));
    result.is_err = stored.is_err;
    if (stored.is_err) result.val.err = describe(&stored.val.err);
    omnia_vault_vault_locker_drop_own(locker);
  }
  exports_vault_async_put_return(result);
  return VAULT_ASYNC_CALLBACK_CODE_EXIT;
}

vault_async_callback_code_t exports_vault_async_fetch(text_t* name, text_t* id) {
  vault_async_result_option_list_u8_string_t result = {.is_err = true};
  locker_t locker;
  if (open(name, &locker, &result.val.err)) {
    omnia_vault_vault_result_option_list_u8_error_t found;
    finish(omnia_vault_vault_method_locker_get(lend(locker), *id, &found));
    result.is_err = found.is_err;
    if (found.is_err) result.val.err = describe(&found.val.err);
    if (!found.is_err) result.val.ok = found.val.ok;
    omnia_vault_vault_locker_drop_own(locker);
  }
  exports_vault_async_fetch_return(result);
  return VAULT_ASYNC_CALLBACK_CODE_EXIT;
}

vault_async_callback_code_t exports_vault_async_remove(text_t* name, text_t* id) {
  vault_async_result_void_string_t result = {.is_err = true};
  locker_t locker;
  if (open(name, &locker, &result.val.err)) {
    omnia_vault_vault_result_void_error_t removed;
    finish(omnia_vault_vault_method_locker_delete(lend(locker), *id, &removed));
    result.is_err = removed.is_err;
    if (removed.is_err) result.val.err = describe(&removed.val.err);
    omnia_vault_vault_locker_drop_own(locker);
  }
  exports_vault_async_remove_return(result);
  return VAULT_ASYNC_CALLBACK_CODE_EXIT;
}

vault_async_callback_code_t exports_vault_async_has(text_t* name, text_t* id) {
  vault_async_result_bool_string_t result = {.is_err = true};
  locker_t locker;
  if (open(name, &locker, &result.val.err)) {
    omnia_vault_vault_result_bool_error_t found;
    finish(omnia_vault_vault_method_locker_exists(lend(locker), *id, &found));
    result.is_err = found.is_err;
    if (found.is_err) result.val.err = describe(&found.val.err);
    if (!found.is_err) result.val.ok = found.val.ok;
    omnia_vault_vault_locker_drop_own(locker);
  }
  exports_vault_async_has_return(result);
  return VAULT_ASYNC_CALLBACK_CODE_EXIT;
}

vault_async_callback_code_t exports_vault_async_ids(text_t* name) {
  vault_async_result_list_string_string_t result = {.is_err = true};
  locker_t locker;
  if (open(name, &locker, &result.val.err)) {
    omnia_vault_vault_result_list_string_error_t listed;
    finish(omnia_vault_vault_method_locker_list_ids(lend(locker), &listed));
    result.is_err = listed.is_err;
    if (listed.is_err) result.val.err = describe(&listed.val.err);
    if (!listed.is_err) result.val.ok = listed.val.ok;
    omnia_vault_vault_locker_drop_own(locker);
  }
  exports_vault_async_ids_return(result);
  return VAULT_ASYNC_CALLBACK_CODE_EXIT;
}

// Never called: every export ends where it began.
#define NO_CALLBACK(name)                                                                     \
  vault_async_callback_code_t exports_vault_async_##name##_callback(vault_async_event_t* e) { \
    (void)e;                                                                                  \
    return VAULT_ASYNC_CALLBACK_CODE_EXIT;                                                    \
  }
NO_CALLBACK(put)
NO_CALLBACK(fetch)
NO_CALLBACK(remove)
NO_CALLBACK(has)
NO_CALLBACK(ids)
