/* A bundle in plain C: example:text/text.
 *
 * Shows what crosses: strings in and out of guest memory, a result, configuration and logging. It
 * has no state in stores. Only UTF-8 guests are served; a bundle for all of them converts. */
#include <capstan/bundle.h>

#include <stdlib.h>
#include <string.h>

/* One loaded instance. */
typedef struct instance {
  const capstan_bundle_host* host;
  capstan_function upper;
  capstan_function greeting;
  const capstan_function* functions[2];
  capstan_interface text;
  const capstan_interface* interfaces[1];
  capstan_bundle bundle;
} instance;

static capstan_text literal(const char* text) { return (capstan_text){text, strlen(text)}; }

static capstan_error* fail(const instance* self, capstan_error_code code, const char* message) {
  return self->host->error_new(code, literal(message));
}

/* --------------------------------------------------------------------------------- guest memory */

/* The string argument at word or field `index`, as a view of guest memory. */
static capstan_error* lift_string(const instance* self, const capstan_lift* call, size_t index,
                                  capstan_text* text_out) {
  if (call->encoding != CAPSTAN_UTF8)
    return fail(self, CAPSTAN_ERROR_UNSUPPORTED, "the text bundle serves guests with utf-8 only");
  uint32_t pair[2];
  if (call->words != NULL) {
    pair[0] = (uint32_t)call->words[index];
    pair[1] = (uint32_t)call->words[index + 1];
  } else {
    memcpy(pair, call->memory + call->offset + 4 * index, sizeof pair);
  }
  /* What is in the guest's memory is the guest's word: check it. */
  if ((uint64_t)pair[0] + pair[1] > call->memory_bytes)
    return fail(self, CAPSTAN_ERROR_TRAP, "string pointer out of bounds");
  *text_out = (capstan_text){(const char*)call->memory + pair[0], pair[1]};
  return NULL;
}

/* Copies text into the guest; gives its pointer and length there. */
static capstan_error* give_bytes(capstan_lower* call, const char* data, size_t size,
                                 uint32_t pair[2]) {
  pair[1] = (uint32_t)size;
  capstan_error* error = call->realloc(call, 0, 0, 1, pair[1], &pair[0]);
  /* `memory` may have moved: read it again after each realloc. */
  if (error == NULL && size > 0) memcpy(call->memory + pair[0], data, size);
  return error;
}

/* Writes 32-bit fields, as flat words or into memory. */
static void write_fields(capstan_lower* call, const uint32_t* fields, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (call->words != NULL)
      call->words[i] = fields[i];
    else
      memcpy(call->memory + call->offset + 4 * i, &fields[i], 4);
  }
}

/* ---------------------------------------------------------------------------- upper(text) -> text
 */

/* The storage of one call: the result, until it is lowered. */
typedef struct upper_frame {
  const instance* self;
  char* text;
  size_t size;
} upper_frame;

static capstan_status upper_enter(void* self, capstan_lift* call, void* storage,
                                  const capstan_waker* waker, capstan_error** error_out) {
  (void)waker;
  upper_frame* frame = storage;
  *frame = (upper_frame){.self = self};
  capstan_text text = {0};
  *error_out = lift_string(self, call, 0, &text);
  if (*error_out != NULL) return CAPSTAN_FAILED;
  /* Copies of what the guest sends are counted, so that it cannot use up the host's memory. */
  if (text.size > call->fuel) {
    *error_out = fail(self, CAPSTAN_ERROR_LIMIT, "the text is too long for one call");
    return CAPSTAN_FAILED;
  }
  call->fuel -= text.size;
  frame->text = malloc(text.size + 1);
  if (frame->text == NULL) {
    *error_out = fail(self, CAPSTAN_ERROR_HOST, "no memory");
    return CAPSTAN_FAILED;
  }
  frame->size = text.size;
  for (size_t i = 0; i < text.size; ++i) {
    const char c = text.data[i];
    frame->text[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
  }
  return CAPSTAN_READY;
}

static capstan_error* upper_lower(void* storage, capstan_lower* call) {
  const upper_frame* frame = storage;
  uint32_t pair[2];
  capstan_error* error = give_bytes(call, frame->text, frame->size, pair);
  if (error == NULL) write_fields(call, pair, 2);
  return error;
}

static void upper_drop(void* storage) { free(((upper_frame*)storage)->text); }

/* ------------------------------------------------------------- greeting() -> result<string,
 * string> */

typedef struct greeting_frame {
  capstan_text text;
  uint32_t is_error;
} greeting_frame;

static capstan_status greeting_enter(void* storage_self, capstan_lift* call, void* storage,
                                     const capstan_waker* waker, capstan_error** error_out) {
  (void)call, (void)waker, (void)error_out;
  const instance* self = storage_self;
  greeting_frame* frame = storage;
  *frame = (greeting_frame){.text = literal("no greeting is configured"), .is_error = 1};
  if (self->host->config_get(self->host->context, literal("greeting"), &frame->text))
    frame->is_error = 0;
  self->host->log(self->host->context, CAPSTAN_LOG_INFO, literal("somebody was greeted"));
  return CAPSTAN_READY;
}

/* The cases of a result are one byte; its payload follows at offset 4. Flat, each is a word. */
static capstan_error* greeting_lower(void* storage, capstan_lower* call) {
  const greeting_frame* frame = storage;
  uint32_t pair[2];
  capstan_error* error = give_bytes(call, frame->text.data, frame->text.size, pair);
  if (error == NULL) write_fields(call, (uint32_t[]){frame->is_error, pair[0], pair[1]}, 3);
  return error;
}

static void greeting_drop(void* storage) { (void)storage; }

/* --------------------------------------------------------------------------------------- tables */

static void stop(void* self) { free(self); }

#define FUNCTION(NAME, SIGNATURE)                                                        \
  (capstan_function) {                                                                   \
    .struct_size = sizeof(capstan_function), .name = literal(#NAME),                     \
    .signature = literal(SIGNATURE), .frame_bytes = sizeof(NAME##_frame),                \
    .frame_align = _Alignof(NAME##_frame), .enter = NAME##_enter, .lower = NAME##_lower, \
    .drop = NAME##_drop, .self = self                                                    \
  }

__attribute__((visibility("default"))) capstan_error* CAPSTAN_BUNDLE_ENTRY(
    const capstan_bundle_host* host, const capstan_bundle** bundle_out) {
  instance* self = calloc(1, sizeof *self);
  if (self == NULL) return host->error_new(CAPSTAN_ERROR_HOST, literal("no memory"));
  self->host = host;
  self->upper = FUNCTION(upper, "func(text: string) -> string");
  self->greeting = FUNCTION(greeting, "func() -> result<string, string>");
  self->functions[0] = &self->upper;
  self->functions[1] = &self->greeting;
  self->text = (capstan_interface){.struct_size = sizeof(capstan_interface),
                                   .import_name = literal("example:text/text@1.0.0"),
                                   .functions = self->functions,
                                   .function_count = 2};
  self->interfaces[0] = &self->text;
  self->bundle = (capstan_bundle){.struct_size = sizeof(capstan_bundle),
                                  .abi_major = CAPSTAN_BUNDLE_ABI_MAJOR,
                                  .abi_minor = 0,
                                  .interfaces = self->interfaces,
                                  .interface_count = 1,
                                  .self = self,
                                  .stop = stop};
  *bundle_out = &self->bundle;
  return NULL;
}
