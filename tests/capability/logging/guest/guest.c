#include "logging_guest.h"

void exports_logging_guest_say(uint8_t level, logging_guest_string_t* context,
                               logging_guest_string_t* message) {
  wasi_logging_logging_log(level, context, message);
}
