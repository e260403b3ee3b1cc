#include <capstan/capability/blobstore/body.h>

#include <utility>

namespace capstan::blobstore {

class Body::Busy {
 public:
  explicit Busy(Body& body) : body_(body) { body_.busy_ = true; }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;
  void done() { body_.busy_ = false; }

 private:
  Body& body_;
};

Outcome<void> Body::check_open() const {
  if (broken_) return std::unexpected(*broken_);
  if (state_ == State::finished)
    return std::unexpected(Error(ErrorKind::invalid, "the value is finished already"));
  if (state_ == State::given_up)
    return std::unexpected(Error(ErrorKind::invalid, "the value was dropped"));
  if (busy_)
    return std::unexpected(Error(ErrorKind::invalid,
                                 "the value's output-stream is still being written to: flush it, "
                                 "or drop it, first"));
  return {};
}

Outcome<void> Body::keep(Outcome<void> outcome) {
  if (!outcome && !broken_) {
    broken_ = outcome.error();
    writer_.reset();
  }
  return outcome;
}

Task<Outcome<void>> Body::write(Bytes bytes) {
  if (auto open = check_open(); !open) return open;
  if (writer_ == nullptr) return keep(spool_.append(std::move(bytes)));
  return pass_on(std::move(bytes));
}

Task<Outcome<void>> Body::pass_on(Bytes bytes) {
  Busy busy(*this);
  auto writing = writer_->write(std::move(bytes));
  Outcome<void> written = co_await std::move(writing);
  busy.done();
  co_return keep(std::move(written));
}

Task<Outcome<void>> Body::send_to(std::unique_ptr<Writer> writer) {
  if (auto open = check_open(); !open) return open;
  if (writer_ != nullptr)
    return Outcome<void>(
        std::unexpected(Error(ErrorKind::invalid, "write-data was called for this value before")));
  writer_ = std::move(writer);
  return drain();
}

Task<Outcome<void>> Body::drain() {
  Busy busy(*this);
  Outcome<void> stored;
  while (stored) {
    Outcome<Bytes> piece = spool_.next();
    if (!piece) {
      stored = std::unexpected(std::move(piece).error());
      break;
    }
    if (piece->empty()) break;
    auto writing = writer_->write(*std::move(piece));
    stored = co_await std::move(writing);
  }
  busy.done();
  co_return keep(std::move(stored));
}

Task<Outcome<void>> Body::finish() {
  if (auto open = check_open(); !open) return open;
  state_ = State::finished;
  if (writer_ == nullptr)
    return Outcome<void>(std::unexpected(
        Error(ErrorKind::invalid, "the value was finished before write-data said where it goes")));
  return commit();
}

Task<Outcome<void>> Body::commit() {
  const std::unique_ptr<Writer> writer = std::move(writer_);
  auto committing = writer->commit();
  co_return co_await std::move(committing);
}

void Body::give_up() {
  if (state_ == State::open) state_ = State::given_up;
  // A write that is under way still uses it.
  if (!busy_) writer_.reset();
}

}  // namespace capstan::blobstore
