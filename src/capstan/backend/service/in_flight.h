// InFlight: how many requests may be under way at once, and who waits for a place.
//
// Bounds what a service and its connections have to hold for us. A request that finds no place
// waits for one until its deadline, first come, first served; when too many wait it is refused at
// once. A place is given back when its Place ends. Threads: any.
#pragma once

#include <capstan/backend/service/deadline.h>
#include <capstan/base/task.h>

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <utility>

namespace capstan::service {

struct InFlightShared;

class InFlight {
 public:
  struct Options {
    std::size_t most = 1024;
    std::size_t waiting_most = 65'536;
  };
  explicit InFlight(const Options& options);

  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept = default;
    Place& operator=(Place&& other) noexcept {
      give_back();
      shared_ = std::move(other.shared_);
      return *this;
    }
    ~Place() { give_back(); }
    void give_back() {
      if (shared_ == nullptr) return;
      const auto shared = std::exchange(shared_, nullptr);
      release(*shared);
    }

   private:
    friend class InFlight;
    explicit Place(std::shared_ptr<InFlightShared> shared) : shared_(std::move(shared)) {}
    static void release(InFlightShared& shared);
    std::shared_ptr<InFlightShared> shared_;  // with the InFlight and all places
  };
  enum class Refusal : std::uint8_t { late, full };
  using Entered = std::expected<Place, Refusal>;

  [[nodiscard]] Task<Entered> enter(Deadline deadline);
  // The same if there is a place and nobody waits for it.
  [[nodiscard]] std::optional<Place> enter_now();
  // Refuses those whose deadline has passed, and says whether others still wait: then the service
  // calls it again soon.
  bool expire(TimePoint now);

 private:
  static Task<Entered> wait(std::shared_ptr<InFlightShared> shared, Deadline deadline);
  std::shared_ptr<InFlightShared> shared_;  // with all places
};

}  // namespace capstan::service
