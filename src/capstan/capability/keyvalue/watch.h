// Watching: an observer hears of each change that is made through a store.
//
// Only of changes made through this very Store object: what others write to the same backend goes
// unnoticed. The observer is told after the change, on the thread that made it, and in the order of
// the calls where those come one after the other.
#pragma once

#include <capstan/capability/keyvalue/keyvalue.h>

#include <memory>
#include <set>
#include <string>

namespace capstan::keyvalue {

// Threads: called from any number of them at once.
class Observer {
 public:
  virtual ~Observer() = default;

  // `bucket` is the name it was opened by.
  virtual void on_set(const std::string& bucket, const std::string& key, const Bytes& value) = 0;
  virtual void on_delete(const std::string& bucket, const std::string& key) = 0;
};

// The store, in which the buckets of these names are watched. Removing a key that does not exist is
// no change. What removes many keys of a watched bucket removes them one after the other.
[[nodiscard]] std::shared_ptr<Store> watching(std::shared_ptr<Store> store,
                                              std::set<std::string, std::less<>> buckets,
                                              std::shared_ptr<Observer> observer);

}  // namespace capstan::keyvalue
