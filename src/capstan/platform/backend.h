// Which backend serves a capability: `--backend CAPABILITY[:LABEL]=URL`.
//
//   keyvalue=memory     logging=stderr     keyvalue:sessions=sqlite:sessions.db?shared=yes
//
// A label is the name a component knows an instance of a capability by; without one the choice is
// for every name that has none of its own. The URL's scheme says which backend, the rest is the
// backend's own, but for one option that all of them have: `shared=yes` leaves out the namespace
// that names of one application otherwise get (capability/names.h), `shared=no` puts it in where
// the backend has none by default.
#pragma once

#include <capstan/base/result.h>
#include <capstan/base/url.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::platform {

struct BackendChoice {
  std::string capability;  // "keyvalue"
  std::string label;       // empty: the default of the capability
  Url url;                 // without `shared`
  bool shared = false;
};

struct BackendScheme {
  std::string_view name;  // "sqlite"
  // What has to follow: "FILE"; empty: nothing may; in brackets: it may be left out.
  std::string_view place;
  // Unless the address says otherwise: people name things there themselves.
  bool shared = false;
};

// One capability and what can serve it; the first scheme is the default.
struct CapabilityInfo {
  std::string_view name;
  std::span<const BackendScheme> schemes;
  bool labels;  // whether there can be several of it
};

// Every capability of this build.
[[nodiscard]] std::span<const CapabilityInfo> capabilities();

// Refuses a name that no capability has.
[[nodiscard]] Result<void> check_capability(std::string_view name);

[[nodiscard]] Result<BackendChoice> parse_backend(std::string_view text);

// Refuses two choices for one capability and label.
[[nodiscard]] Result<void> check_backends(std::span<const BackendChoice> choices);

// Whether the backend is a file or a folder of this machine.
[[nodiscard]] bool is_file_backend(const BackendChoice& choice);

// The choice for a label: its own, else the capability's, else the default backend.
[[nodiscard]] BackendChoice backend_for(std::span<const BackendChoice> choices,
                                        std::string_view capability, std::string_view label);

}  // namespace capstan::platform
