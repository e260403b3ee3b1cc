// Body: a value on its way into a container, while the guest writes it.
//
// The value and its stream share it. What is written before write-data was called waits in a spool;
// after that it goes straight to the object's writer. finish makes the object; without it, nothing
// stays. Belongs to the thread of its store.
#pragma once

#include <capstan/capability/blobstore/blobstore.h>
#include <capstan/capability/blobstore/spool.h>

#include <memory>
#include <optional>

namespace capstan::blobstore {

class Body {
 public:
  explicit Body(const Spool::Options& options) : spool_(options) {}
  Body() = default;

  // Each task must be finished before the next begins; the body must outlive it.
  [[nodiscard]] Task<Outcome<void>> write(Bytes bytes);
  // Says where it goes, once; what was written meanwhile goes there at once.
  [[nodiscard]] Task<Outcome<void>> send_to(std::unique_ptr<Writer> writer);
  [[nodiscard]] Task<Outcome<void>> finish();
  // There is no room for it: everything gives this error.
  void refuse(Error error) { broken_ = std::move(error); }
  // The value is gone: what was not finished is given up.
  void give_up();

 private:
  enum class State : std::uint8_t { open, finished, given_up };
  // Set while a task is in progress, and for good by one that was broken off.
  class Busy;

  [[nodiscard]] Outcome<void> check_open() const;
  Task<Outcome<void>> drain();
  Task<Outcome<void>> pass_on(Bytes bytes);
  Task<Outcome<void>> commit();
  Outcome<void> keep(Outcome<void> outcome);

  State state_ = State::open;
  bool busy_ = false;
  std::optional<Error> broken_;  // what went wrong first
  Spool spool_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace capstan::blobstore
