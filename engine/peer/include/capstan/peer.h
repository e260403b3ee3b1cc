/* What Capstan is compared with, for tests and benchmarks only: the shared library libcapstan_peer
 * offers everything in <capstan/engine.h> and, on the same engine objects,
 *
 *  - peers: bench/components/calls.wat run the way users of Wasmtime write it in Rust, with typed
 *    bindings or with dynamic values;
 *  - an oracle: any component called through Wasmtime's dynamic values, arguments and results as
 *    text.
 *
 * The conventions are those of engine.h. Every object belongs to one thread at a time.
 */
#ifndef CAPSTAN_PEER_H
#define CAPSTAN_PEER_H

#include <capstan/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---------------------------------------------------------------------------------------- peers */

typedef struct capstan_peer capstan_peer;

typedef enum capstan_peer_kind {
  CAPSTAN_PEER_TYPED = 0,  /* func_wrap and TypedFunc */
  CAPSTAN_PEER_DYNAMIC = 1 /* func_new and Func with Val */
} capstan_peer_kind;

typedef enum capstan_peer_case {
  CAPSTAN_PEER_SCALAR = 0,        /* the guest calls host `add` */
  CAPSTAN_PEER_BYTES_IN = 1,      /* ... `take-bytes` with `size` bytes */
  CAPSTAN_PEER_BYTES_OUT = 2,     /* ... `give-bytes` of `size` bytes */
  CAPSTAN_PEER_ECHO = 3,          /* ... `echo` with `size` bytes of text */
  CAPSTAN_PEER_ENTRIES = 4,       /* ... `echo-entries` with `size` records */
  CAPSTAN_PEER_METHOD = 5,        /* ... `[method]bucket.get` */
  CAPSTAN_PEER_EXPORT_SCALAR = 6, /* the host calls export `add` */
  CAPSTAN_PEER_EXPORT_ECHO = 7,   /* ... export `echo` with `size` bytes of text */
  CAPSTAN_PEER_INSTANTIATE = 8    /* the host makes a store, instantiates and drops both */
} capstan_peer_case;

/* `bytes` is the binary form of bench/components/calls.wat. Instances are pooled if the engine's
 * are. */
capstan_error* capstan_peer_new(const capstan_engine* engine, capstan_peer_kind,
                                const uint8_t* bytes, size_t size, capstan_peer** peer_out);
void capstan_peer_delete(capstan_peer*);
/* Runs the case `iterations` (not 0) times; gives the nanoseconds for all of them together. */
capstan_error* capstan_peer_run(capstan_peer*, capstan_peer_case, uint32_t iterations,
                                uint32_t size, uint64_t* nanoseconds_out);

/* --------------------------------------------------------------------------------------- oracle */

/* One instance of a component. Each function that it imports is served by an echo: the result is
 * the first argument (none when the function has no result; a trap when it has no argument to give
 * back). Imports of resources are refused. */
typedef struct capstan_peer_oracle capstan_peer_oracle;

capstan_error* capstan_peer_oracle_new(const capstan_engine* engine, const uint8_t* bytes,
                                       size_t size, capstan_peer_oracle** oracle_out);
void capstan_peer_oracle_delete(capstan_peer_oracle*);

/* Calls an export. `arguments` is a list of values separated by commas, without parentheses;
 * `result` is given the text of the result, or of nothing, once. After a trap the oracle is
 * finished.
 *
 *     true  -5  0x3fc00000  'x'  "te\"xt\n\u{7}"  [1, 2]  (1, "a")  {first: 1, second: none}
 *     some(3)  none  ok(1)  ok  err("e")  case-name  case-name(1)  {flag-a, flag-b}  {}
 *
 * Integers are decimal. Floats are the bits of the number in hexadecimal, all digits, and "nan" for
 * every NaN. Strings and chars escape \ " ' (only the quote in use), \n \r \t, and other control
 * characters as \u{hex}. The oracle writes one space after each comma and colon and no other; it
 * reads any white space there. */
capstan_error* capstan_peer_oracle_call(capstan_peer_oracle*, capstan_text interface_name,
                                        capstan_text function, capstan_text arguments,
                                        void (*result)(void*, const char*, size_t), void* context);

#ifdef __cplusplus
}
#endif
#endif
