// A bucket: the commands that each operation is made of.
#pragma once

#include <capstan/backend/redis/client.h>
#include <capstan/backend/redis/listing.h>
#include <capstan/capability/keyvalue/keyvalue.h>

#include <memory>
#include <string>

namespace capstan::redis {

// What all buckets of a store share; owned by them and the store.
struct Shared {
  std::shared_ptr<Client> client;  // owned by this
  Remainders remainders;
};

[[nodiscard]] std::shared_ptr<keyvalue::Bucket> make_bucket(std::shared_ptr<Shared> shared,
                                                            const std::string& name);

}  // namespace capstan::redis
