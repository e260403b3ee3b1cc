// Where log messages go: lines on an open descriptor, such as stderr or a file, or nowhere.
//
// Threads: a Sink may be used from any number of threads; lines do not mix.
#pragma once

#include <capstan/base/result.h>
#include <capstan/capability/logging/format.h>
#include <capstan/capability/logging/logging.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace capstan::logging {

class Sink {
 public:
  virtual ~Sink() = default;
  // The Log of one component; it shares the sink.
  [[nodiscard]] virtual std::shared_ptr<Log> log_of(std::string component) = 0;
};

struct SinkOptions {
  Level least = Level::trace;  // what is less important is dropped
  // Human lines have the component's name also without being told when there is more than one.
  LineStyle style = {};
  // What is more is dropped and counted, and the count is written; 0: everything is written.
  std::uint64_t lines_per_second = 0;
  std::function<Time()> now = std::chrono::system_clock::now;
};

// Lines on an open descriptor, which outlives the sink.
[[nodiscard]] std::shared_ptr<Sink> make_stream_sink(int descriptor, const SinkOptions& options);
// Lines at the end of a file, which is made, for its owner only, when it is not there. Several
// processes may write to one.
[[nodiscard]] Result<std::shared_ptr<Sink>> make_file_sink(const std::string& path,
                                                           const SinkOptions& options);
// Drops everything.
[[nodiscard]] std::shared_ptr<Sink> make_silent_sink();

}  // namespace capstan::logging
