// Linked into guests with a `main` whose world may export more than `wasi:cli/run`.
//
// Such a guest is linked as a reactor: `_initialize` runs the constructors when it is instantiated,
// before any of its exports is called. The adapter's wasi:cli/run calls `_start`, which a reactor
// lacks.

#include <stdlib.h>

int __main_void(void);  // the C library's: gets the arguments and calls `main`

__attribute__((export_name("_start"))) void capstan_start(void) {
  const int status = __main_void();
  // The host also learns of success by `_start` returning; exit() runs atexit handlers and flushes.
  exit(status);
}
