/* What crosses between a component engine and the code that serves its imports: values of one call,
 * wake-ups, and the table that describes an interface.
 *
 * Two headers build on it: engine.h, the engine itself, and bundle.h, host functions that live in a
 * shared library of their own. There are types here and no functions: code that only serves calls
 * links against nothing.
 *
 * Conventions
 *  - Text and bytes are pointer + length, borrowed for the duration of the call, not
 *    NUL-terminated.
 *  - A function that can fail returns an owned `capstan_error*`, or NULL when it succeeded. Results
 *    come last, in `*_out` parameters, and are written only on success.
 *  - No exception and no panic crosses: every callback is noexcept.
 *  - Structures with `struct_size` may grow at their end: set it to `sizeof` the structure. Fields
 * a caller does not know (an older header) count as zero. The structures of one call have none:
 *    they are made by the engine and passed by pointer, and grow at their end too.
 */
#ifndef CAPSTAN_INTERFACE_H
#define CAPSTAN_INTERFACE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct capstan_text {
  const char* data;
  size_t size;
} capstan_text;

/* --------------------------------------------------------------------------------------- errors */

/* Made and deleted by functions of engine.h, or of the host API table in bundle.h. */
typedef struct capstan_error capstan_error;

typedef enum capstan_error_code {
  CAPSTAN_ERROR_INVALID_ARGUMENT = 1, /* the caller broke a rule of this header */
  CAPSTAN_ERROR_IO = 2,               /* a file or directory could not be used */
  CAPSTAN_ERROR_NOT_LOADABLE = 3,     /* the bytes are no valid component for this engine */
  CAPSTAN_ERROR_NOT_LINKABLE = 4,     /* an import is missing or has another type */
  CAPSTAN_ERROR_TRAP = 5,             /* the guest trapped or broke the canonical ABI */
  CAPSTAN_ERROR_DEADLINE = 6,         /* the store's time limit ran out */
  CAPSTAN_ERROR_FUEL = 7,             /* the store's fuel ran out */
  CAPSTAN_ERROR_LIMIT = 8,            /* memory, tables, instances, handles, bytes lifted */
  CAPSTAN_ERROR_STACK = 9,            /* the guest exhausted its call stack */
  CAPSTAN_ERROR_EXIT = 10,            /* the guest asked to exit; see capstan_error_exit_status */
  CAPSTAN_ERROR_BUSY = 11,            /* the store is already running a call */
  CAPSTAN_ERROR_UNSUPPORTED = 12,     /* needs an engine feature that was turned off */
  CAPSTAN_ERROR_HOST = 13,            /* a host function failed or reported an error */
  CAPSTAN_ERROR_INTERNAL = 14         /* a bug in the engine layer */
} capstan_error_code;

/* ------------------------------------------------------------------------------------- wake-ups */

/* What a pending operation is polled with; the same structure serves both directions (the engine
 * polls a host task, a host event loop polls an engine call). `wake` may be called from any
 * thread, any number of times. */
typedef struct capstan_waker capstan_waker;
typedef struct capstan_waker_vtable {
  capstan_waker (*clone)(const void* data);
  void (*wake)(const void* data); /* does not consume the waker */
  void (*drop)(const void* data);
} capstan_waker_vtable;
struct capstan_waker {
  const void* data;
  const capstan_waker_vtable* vtable;
};

typedef enum capstan_status {
  CAPSTAN_READY = 0,
  CAPSTAN_PENDING = 1,
  CAPSTAN_FAILED = 2 /* an error was stored where the function says */
} capstan_status;

/* ----------------------------------------------------------------------- streams the host makes */

/* A host function can give the guest a stream of wasi:io/streams that the host implements: the
 * guest gets a handle of WASI's own resource, whose operations, and those of its pollables, arrive
 * here. See give_output_stream and give_input_stream of capstan_lower.
 *
 * Everything but `ready` and `close` answers at once. What an operation has to wait for is waited
 * for in `ready`, which is polled: PENDING keeps a clone of the waker, the last one counts, and
 * nobody polls again before it wakes (but may poll sooner). All functions run on the thread that
 * runs the store. `drop` runs once, also when the store ends before the guest let go. */
typedef enum capstan_stream_outcome {
  CAPSTAN_STREAM_OPEN = 0,   /* done */
  CAPSTAN_STREAM_CLOSED = 1, /* the end; every later operation gives this too */
  CAPSTAN_STREAM_FAILED = 2, /* an error was stored: the guest is given its message, and later
                                operations give CLOSED */
  CAPSTAN_STREAM_TRAP = 3    /* an error was stored: the guest traps with it */
} capstan_stream_outcome;

typedef struct capstan_output_stream {
  size_t struct_size;
  void* self;
  /* How many bytes `write` takes now; 0 means that `ready` has to be waited for. */
  capstan_stream_outcome (*check)(void* self, size_t* bytes_out, capstan_error** error_out);
  /* Takes over all of the bytes, which are only valid during the call. The guest may have written
   * more than `check` allowed: that is a TRAP. */
  capstan_stream_outcome (*write)(void* self, const uint8_t* bytes, size_t size,
                                  capstan_error** error_out);
  /* Begins to flush; `check` gives 0 until that is done. */
  capstan_stream_outcome (*flush)(void* self, capstan_error** error_out);
  /* READY when `check` would not give 0. */
  capstan_status (*ready)(void* self, const capstan_waker*);
  /* The guest dropped the stream and waits until what it wrote was dealt with: READY, then `drop`.
   * May be NULL. */
  capstan_status (*close)(void* self, const capstan_waker*);
  void (*drop)(void* self);
} capstan_output_stream;

typedef struct capstan_input_stream {
  size_t struct_size;
  void* self;
  /* At most `size` bytes, valid until the next call for this stream. None means that `ready` has to
   * be waited for; the end is CLOSED. */
  capstan_stream_outcome (*read)(void* self, size_t size, const uint8_t** bytes_out,
                                 size_t* size_out, capstan_error** error_out);
  /* READY when `read` would give bytes, the end or an error. */
  capstan_status (*ready)(void* self, const capstan_waker*);
  void (*drop)(void* self);
} capstan_input_stream;

/* ---------------------------------------------------------------------- canonical ABI, one call */

/* How the guest encodes strings in this call. */
typedef enum capstan_encoding {
  CAPSTAN_UTF8 = 0,
  CAPSTAN_UTF16 = 1,
  CAPSTAN_LATIN1_UTF16 = 2 /* "compact" utf16: latin-1 unless bit 31 of the length is set */
} capstan_encoding;

/* What kind of handle crosses. */
typedef enum capstan_handle_kind { CAPSTAN_OWN = 0, CAPSTAN_BORROW = 1 } capstan_handle_kind;

/* A resource implemented by the guest, held by the host (own or borrow). Belongs to its store. */
typedef struct capstan_guest_resource capstan_guest_resource;

/* A lifted handle: exactly one of the two is meaningful, which one follows from the resource's
 * side. */
typedef struct capstan_handle {
  uint32_t rep;      /* host resource: the number given by the host when it was lowered */
  uint32_t resource; /* host resource: capstan_resource.id; 0 for a guest resource */
  capstan_guest_resource* guest; /* guest resource: owned by the receiver; else NULL */
} capstan_handle;

/* Reading one call's values: parameters of a host function, or results of an export.
 * Exactly one source holds: `words` (flat values) when `words != NULL`, else guest memory at
 * `offset`, which is already checked for alignment and bounds of the whole tuple by the engine.
 * `memory` is valid until the guest runs again; NULL when the call has no memory, or when its
 * values are flat numbers and handles, which need none. A flat word holds an i32 in its low 32
 * bits; the upper bits are then undefined. */
typedef struct capstan_lift {
  const uint64_t* words;
  size_t word_count;
  const uint8_t* memory;
  size_t memory_bytes;
  uint32_t offset;
  uint8_t encoding; /* capstan_encoding */
  uint64_t fuel;    /* bytes that may be copied out of the guest in this call; consume first */
  void* user;       /* the store's user pointer */
  /* Takes the next handle of this call. Handles are delivered in canonical order (fields in
   * order, elements in order, payload of the active case); `index` is the guest's own number,
   * read from its word or memory, and must agree with what the engine saw, else the call fails.
   * Not after another store was called from within `enter`. */
  capstan_error* (*take_handle)(struct capstan_lift*, uint32_t index, capstan_handle* handle_out);
  void* engine; /* private */
} capstan_lift;

/* Writing one call's values: results of a host function, or parameters of an export.
 * When `words != NULL` the flat values go there, `word_count` of them; else into guest memory at
 * `offset`, where the whole tuple fits (checked by the engine).
 * `memory` and `memory_bytes` change with every `realloc`: read them again after each one. Flat
 * values are given no memory before the first `realloc`. */
typedef struct capstan_lower {
  uint64_t* words;
  size_t word_count;
  uint8_t* memory;
  size_t memory_bytes;
  uint32_t offset;
  uint8_t encoding;
  void* user;
  /* Guest memory for `bytes` bytes, aligned and in bounds (both checked). Old-block arguments as
   * in the canonical ABI; zero for a fresh block. */
  capstan_error* (*realloc)(struct capstan_lower*, uint32_t old_offset, uint32_t old_bytes,
                            uint32_t align, uint32_t bytes, uint32_t* offset_out);
  /* Hands a host resource to the guest; gives the guest's index. `resource` is
   * capstan_resource.id. */
  capstan_error* (*give_handle)(struct capstan_lower*, capstan_handle_kind, uint32_t resource,
                                uint32_t rep, uint32_t* index_out);
  /* Hands a guest resource back to the guest. Own consumes the handle (on success). */
  capstan_error* (*give_guest_handle)(struct capstan_lower*, capstan_handle_kind,
                                      capstan_guest_resource*, uint32_t* index_out);
  void* engine; /* private */
  /* Hands a stream of the host's to the guest, as own<output-stream> and own<input-stream> of
   * wasi:io/streams. The structure is copied; `self` is taken over, and dropped when this fails.
   * The component must have been prepared with WASI. */
  capstan_error* (*give_output_stream)(struct capstan_lower*, const capstan_output_stream*,
                                       uint32_t* index_out);
  capstan_error* (*give_input_stream)(struct capstan_lower*, const capstan_input_stream*,
                                      uint32_t* index_out);
} capstan_lower;

/* -------------------------------------------------------------------------- the interface table */

/* One host function. For each call the engine provides `frame_bytes` of storage at `frame_align`
 * (its address does not change during the call) and goes through
 *
 *     enter -> (poll)* -> lower -> drop      or, when anything fails or is cancelled,   ... -> drop
 *
 * `enter` lifts the arguments and starts the work.
 * CAPSTAN_READY: the result is in the frame.
 * CAPSTAN_PENDING: only if `flags` has CAPSTAN_MAY_SUSPEND; the frame keeps a clone of the waker
 * and `poll` is called after a wake-up, and sometimes without one. Each poll brings the waker
 * that counts from then on: the one given to `enter` may wake nobody, when a poll follows anyway.
 * CAPSTAN_FAILED: `*error_out` is set and the guest traps with it; `drop` is still called.
 *
 * `drop` runs exactly once for each `enter`, whatever happened, also when the store is deleted
 * half-way. `enter`, `poll` and `drop` of one call run on one thread at a time, not necessarily
 * the same one. */
enum { CAPSTAN_MAY_SUSPEND = 1 };

typedef struct capstan_function {
  size_t struct_size;
  capstan_text name;      /* as in the component: "set", "[method]bucket.get" */
  capstan_text signature; /* canonical, see capstan_item.signature; compared before linking */
  uint32_t flags;
  uint32_t frame_bytes;
  uint32_t frame_align; /* at most 64 */
  capstan_status (*enter)(void* self, capstan_lift*, void* frame, const capstan_waker*,
                          capstan_error** error_out);
  capstan_status (*poll)(void* frame, const capstan_waker*, capstan_error** error_out);
  capstan_error* (*lower)(void* frame, capstan_lower*);
  void (*drop)(void* frame);
  void* self; /* given to `enter` and `direct` */
  /* A shortcut, NULL when there is none, for functions that never suspend and whose result is
   * nothing or one number (no handle): `enter`, `lower` and `drop` in one step without a frame. The
   * number goes to `*word_out`. Gives CAPSTAN_READY or CAPSTAN_FAILED. The engine takes it when it
   * can; the other steps must be there too. */
  capstan_status (*direct)(void* self, capstan_lift*, uint64_t* word_out,
                           capstan_error** error_out);
} capstan_function;

/* One resource type of the host. `id` is unique in the process and not 0; the same id under
 * several interfaces (`use store.{bucket}`) is the same type. `destroy` runs once for each owned
 * handle the guest drops. Handles that are left when a store ends are not destroyed by the
 * engine: the owner of `user` does that. */
typedef struct capstan_resource {
  size_t struct_size;
  capstan_text name;
  uint32_t id;
  void (*destroy)(void* self, void* user, uint32_t rep);
  void* self;
} capstan_resource;

/* What one import of a component is connected to. `import_name` is the component's own spelling
 * (version included); empty for functions imported by the world itself. Everything is borrowed
 * and must outlive the capstan_prepared and all stores that run it. */
typedef struct capstan_interface {
  size_t struct_size;
  capstan_text import_name;
  const capstan_function* const* functions;
  size_t function_count;
  const capstan_resource* const* resources;
  size_t resource_count;
} capstan_interface;

#ifdef __cplusplus
}
#endif

#endif
