// The component toolchain behind one C header: WIT parsing, guest bindings, module -> component,
// text -> wasm, components plugged into each other.
//
// The implementation is the Rust crate `capstan-toolchain` (wit-parser, wit-component, wit-bindgen,
// wac-graph, wat), built as `libcapstan_toolchain.so`. It adapts those crates and decides nothing:
// policy and presentation belong to the C++ callers. This file is written by hand and is the whole
// contract.
//
// Conventions, for every function unless it says otherwise:
// - Arguments are borrowed and read only during the call. A null `data` is allowed if `size` is 0.
// - Texts are UTF-8 and need no terminator. Other bytes in a text are an error.
// - `..._out` parameters come last, must not be null, and are written only on success.
// - A fallible function returns NULL on success and an owned error otherwise; free it with
//   `capstan_toolchain_error_delete`.
// - No panic and no exception crosses this boundary: a defect in the toolchain arrives as an error
//   whose message starts with "internal error".
// - Functions may be called from any thread at the same time. Objects are immutable once made: any
//   number of threads may read one; whoever deletes it must be its last user.
// - Work on foreign input runs on an inner thread with a large stack, so that deep nesting cannot
//   exhaust the caller's. Limits: one WIT text has at most 8 MiB, types are nested at most 200 deep
//   (each a plain error).
#ifndef CAPSTAN_TOOLCHAIN_H
#define CAPSTAN_TOOLCHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// -------------------------------------------------------------------------------------------------
// Texts, bytes, errors

// Borrowed text: UTF-8, no terminator.
typedef struct capstan_toolchain_text {
  const char* data;
  size_t size;
} capstan_toolchain_text;

// Borrowed bytes.
typedef struct capstan_toolchain_bytes {
  const uint8_t* data;
  size_t size;
} capstan_toolchain_bytes;

// Owned bytes, allocated here. Free with `capstan_toolchain_buffer_delete`; never with `free`.
typedef struct capstan_toolchain_buffer {
  uint8_t* data;
  size_t size;
} capstan_toolchain_buffer;

// Frees the bytes and leaves `*buffer` empty. Does nothing for NULL or an empty buffer.
void capstan_toolchain_buffer_delete(capstan_toolchain_buffer* buffer);

// Why a call failed, as plain text. Errors in a WIT file read `file:line:column: message`, followed
// by a snippet.
typedef struct capstan_toolchain_error capstan_toolchain_error;

// The message; lives as long as `error`. It may have several lines and does not end with a line
// break.
capstan_toolchain_text capstan_toolchain_error_message(const capstan_toolchain_error* error);

// Does nothing for NULL.
void capstan_toolchain_error_delete(capstan_toolchain_error* error);

// -------------------------------------------------------------------------------------------------
// WIT

// Resolved WIT: all packages that were read, all names looked up. Free with
// `capstan_toolchain_wit_delete`.
typedef struct capstan_toolchain_wit capstan_toolchain_wit;

// A file given in memory instead of on disk; `name` appears in messages only.
typedef struct capstan_toolchain_wit_source {
  capstan_toolchain_text name;
  capstan_toolchain_bytes contents;
} capstan_toolchain_wit_source;

// What to read. Paths and sources may come in any order; packages find each other by name. The same
// package reached twice with the same text counts once. A path is one of
// - a folder: its `*.wit` files are one package; in `deps/` there may be more packages, as folders
//   or as `.wit`, `.wasm` and `.wat` files;
// - a `.wit` file: one whole package;
// - a `.wasm` or `.wat` file: an encoded WIT package, a component (its world is then
//   `root:component/root`), or a core module that embeds its world.
// Of the items gated by `@unstable(feature = x)` those exist whose feature is named.
typedef struct capstan_toolchain_wit_options {
  const capstan_toolchain_text* paths;
  size_t path_count;
  const capstan_toolchain_wit_source* sources;
  size_t source_count;
  const capstan_toolchain_text* features;
  size_t feature_count;
  bool all_features;  // all gated items exist
} capstan_toolchain_wit_options;

capstan_toolchain_error* capstan_toolchain_parse_wit(const capstan_toolchain_wit_options* options,
                                                     capstan_toolchain_wit** wit_out);

// Does nothing for NULL.
void capstan_toolchain_wit_delete(capstan_toolchain_wit* wit);

// The resolved WIT as one JSON object, in wit-parser's own form with three additions:
//
//   "worlds", "interfaces", "types", "packages"
//     Arrays; items refer to each other by index into them. Keys keep the order of the WIT.
//   "main_packages"
//     Indices of the packages that a path or source named (not of those found in `deps/`).
//   "locations"
//     {"worlds": [place], "interfaces": [{"at": place, "functions": {name: place}}],
//     "types": [place], "world_functions": [{name: place}]}, parallel to the arrays above.
//     A place is "file:line:column", or null when the input was not text.
//   "files"
//     Every file that was read, as it was named.
capstan_toolchain_error* capstan_toolchain_wit_json(const capstan_toolchain_wit* wit,
                                                    capstan_toolchain_buffer* json_out);

// Every file that was read. The text lives as long as `wit`; `index` must be below the count.
size_t capstan_toolchain_wit_file_count(const capstan_toolchain_wit* wit);
capstan_toolchain_text capstan_toolchain_wit_file(const capstan_toolchain_wit* wit, size_t index);

// Chooses a world and writes its index into "worlds". `world` is empty (there must be exactly one
// in the main packages), a name (`proxy`), or a full name (`wasi:http/proxy`,
// `wasi:http/proxy@0.2.0`) which may be of any package. The error names the choices.
capstan_toolchain_error* capstan_toolchain_select_world(const capstan_toolchain_wit* wit,
                                                        capstan_toolchain_text world,
                                                        uint32_t* world_out);

// The resolved packages as one WIT text that can be parsed again: the first main package, then the
// others, nested.
capstan_toolchain_error* capstan_toolchain_print_wit(const capstan_toolchain_wit* wit,
                                                     capstan_toolchain_buffer* text_out);

// -------------------------------------------------------------------------------------------------
// Guest bindings

// Which generator writes the bindings, and what it writes for a world `my-world`:
// - C: my_world.h, my_world.c and my_world_component_type.o. Needs malloc and free, nothing else.
// - C++: my_world_cpp.h, my_world.cpp, my_world_component_type.o, wit.h, and for each exported
//   resource a skeleton `exports-...h`. It has no async, streams or futures.
typedef enum capstan_toolchain_language {
  CAPSTAN_TOOLCHAIN_LANGUAGE_C = 0,
  CAPSTAN_TOOLCHAIN_LANGUAGE_CPP = 1,
} capstan_toolchain_language;

typedef enum capstan_toolchain_string_encoding {
  CAPSTAN_TOOLCHAIN_STRING_UTF8 = 0,
  CAPSTAN_TOOLCHAIN_STRING_UTF16 = 1,  // the C generator only
} capstan_toolchain_string_encoding;

// Named files in memory, sorted by name. Free with `capstan_toolchain_files_delete`.
typedef struct capstan_toolchain_files capstan_toolchain_files;

typedef struct capstan_toolchain_guest_options {
  const capstan_toolchain_wit* wit;
  uint32_t world;  // from `capstan_toolchain_select_world`
  capstan_toolchain_language language;
  capstan_toolchain_string_encoding string_encoding;
} capstan_toolchain_guest_options;

capstan_toolchain_error* capstan_toolchain_guest_bindings(
    const capstan_toolchain_guest_options* options, capstan_toolchain_files** files_out);

// Names and contents live as long as `files`; `index` must be below the count.
size_t capstan_toolchain_files_count(const capstan_toolchain_files* files);
capstan_toolchain_text capstan_toolchain_files_name(const capstan_toolchain_files* files,
                                                    size_t index);
capstan_toolchain_bytes capstan_toolchain_files_contents(const capstan_toolchain_files* files,
                                                         size_t index);

// Does nothing for NULL.
void capstan_toolchain_files_delete(capstan_toolchain_files* files);

// -------------------------------------------------------------------------------------------------
// Modules and components

// Which translation from WASI preview 1 to WASI 0.2 goes into a component.
// - auto: none if the module imports nothing of `wasi_snapshot_preview1`; otherwise command if it
//   exports `_start`, else reactor
// - command: also exports wasi:cli/run, which calls `_start`
// - proxy: for wasi:http/proxy, without files, sockets, environment and exit
typedef enum capstan_toolchain_adapter {
  CAPSTAN_TOOLCHAIN_ADAPTER_AUTO = 0,
  CAPSTAN_TOOLCHAIN_ADAPTER_NONE = 1,
  CAPSTAN_TOOLCHAIN_ADAPTER_COMMAND = 2,
  CAPSTAN_TOOLCHAIN_ADAPTER_REACTOR = 3,
  CAPSTAN_TOOLCHAIN_ADAPTER_PROXY = 4,
} capstan_toolchain_adapter;

typedef struct capstan_toolchain_componentize_options {
  capstan_toolchain_bytes module;    // a core module, binary
  const capstan_toolchain_wit* wit;  // NULL: the module embeds its world (guest bindings do that)
  uint32_t world;                    // used with `wit`: the world to embed first
  capstan_toolchain_string_encoding string_encoding;  // used with `wit`
  capstan_toolchain_adapter adapter;
} capstan_toolchain_componentize_options;

// Turns a core module into a component; the result has been validated.
capstan_toolchain_error* capstan_toolchain_componentize(
    const capstan_toolchain_componentize_options* options, capstan_toolchain_buffer* component_out);

// A component for `world` whose exports have the right types and trap when called. For tests.
capstan_toolchain_error* capstan_toolchain_dummy_component(const capstan_toolchain_wit* wit,
                                                           uint32_t world,
                                                           capstan_toolchain_buffer* component_out);

// The text format, of modules and of components, to binary; binary input is returned unchanged.
// `name` appears in messages. The result is not validated.
capstan_toolchain_error* capstan_toolchain_wat(capstan_toolchain_text name,
                                               capstan_toolchain_bytes text,
                                               capstan_toolchain_buffer* wasm_out);

// Checks a binary module or component with every feature enabled; the error says what is wrong and
// at which offset.
capstan_toolchain_error* capstan_toolchain_validate(capstan_toolchain_bytes wasm);

// What bytes are, judged by their beginning and their sections; nothing is validated.
// - component, module: binary
// - WIT package: a binary component of nothing but types
// - text: the text format of a component or module
// - precompiled: an artefact of the engine, which is native code
typedef enum capstan_toolchain_file_kind {
  CAPSTAN_TOOLCHAIN_KIND_UNKNOWN = 0,
  CAPSTAN_TOOLCHAIN_KIND_COMPONENT = 1,
  CAPSTAN_TOOLCHAIN_KIND_MODULE = 2,
  CAPSTAN_TOOLCHAIN_KIND_WIT_PACKAGE = 3,
  CAPSTAN_TOOLCHAIN_KIND_TEXT = 4,
  CAPSTAN_TOOLCHAIN_KIND_PRECOMPILED = 5,
} capstan_toolchain_file_kind;

// Fails only for an internal error.
capstan_toolchain_error* capstan_toolchain_kind(capstan_toolchain_bytes bytes,
                                                capstan_toolchain_file_kind* kind_out);

// What a binary says about who made it, as one JSON object; a component's nested components and
// modules are its "children":
//
//   {"kind": "component" | "module", "name": text, "version": text,
//    "producers": [{"field": "language" | "processed-by" | "sdk", "name": text, "version": text}],
//    "metadata": {"authors" | "description" | "licenses" | "source" | "homepage" | "revision":
//    text}, "children": [...]}
//
// "name", "version" and "metadata" are missing when the binary has none.
capstan_toolchain_error* capstan_toolchain_producers_json(capstan_toolchain_bytes wasm,
                                                          capstan_toolchain_buffer* json_out);

// A binary component, and what messages and the report call it.
typedef struct capstan_toolchain_compose_part {
  capstan_toolchain_text name;
  capstan_toolchain_bytes component;
} capstan_toolchain_compose_part;

typedef struct capstan_toolchain_compose_options {
  capstan_toolchain_compose_part app;
  const capstan_toolchain_compose_part* providers;
  size_t provider_count;
} capstan_toolchain_compose_options;

// Plugs exports of the providers into imports of the app, and of other providers that are used.
// The result exports what the app exports, and imports what nobody satisfied. A provider is
// instantiated once. The first provider that exports the import wins; an export of a compatible
// version serves when none has the exact one. The report is one JSON object:
//
//   {"satisfied": [{"import": text, "of": name, "by": name, "export": text}],
//    "left": [{"import": text, "of": name, "reason": text}],
//    "unused": [{"provider": name, "exports": [text], "reason": text}]}
//
// Fails when nothing at all could be plugged, and says why.
capstan_toolchain_error* capstan_toolchain_compose(const capstan_toolchain_compose_options* options,
                                                   capstan_toolchain_buffer* component_out,
                                                   capstan_toolchain_buffer* report_json_out);

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // CAPSTAN_TOOLCHAIN_H
