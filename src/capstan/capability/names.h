// Names: where a name that a component gives leads to.
//
// A component opens buckets, containers, lockers, connections and topics by name. A name that the
// operator configured as a label leads to that label's backend, any other one to the default
// backend; if the operator lists the names a component may use, every other one leads nowhere.
// On the backend the name stands in the application's own namespace, unless the operator said that
// the backend is shared:
//
//   the component says    "sessions"
//   the backend sees      "shop/sessions", or "sessions" when it is shared
//
// Threads: immutable once made; used from any thread.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace capstan::capability {

// How one backend is used.
struct Placement {
  std::string label;       // empty: the default
  std::string namespace_;  // the application's; empty: shared by all who use the backend
};

class Names {
 public:
  // Number i of `placements` is backend number i; one of them has no label. `allowed` are the only
  // names the component may use; nothing: any.
  Names(const std::vector<Placement>& placements,
        std::optional<std::set<std::string, std::less<>>> allowed);

  struct Place {
    std::size_t backend;
    std::string name;  // as the backend sees it
  };
  // Nothing for a name the component may not use.
  [[nodiscard]] std::optional<Place> find(std::string_view name) const;

  // The name as the component knows it, of one that find() gave for that backend.
  [[nodiscard]] std::string_view as_given(std::size_t backend, std::string_view full) const;

 private:
  std::map<std::string, std::size_t, std::less<>> labels_;
  std::vector<std::string> prefixes_;
  std::optional<std::set<std::string, std::less<>>> allowed_;
};

}  // namespace capstan::capability
