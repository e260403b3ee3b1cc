#include "config_async.h"

config_async_callback_code_t exports_config_async_look(config_async_string_t* key) {
  wasi_config_store_result_option_string_error_t value;
  config_async_result_option_string_string_t result = {.is_err = true};
  const config_async_subtask_status_t status = wasi_config_store_get(*key, &value);
  if (CONFIG_ASYNC_SUBTASK_STATE(status) != CONFIG_ASYNC_SUBTASK_RETURNED) {
    // Values are there from the beginning: nothing has to be waited for.
    config_async_string_dup(&result.val.err, "it did not return at once");
  } else if (value.is_err) {
    result.val.err = value.val.err.val.io;
  } else {
    result.is_err = false;
    result.val.ok = value.val.ok;
  }
  exports_config_async_look_return(result);
  return CONFIG_ASYNC_CALLBACK_CODE_EXIT;
}

config_async_callback_code_t exports_config_async_look_callback(config_async_event_t* event) {
  (void)event;
  return CONFIG_ASYNC_CALLBACK_CODE_EXIT;
}
