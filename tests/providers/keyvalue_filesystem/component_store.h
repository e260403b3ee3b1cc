// The provider component as a key-value store of the host, so that the suite that every backend
// passes runs against it as it is.
#pragma once

#include <capstan/capability/keyvalue/keyvalue.h>

#include <filesystem>
#include <memory>

namespace capstan::keyvalue {

// An instance of the component with `folder` as its keyvalue-data, behind version draft2 of the
// interface; its buckets are made when they are opened. What the interface lacks is put together
// from what it has.
[[nodiscard]] std::shared_ptr<Store> make_component_store(const std::filesystem::path& folder);

}  // namespace capstan::keyvalue
