/* The engine layer: a WebAssembly component engine behind one C header.
 *
 * What crosses in calls (values, errors' codes, wakers, the interface table) is in interface.h.
 *
 * Everything here adapts; nothing here decides. Lifting and lowering, linking policy,
 * diagnostics and configuration live in C++ (src/capstan). The only implementation is the Rust
 * crate in engine/runtime, built as the shared library libcapstan_engine; a test compares this
 * header with it.
 *
 * Conventions
 *  - Every object is opaque. `*_new` gives an owned pointer, `*_delete` takes it back; deleting
 *    NULL does nothing.
 *  - A fallible function returns an owned `capstan_error*`, or NULL when it succeeded. Results come
 *    last, in `*_out` parameters, and are written only on success.
 *  - Text and bytes are pointer + length, borrowed for the duration of the call, not
 *    NUL-terminated.
 *  - No Rust panic and no C++ exception crosses this boundary: the functions here catch panics
 *    (CAPSTAN_ERROR_INTERNAL), and every callback given to them must be noexcept.
 *  - Structures that callers fill in begin with `struct_size`; set it to `sizeof` the structure.
 *    Fields a caller does not know (an older header) count as zero.
 *
 * Threads: capstan_engine, capstan_component and capstan_prepared may be shared freely. A
 * capstan_store, and every instance, function, call and guest resource that came from it,
 * belongs to one thread at a time.
 */
#ifndef CAPSTAN_ENGINE_H
#define CAPSTAN_ENGINE_H

#include <capstan/interface.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Changes whenever a structure or function below changes incompatibly. */
#define CAPSTAN_ENGINE_ABI 1
uint32_t capstan_engine_abi(void);

/* --------------------------------------------------------------------------------------- errors */

/* Makes an error; host callbacks use it to report a trap. `message` is copied. */
capstan_error* capstan_error_new(capstan_error_code code, capstan_text message);
void capstan_error_delete(capstan_error*);
capstan_error_code capstan_error_get_code(const capstan_error*);
/* One sentence, lower case, no trailing full stop. Lives as long as the error. */
capstan_text capstan_error_message(const capstan_error*);
/* The guest's frames, innermost first, one a line ("0: name (offset 0x1f)"); empty when there
 * are none. */
capstan_text capstan_error_backtrace(const capstan_error*);
/* The guest's exit status for CAPSTAN_ERROR_EXIT, else 0. */
int32_t capstan_error_exit_status(const capstan_error*);

/* --------------------------------------------------------------------------------------- engine */

typedef struct capstan_engine capstan_engine;

typedef struct capstan_pool {
  size_t struct_size;
  uint32_t instances;             /* alive at once; sizes the pools of memories, stacks ... */
  uint32_t memories_per_instance; /* 0 = 2 */
  uint32_t tables_per_instance;   /* 0 = 4 */
  uint64_t memory_bytes_max;      /* per memory; 0 = 4 GiB */
  uint64_t table_elements_max;    /* 0 = 20000 */
  uint64_t memory_bytes_resident; /* kept and zeroed, not returned to the kernel; 0 = 1 MiB */
  uint64_t table_bytes_resident;  /* 0 = 64 KiB */
  uint64_t stack_bytes_resident;  /* 0 = 64 KiB */
} capstan_pool;

typedef struct capstan_engine_config {
  size_t struct_size;
  bool concurrency;        /* needed for async, stream and future; costs about 95 ns a call */
  bool interruptible;      /* deadlines work (epoch checks in guest loops) */
  bool fuel;               /* fuel works (costs guest speed) */
  bool no_signal_handlers; /* explicit bounds checks; the process's handlers stay untouched */
  bool no_parallel_compile;
  uint64_t guest_stack_bytes; /* 0 = 512 KiB */
  uint64_t fiber_stack_bytes; /* guest and host functions in calls that may suspend; 0 = 2 MiB */
  uint32_t tick_ms;           /* deadline resolution; 0 = 5 */
  const capstan_pool* pool;   /* NULL: allocate on demand */
  capstan_text cache_dir;     /* compiled components by content; empty: no cache */
} capstan_engine_config;

capstan_error* capstan_engine_new(const capstan_engine_config*, capstan_engine** engine_out);
void capstan_engine_delete(capstan_engine*);
bool capstan_engine_has_concurrency(const capstan_engine*);

/* ------------------------------------------------------------------------------------ component */

typedef struct capstan_component capstan_component;

/* Whether the component uses async, streams, futures or threads, or imports WASI 0.3, so that only
 * an engine with `concurrency` takes it. Looks at types and canonical definitions, not at code.
 * Fails with
 * CAPSTAN_ERROR_NOT_LOADABLE for what is no component. */
capstan_error* capstan_component_needs_concurrency(const uint8_t* bytes, size_t size,
                                                   bool* needs_out);

/* Compiles a component (binary; not text, not precompiled), or takes it from the engine's cache.
 * `from_cache_out` may be NULL. */
capstan_error* capstan_component_new(capstan_engine*, const uint8_t* bytes, size_t size,
                                     capstan_component** component_out, bool* from_cache_out);
/* A precompiled artefact made by capstan_component_serialize on a compatible engine. It is
 * native code and runs with the rights of the process: only for files as trusted as the program
 * itself. */
capstan_error* capstan_component_from_precompiled(capstan_engine*, capstan_text path,
                                                  capstan_component** component_out);
/* Gives the artefact to `write`, once. */
capstan_error* capstan_component_serialize(const capstan_component*,
                                           void (*write)(void*, const uint8_t*, size_t),
                                           void* context);
void capstan_component_delete(capstan_component*);

typedef enum capstan_item_kind {
  CAPSTAN_ITEM_FUNCTION = 0,
  CAPSTAN_ITEM_RESOURCE = 1,
  CAPSTAN_ITEM_INTERFACE = 2, /* announces an instance, before its items; also when it is empty */
  CAPSTAN_ITEM_OTHER = 3      /* `signature`: "core module", "component", "type u32" ... */
} capstan_item_kind;

/* One thing a component imports or exports.
 * `signature` is canonical text. Functions:
 *
 *     "func(key: string, n: u32) -> result<list<u8>, enum { a, b }>"
 *
 * (an async function has `is_async`, not another text). Types are spelled out structurally:
 * "record { a: u8, b: option<string> }", "variant { x, y(u32) }", "enum { a, b }",
 * "flags { a, b }", "tuple<u8, u16>", "list<u8>", "list<u8, 4>", "result", "result<u8>",
 * "result<_, u8>", "result<u8, u16>", "option<T>", "own<ID>", "borrow<ID>", "stream<T>",
 * "future<T>", "error-context". ID is "interface.name" of the first interface, in import then
 * export order, that declares the resource ("wasi:keyvalue/store@0.2.0-draft2.bucket"), or just
 * the name for one declared by the world; it begins with "exported " for a resource that the
 * component itself implements. Resources: `signature` is that ID. A text longer than 1 MiB is an
 * error (CAPSTAN_ERROR_NOT_LOADABLE). */
typedef struct capstan_item {
  capstan_item_kind kind;
  capstan_text interface_name; /* empty for world-level items */
  capstan_text name;
  capstan_text signature;
  bool is_async;
} capstan_item;

typedef void (*capstan_item_visitor)(void* context, const capstan_item*);
capstan_error* capstan_component_imports(const capstan_component*, capstan_item_visitor,
                                         void* context);
capstan_error* capstan_component_exports(const capstan_component*, capstan_item_visitor,
                                         void* context);

/* The interfaces the engine's own WASI offers, 0.2 and 0.3, as CAPSTAN_ITEM_INTERFACE items. */
void capstan_wasi_interfaces(capstan_item_visitor, void* context);

/* ------------------------------------------------------------------------------------- prepared */

typedef struct capstan_prepared capstan_prepared;

typedef struct capstan_prepare_options {
  size_t struct_size;
  /* Connect the engine's WASI to imports that no interface below names: 0.2, and 0.3 for components
   * that import any of it, which needs an engine with concurrency. */
  bool wasi;
  const capstan_interface* const* interfaces;
  size_t interface_count;
} capstan_prepare_options;

/* Connects every import and does all the work that does not depend on a store. The caller has
 * compared signatures (capstan_component_imports): the engine checks counts only, a wrong
 * signature is memory-unsafe. The resources in the signatures of `interfaces` must be defined
 * there too, not by WASI: but for results, which may have WASI's input-stream and output-stream.
 * Calls into the result may suspend when one of the connected functions may, or when the
 * component is concurrent; never otherwise: capstan_prepared_may_suspend tells. (Components that
 * wait inside WASI also suspend in stores with a deadline, which could not end the wait
 * otherwise; then nothing but the caller's thread is blocked.) */
capstan_error* capstan_prepared_new(capstan_engine*, const capstan_component*,
                                    const capstan_prepare_options*,
                                    capstan_prepared** prepared_out);
void capstan_prepared_delete(capstan_prepared*);
bool capstan_prepared_may_suspend(const capstan_prepared*);

/* An exported function, found once and used with every store. `interface_name` empty: exported
 * by the world. NULL when there is none. Lives as long as the prepared component. */
typedef struct capstan_export capstan_export;
const capstan_export* capstan_prepared_export(const capstan_prepared*, capstan_text interface_name,
                                              capstan_text name);

/* ----------------------------------------------------------------------------------------- WASI */

typedef struct capstan_wasi capstan_wasi;

typedef enum capstan_dir_access {
  CAPSTAN_DIR_READ = 0,
  CAPSTAN_DIR_READ_WRITE = 1
} capstan_dir_access;
typedef enum capstan_stream {
  CAPSTAN_STDIN = 0,
  CAPSTAN_STDOUT = 1,
  CAPSTAN_STDERR = 2
} capstan_stream;

/* Nothing is granted: no arguments, environment, files or network; stdin is empty, stdout and
 * stderr discard. Clocks and random numbers always work. */
capstan_wasi* capstan_wasi_new(void);
void capstan_wasi_delete(capstan_wasi*);
void capstan_wasi_argument(capstan_wasi*, capstan_text value);
void capstan_wasi_environment(capstan_wasi*, capstan_text name, capstan_text value);
capstan_error* capstan_wasi_directory(capstan_wasi*, capstan_text host_path,
                                      capstan_text guest_path, capstan_dir_access);
/* The process's own stream. */
void capstan_wasi_inherit(capstan_wasi*, capstan_stream);
/* An open file descriptor; it is duplicated, the caller keeps its own. */
capstan_error* capstan_wasi_descriptor(capstan_wasi*, capstan_stream, int fd);
/* Standard input from a copy of these bytes. */
void capstan_wasi_stdin_bytes(capstan_wasi*, const uint8_t* bytes, size_t size);
/* Standard output or error to a callback, one call a write, on the thread that runs the guest.
 * `drop` (may be NULL) runs once, when nothing refers to the callback any more. */
void capstan_wasi_sink(capstan_wasi*, capstan_stream, void (*write)(void*, const uint8_t*, size_t),
                       void (*drop)(void*), void* context);
/* Lets file operations block the thread that runs the guest instead of going to a pool: far
 * faster, for guests that own their thread. */
void capstan_wasi_block_on_files(capstan_wasi*, bool);
/* Network: off unless asked for. This is all of it, name look-up too. */
void capstan_wasi_inherit_network(capstan_wasi*);
/* One address: "host:port". The host is a name, an IPv4 address, an IPv6 address in brackets, or
 * "*" for every host; the port is a number or "*". Sockets connect to, send to, receive from, bind
 * and listen on granted addresses only (what a granted listener accepts may come from anywhere, and
 * any free port may be bound to connect from). Only granted names are looked up. A name stands for
 * the addresses it has when a socket uses it, and for those it had since the store was made. No
 * effect after capstan_wasi_inherit_network. */
capstan_error* capstan_wasi_allow_address(capstan_wasi*, capstan_text address);

/* ---------------------------------------------------------------------------------------- store */

typedef struct capstan_store capstan_store;

/* 0 always means: no limit of our own (the engine's hard limits stay). */
typedef struct capstan_limits {
  size_t struct_size;
  uint64_t memory_bytes;   /* all linear memories of the store together */
  uint64_t table_elements; /* all tables together */
  uint64_t instances;      /* core instances */
  uint64_t handles;        /* resource handles alive at once; 0 = 100000 */
  uint64_t fuel;           /* needs an engine with fuel */
  uint64_t deadline_ms;    /* each call, host time included; needs an interruptible engine */
  uint64_t lifted_bytes;   /* bytes copied out of the guest in one host call; 0 = 128 MiB */
} capstan_limits;

/* `user` is handed to every host callback. `drop_user` (may be NULL) runs when the store is
 * deleted, after all frames were dropped. `wasi` (may be NULL) is consumed. */
capstan_error* capstan_store_new(capstan_engine*, const capstan_limits*, capstan_wasi* wasi,
                                 void* user, void (*drop_user)(void*), capstan_store** store_out);
/* Cancels a call in progress, drops every frame, then the guest. */
void capstan_store_delete(capstan_store*);
/* Fuel left; fails without fuel. */
capstan_error* capstan_store_get_fuel(const capstan_store*, uint64_t* fuel_out);
/* Replaces the limits for later calls (memory and tables count what already exists). */
capstan_error* capstan_store_set_limits(capstan_store*, const capstan_limits*);
/* Linear memory of the store in bytes: now, and the highest it was. */
void capstan_store_memory(const capstan_store*, uint64_t* now_out, uint64_t* peak_out);

/* ------------------------------------------------------------------------------------ instances */

/* Index of an instance within its store. */
typedef uint32_t capstan_instance;

/* Instantiates and runs start functions, blocking. */
capstan_error* capstan_instantiate(capstan_store*, const capstan_prepared*,
                                   capstan_instance* instance_out);

/* How one export call moves its values; the host's side of a call. `lower` writes the
 * parameters. `lift` reads the results, before the guest may free them. Either returns an error
 * to make the call fail. */
typedef struct capstan_call_values {
  capstan_error* (*lower)(void* context, capstan_lower*);
  capstan_error* (*lift)(void* context, capstan_lift*);
  void* context;
} capstan_call_values;

/* Calls an export and waits for it on this thread: host functions that suspend block it. After
 * any error but BUSY and INVALID_ARGUMENT all instances of the store are finished, and later
 * calls fail with CAPSTAN_ERROR_TRAP; the same holds for instantiation and for cancelled calls. */
capstan_error* capstan_call_blocking(capstan_store*, capstan_instance, const capstan_export*,
                                     const capstan_call_values*);

/* The same, driven by the caller's event loop. `values` and its context must stay valid until
 * the call is deleted. The store is busy until then. Deleting a call that is not finished
 * cancels it. */
typedef struct capstan_call capstan_call;
capstan_error* capstan_call_new(capstan_store*, capstan_instance, const capstan_export*,
                                const capstan_call_values*, capstan_call** call_out);
capstan_status capstan_call_poll(capstan_call*, const capstan_waker*, capstan_error** error_out);
void capstan_call_delete(capstan_call*);

/* Instantiation driven by the caller's event loop; the instance is written when it is ready. */
capstan_error* capstan_instantiate_async(capstan_store*, const capstan_prepared*,
                                         capstan_instance* instance_out, capstan_call** call_out);

/* Calls an export with values as text, in the WAVE encoding, and waits for it: `1, "two", some(3)`.
 * `arguments` has one value for each parameter; trailing ones that are options may be left out.
 * `write` is given the result's text once, empty when there is no result, and only on success.
 * What cannot be read, or does not fit the function's type, is CAPSTAN_ERROR_INVALID_ARGUMENT, and
 * nothing has run. So is a function whose type has resources, streams, futures, maps or error
 * contexts: they have no text. Texts up to 16 MiB with values nested up to 99 deep are taken. */
capstan_error* capstan_invoke_text(capstan_store*, capstan_instance, const capstan_export*,
                                   capstan_text arguments,
                                   void (*write)(void* context, capstan_text result),
                                   void* context);

/* Ends a guest resource held by the host: runs the guest's destructor for an own handle,
 * blocking; while the store is busy the work is put off until the call ends. A trap in the
 * destructor is returned. In a finished store only the handle is freed. */
capstan_error* capstan_guest_resource_delete(capstan_store*, capstan_guest_resource*);
/* Frees the handle without telling the guest: for handles that outlive their store. */
void capstan_guest_resource_forget(capstan_guest_resource*);

#ifdef __cplusplus
}
#endif
#endif
