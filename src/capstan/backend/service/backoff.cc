#include <capstan/backend/service/backoff.h>

namespace capstan::service {

Backoff::Backoff(const Options& options)
    : options_(options), due_(options.first), random_(options.seed) {}

Milliseconds Backoff::next() {
  const Milliseconds due = std::min(due_, options_.most);
  due_ = std::min(options_.most, due * 2);
  std::uniform_int_distribution<Milliseconds::rep> wait((due.count() + 1) / 2, due.count());
  return Milliseconds(wait(random_));
}

}  // namespace capstan::service
