// Linked into every command: the way in, in place of the C library's.
//
// Where `_start` does not call the constructors itself, the linker wraps every export of a command
// to do so and to run the destructors afterwards. One of those exports is `cabi_realloc`, which the
// host calls in the middle of an import: flushing streams there would trap.

void __wasm_call_ctors(void);
void __wasm_call_dtors(void);
int __main_void(void);
_Noreturn void exit_with(int status)
    __attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_exit")));

__attribute__((export_name("_start"))) void _start(void) {
  __wasm_call_ctors();
  const int status = __main_void();
  __wasm_call_dtors();
  if (status != 0) exit_with(status);
}
