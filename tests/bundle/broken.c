/* Bundles that are wrong in one way each (NOTHING: in none), chosen by a macro.
 *
 * Their WIT is broken.wit. */
#include <capstan/bundle.h>

#include <string.h>

#define TEXT(LITERAL) {LITERAL, sizeof(LITERAL) - 1}

static capstan_status enter(void* self, capstan_lift* call, void* frame, const capstan_waker* waker,
                            capstan_error** error_out) {
  (void)self, (void)call, (void)frame, (void)waker, (void)error_out;
#ifdef FAILS_SILENTLY
  return CAPSTAN_FAILED;
#elif defined(WRONG_STATUS)
  return CAPSTAN_PENDING;
#else
  return CAPSTAN_READY;
#endif
}
static capstan_error* lower(void* frame, capstan_lower* call) {
  (void)frame, (void)call;
  return NULL;
}
static void drop(void* frame) { (void)frame; }

#ifdef OTHER_SIGNATURE
#define SIGNATURE "func(n: u64)"
#else
#define SIGNATURE "func(n: u32)"
#endif

static const capstan_function one = {.struct_size = sizeof(capstan_function),
                                     .name = TEXT("one"),
                                     .signature = TEXT(SIGNATURE),
                                     .frame_align = 1,
                                     .enter = enter,
                                     .lower = lower,
                                     .drop = drop};
static const capstan_function two = {.struct_size = sizeof(capstan_function),
                                     .name = TEXT("two"),
                                     .signature = TEXT("func()"),
                                     .frame_align = 1,
                                     .enter = enter,
                                     .lower = lower,
                                     .drop = drop};
#ifdef MISSING_FUNCTION
static const capstan_function* const functions[] = {&one};
#else
static const capstan_function* const functions[] = {&one, &two};
#endif
static const capstan_interface interface = {.struct_size = sizeof(capstan_interface),
                                            .import_name = TEXT("test:broken/calls"),
                                            .functions = functions,
                                            .function_count = sizeof functions / sizeof *functions};
static const capstan_interface* const interfaces[] = {&interface};
static const capstan_bundle bundle = {
#ifdef SMALL_TABLE
    .struct_size = 8,
#else
    .struct_size = sizeof(capstan_bundle),
#endif
#ifdef WRONG_VERSION
    .abi_major = 7,
#else
    .abi_major = CAPSTAN_BUNDLE_ABI_MAJOR,
#endif
    .interfaces = interfaces,
    .interface_count = 1};

#ifndef NO_ENTRY
__attribute__((visibility("default"))) capstan_error* CAPSTAN_BUNDLE_ENTRY(
    const capstan_bundle_host* host, const capstan_bundle** bundle_out) {
#ifdef FAILS_TO_START
  (void)bundle_out, (void)two, (void)bundle;
  return host->error_new(CAPSTAN_ERROR_IO, (capstan_text)TEXT("the database is locked"));
#else
  (void)host, (void)two;
  *bundle_out = &bundle;
  return NULL;
#endif
}
#endif
