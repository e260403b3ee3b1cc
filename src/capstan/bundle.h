/* Host bundles: functions that components import, in a shared library of their own.
 *
 * A bundle is a folder with a manifest (host.toml), the WIT of what it offers, and one shared
 * library that exports one function, CAPSTAN_BUNDLE_ENTRY. Capstan gives that function a table of
 * what the host does for the bundle, and gets back a table of the interfaces the bundle serves. The
 * library links against nothing of Capstan; any language that can export a C function will do. C++
 * authors need nothing of this file: capstan_bundle() in CMake makes all of it from a class.
 *
 * How values look in a call (capstan_lift, capstan_lower), and the steps of a call (enter, poll,
 * lower, drop), is in interface.h. docs/bundles.md is the introduction, with examples in C and
 * Rust.
 *
 * Life of a bundle
 *
 *     entry -> { store_new -> calls and destroys -> store_delete }* -> stop
 *
 *  - The entry point is called once for each time the bundle is loaded, and may be called again
 *    while the first is in use: the same bundle may be loaded under two names, each with its own
 *    configuration. What it returns must stay valid and unchanged until `stop`.
 *  - `store_new` is called before the first call in a store (one guest, or several that belong
 *    together). What it returns comes with each call of that store as `capstan_lift.user`,
 *    `capstan_lower.user` and the `user` of `destroy`.
 *  - `store_delete` is called when the store ends, after every frame was dropped. Guests may leave
 *    resources behind, for which nobody calls `destroy`: store_delete frees these too.
 *  - `stop` is the last call. When it returns, no thread of the bundle may be running its code and
 *    no waker may be left: the library is unloaded.
 *
 * Versions: the host refuses a bundle of another major version, and one that asks for a higher
 * minor version than its own. Structures only grow, at their end; `struct_size` says how much of
 * one is there. So a bundle keeps working with later versions of Capstan.
 *
 * Threads: calls of one store come from one thread at a time, not always the same; different stores
 * call from different threads at the same time. The entry point and `stop` are called alone.
 *
 * A bundle is native code with the rights of the process: nothing of the sandbox protects the host
 * from it. A crash in a bundle ends the process.
 */
#ifndef CAPSTAN_BUNDLE_H
#define CAPSTAN_BUNDLE_H

#include <capstan/interface.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CAPSTAN_BUNDLE_ABI_MAJOR 1
#define CAPSTAN_BUNDLE_ABI_MINOR 0

/* The name of the entry point. A later major version would have another. */
#define CAPSTAN_BUNDLE_ENTRY capstan_bundle_v1
#define CAPSTAN_BUNDLE_ENTRY_NAME "capstan_bundle_v1"

typedef enum capstan_log_level {
  CAPSTAN_LOG_ERROR = 0,
  CAPSTAN_LOG_WARN = 1,
  CAPSTAN_LOG_INFO = 2,
  CAPSTAN_LOG_DEBUG = 3
} capstan_log_level;

/* What the host does for one loaded bundle. Valid until `stop` returns. Every function may be
 * called from any thread. */
typedef struct capstan_bundle_host {
  size_t struct_size;
  uint32_t abi_major;
  uint32_t abi_minor;
  void* context; /* the first argument of functions that take one */

  /* An error to return; `message` is copied. One lower-case sentence without a full stop: whoever
   * runs the guest reads it. Errors that are returned belong to the host. */
  capstan_error* (*error_new)(capstan_error_code code, capstan_text message);
  /* For errors that came from take_handle, realloc and the like and are not passed on. */
  void (*error_delete)(capstan_error* error);
  /* A line for the log, with the bundle's name in front. */
  void (*log)(void* context, capstan_log_level level, capstan_text message);
  /* A value of [config] in host.toml, or what hosts.toml or the embedder put in its place. The text
   * lives until `stop`. False when there is no such key. */
  bool (*config_get)(void* context, capstan_text key, capstan_text* value_out);
  /* A number for capstan_resource.id that nobody else has; one for each resource type. */
  uint32_t (*resource_id_new)(void);
} capstan_bundle_host;

/* What a loaded bundle offers. */
typedef struct capstan_bundle {
  size_t struct_size;
  uint32_t abi_major; /* CAPSTAN_BUNDLE_ABI_MAJOR, as the bundle was compiled */
  uint32_t abi_minor; /* the lowest minor version it works with */

  /* `import_name` is the interface's id: "keyvalue:store/store@0.1.0". Functions and resources are
   * those of the WIT, no more and no fewer, with their canonical signatures (capstan_item in
   * engine.h has the grammar; `capstan bundle check` prints them). */
  const capstan_interface* const* interfaces;
  size_t interface_count;

  void* self; /* the first argument below */
  /* Both NULL: every store gets `self`. */
  capstan_error* (*store_new)(void* self, void** store_out);
  void (*store_delete)(void* self, void* store);
  void (*stop)(void* self); /* may be NULL */
} capstan_bundle;

/* What the library exports under the name CAPSTAN_BUNDLE_ENTRY_NAME. After an error nothing else is
 * called, not even `stop`. */
typedef capstan_error* (*capstan_bundle_entry)(const capstan_bundle_host* host,
                                               const capstan_bundle** bundle_out);

#ifdef __cplusplus
}
#endif

#endif
