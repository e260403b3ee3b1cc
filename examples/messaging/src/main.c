// A shop: `main` asks for each order to be packed and prints the answers; the handler, which runs
// in an instance of its own for each message, packs them.
#include <stdio.h>
#include <string.h>

#include "shop.h"

typedef wasi_messaging_types_own_message_t message_t;

static shop_string_t text_of(const char* text) {
  return (shop_string_t){(uint8_t*)text, strlen(text)};
}

static bool is(shop_string_t text, const char* other) {
  return text.len == strlen(other) && memcmp(text.ptr, other, text.len) == 0;
}

static message_t message_of(const char* text) {
  shop_list_u8_t data = {(uint8_t*)text, strlen(text)};
  return wasi_messaging_types_constructor_message(&data);
}

static void read(message_t message, char* text, size_t size) {
  shop_list_u8_t data;
  wasi_messaging_types_method_message_data(wasi_messaging_types_borrow_message(message), &data);
  snprintf(text, size, "%.*s", (int)data.len, (const char*)data.ptr);
  shop_list_u8_free(&data);
}

static int failed(const wasi_messaging_types_error_t* error) {
  if (error->tag == WASI_MESSAGING_TYPES_ERROR_TIMEOUT)
    fprintf(stderr, "that took too long\n");
  else
    fprintf(stderr, "%.*s\n", (int)error->val.other.len, (const char*)error->val.other.ptr);
  return 1;
}

int main(void) {
  wasi_messaging_types_own_client_t client;
  wasi_messaging_types_error_t error;
  shop_string_t broker = text_of("orders"), pack = text_of("orders.pack"),
                done = text_of("orders.done");
  if (!wasi_messaging_types_static_client_connect(&broker, &client, &error)) return failed(&error);
  const wasi_messaging_types_borrow_client_t lent = wasi_messaging_types_borrow_client(client);

  const char* orders[] = {"a book", "two pens", "a lamp"};
  for (int i = 0; i < 3; ++i) {
    const message_t order = message_of(orders[i]);
    wasi_messaging_request_reply_list_own_message_t replies;
    if (!wasi_messaging_request_reply_request(
            lent, &pack, wasi_messaging_types_borrow_message(order), NULL, &replies, &error))
      return failed(&error);
    char answer[100];
    read(replies.ptr[0], answer, sizeof answer);
    printf("%s\n", answer);
  }
  fflush(stdout);
  // Nobody waits for this one; `capstan run` ends when it has been handled too.
  return wasi_messaging_producer_send(lent, &done, message_of("3 orders"), &error) ? 0
                                                                                   : failed(&error);
}

bool exports_wasi_messaging_incoming_handler_handle(message_t message,
                                                    wasi_messaging_types_error_t* error) {
  const wasi_messaging_types_borrow_message_t lent = wasi_messaging_types_borrow_message(message);
  char text[100], answer[120];
  shop_string_t topic;
  read(message, text, sizeof text);
  if (!wasi_messaging_types_method_message_topic(lent, &topic)) return true;
  if (is(topic, "orders.done")) {
    printf("%s are on their way\n", text);
    fflush(stdout);
    return true;
  }
  snprintf(answer, sizeof answer, "%s: packed", text);
  return wasi_messaging_request_reply_reply(lent, message_of(answer), error);
}
