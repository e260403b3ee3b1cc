// Wiring: from what the operator chose to a capability that serves a component.
//
// Each capability has a file of its own here, wiring_<name>.cc, with the one function that makes
// its backends from their addresses and binds what they serve; capabilities.cc has the table of
// them.
#pragma once

#include <capstan/base/result.h>
#include <capstan/capability/messaging/messaging.h>
#include <capstan/capability/names.h>
#include <capstan/host/linker.h>
#include <capstan/platform/changes.h>
#include <capstan/platform/settings.h>

#include <memory>
#include <string_view>
#include <vector>

namespace capstan::platform {

// Backends of one run that are used beside the component's imports too: made once, by whoever needs
// them first.
struct SharedBackends {
  // Which brokers the names lead to: as the component sees them, and as the operator does, who may
  // use every name.
  std::shared_ptr<messaging::Broker> messaging;
  std::shared_ptr<messaging::Broker> messaging_for_operator;
  // What happens to watched buckets; none: nothing is watched.
  std::shared_ptr<Changes> changes;
};

// What a wiring function works with; all of it outlives the call only.
struct Wiring {
  LinkerBase& linker;
  const Component& component;
  const RunSettings& settings;
  SharedBackends& shared;
};

Result<void> wire_blobstore(const Wiring& wiring);
Result<void> wire_config(const Wiring& wiring);
Result<void> wire_keyvalue(const Wiring& wiring);
Result<void> wire_logging(const Wiring& wiring);
Result<void> wire_messaging(const Wiring& wiring);
Result<void> wire_sql(const Wiring& wiring);
Result<void> wire_vault(const Wiring& wiring);

Result<void> make_messaging(const RunSettings& settings, SharedBackends& shared);

// The backends of one capability and the names that lead to them: number i of `choices` is backend
// number i of `names`.
struct Backends {
  std::vector<BackendChoice> choices;
  std::shared_ptr<const capability::Names> names;  // shared by all that is made of them
};
[[nodiscard]] Backends backends_of(const RunSettings& settings, std::string_view capability);

}  // namespace capstan::platform
