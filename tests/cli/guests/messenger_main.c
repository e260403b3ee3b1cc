// Sends each pair of arguments, TOPIC TEXT. As a handler it prints what came, or does what the text
// says.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "messenger.h"

typedef wasi_messaging_types_own_message_t message_t;

static messenger_string_t text_of(const char* text) {
  return (messenger_string_t){(uint8_t*)text, strlen(text)};
}
static message_t message_of(const char* text) {
  messenger_list_u8_t data = {(uint8_t*)text, strlen(text)};
  return wasi_messaging_types_constructor_message(&data);
}
static int failed(const wasi_messaging_types_error_t* error) {
  static const char* names[] = {"timeout", "connection", "permission-denied", "other"};
  printf("%s", names[error->tag]);
  if (error->tag != WASI_MESSAGING_TYPES_ERROR_TIMEOUT)
    printf(": %.*s", (int)error->val.other.len, (const char*)error->val.other.ptr);
  printf("\n");
  return 1;
}

// main() of a handler's instance is never called.
int main(int argc, char** argv) {
  wasi_messaging_types_own_client_t client;
  wasi_messaging_types_error_t error;
  const char* broker = getenv("BROKER");
  messenger_string_t name = text_of(broker == NULL ? "" : broker);
  if (!wasi_messaging_types_static_client_connect(&name, &client, &error)) return failed(&error);
  for (int i = 1; i + 1 < argc; i += 2) {
    if (strcmp(argv[i], "exit") == 0) exit(atoi(argv[i + 1]));
    messenger_string_t topic = text_of(argv[i]);
    if (!wasi_messaging_producer_send(wasi_messaging_types_borrow_client(client), &topic,
                                      message_of(argv[i + 1]), &error))
      return failed(&error);
  }
  return 0;
}

bool exports_wasi_messaging_incoming_handler_handle(message_t message,
                                                    wasi_messaging_types_error_t* error) {
  const wasi_messaging_types_borrow_message_t lent = wasi_messaging_types_borrow_message(message);
  messenger_list_u8_t data;
  messenger_string_t topic;
  wasi_messaging_types_method_message_data(lent, &data);
  wasi_messaging_types_method_message_topic(lent, &topic);
  char text[200];
  snprintf(text, sizeof text, "%.*s", (int)data.len, (const char*)data.ptr);
  printf("%.*s: %s\n", (int)topic.len, (const char*)topic.ptr, text);
  fflush(stdout);
  if (strcmp(text, "trap") == 0 && topic.ptr[0] != '$') abort();
  if (strcmp(text, "fail") == 0 && topic.ptr[0] != '$') {
    error->tag = WASI_MESSAGING_TYPES_ERROR_OTHER;
    messenger_string_dup(&error->val.other, "no, thanks");
    return false;
  }
  if (strcmp(text, "forever") == 0)
    for (volatile int i = 0;; ++i) {
    }
  if (strcmp(text, "forward") == 0) {
    wasi_messaging_types_own_client_t client;
    messenger_string_t name = text_of(""), next = text_of("next");
    return wasi_messaging_types_static_client_connect(&name, &client, error) &&
           wasi_messaging_producer_send(wasi_messaging_types_borrow_client(client), &next,
                                        message_of("forwarded"), error);
  }
  return true;
}
