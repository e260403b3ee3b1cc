// Linked into guests with a `main`: the way in, in place of the C library's.
//
// Such a guest is linked as a reactor: `_initialize` runs the constructors when it is instantiated,
// before any of its exports is called, and the linker does not wrap exports to run constructors and
// destructors. One of those exports is `cabi_realloc`, which the host calls in the middle of an
// import: flushing streams there would trap.

void __wasm_call_dtors(void);
int __main_void(void);  // the C library's: gets the arguments and calls `main`
_Noreturn void exit_with(int status)
    __attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_exit")));

// The adapter's wasi:cli/run calls it; a reactor has none of its own.
__attribute__((export_name("_start"))) void _start(void) {
  const int status = __main_void();
  __wasm_call_dtors();
  if (status != 0) exit_with(status);
}
