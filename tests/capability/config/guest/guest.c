#include "config_guest.h"

#include <string.h>

// "upstream: why" or "io: why".
static config_guest_string_t describe(bool upstream, config_guest_string_t why) {
  config_guest_string_t text;
  char buffer[200] = {0};
  strcpy(buffer, upstream ? "upstream: " : "io: ");
  strncat(buffer, (const char*)why.ptr, why.len < 100 ? why.len : 100);
  config_guest_string_dup(&text, buffer);
  return text;
}

static bool current(bool done, const wasi_config_0_2_0_rc_1_store_error_t* error,
                    config_guest_string_t* failure) {
  if (!done)
    *failure = describe(error->tag == WASI_CONFIG_0_2_0_RC_1_STORE_ERROR_UPSTREAM, error->val.io);
  return done;
}
static bool draft(bool done, const wasi_config_0_2_0_draft_store_error_t* error,
                  config_guest_string_t* failure) {
  if (!done)
    *failure = describe(error->tag == WASI_CONFIG_0_2_0_DRAFT_STORE_ERROR_UPSTREAM, error->val.io);
  return done;
}
static bool runtime(bool done, const wasi_config_0_2_0_draft_runtime_config_error_t* error,
                    config_guest_string_t* failure) {
  if (!done)
    *failure = describe(error->tag == WASI_CONFIG_0_2_0_DRAFT_RUNTIME_CONFIG_ERROR_UPSTREAM,
                        error->val.io);
  return done;
}

bool exports_config_guest_look(uint8_t dialect, config_guest_string_t* key,
                               config_guest_option_string_t* value,
                               config_guest_string_t* failure) {
  wasi_config_0_2_0_rc_1_store_error_t e0;
  wasi_config_0_2_0_draft_store_error_t e1;
  wasi_config_0_2_0_draft_runtime_config_error_t e2;
  if (dialect == 0) return current(wasi_config_0_2_0_rc_1_store_get(key, value, &e0), &e0, failure);
  if (dialect == 1) return draft(wasi_config_0_2_0_draft_store_get(key, value, &e1), &e1, failure);
  return runtime(wasi_config_0_2_0_draft_runtime_get(key, value, &e2), &e2, failure);
}

bool exports_config_guest_everything(uint8_t dialect, config_guest_list_tuple2_string_string_t* all,
                                     config_guest_string_t* failure) {
  wasi_config_0_2_0_rc_1_store_error_t e0;
  wasi_config_0_2_0_draft_store_error_t e1;
  wasi_config_0_2_0_draft_runtime_config_error_t e2;
  if (dialect == 0) return current(wasi_config_0_2_0_rc_1_store_get_all(all, &e0), &e0, failure);
  if (dialect == 1) return draft(wasi_config_0_2_0_draft_store_get_all(all, &e1), &e1, failure);
  return runtime(wasi_config_0_2_0_draft_runtime_get_all(all, &e2), &e2, failure);
}
