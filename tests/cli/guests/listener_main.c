#include "listener.h"

bool exports_wasi_messaging_incoming_handler_handle(wasi_messaging_types_own_message_t message,
                                                    wasi_messaging_types_error_t* error) {
  (void)message;
  (void)error;
  return true;
}
