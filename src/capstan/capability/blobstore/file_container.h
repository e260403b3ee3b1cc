// One container of the file backend.
//
// Internal to this folder.
#pragma once

#include <capstan/capability/blobstore/file_object.h>

#include <memory>
#include <string>

namespace capstan::blobstore {

// Of a container that is there; it answers no_such_container when it is removed.
[[nodiscard]] std::shared_ptr<Container> make_file_container(std::shared_ptr<FileRoot> root,
                                                             std::string name);

}  // namespace capstan::blobstore
