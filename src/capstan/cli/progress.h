// A line on the terminal while something takes long: shown after a moment, erased at the end.
//
// Nothing is shown, and no thread is started, when stderr is no terminal or --quiet was given.
#pragma once

#include <capstan/cli/command.h>

#include <memory>
#include <string>

namespace capstan::cli {

class Progress {
 public:
  Progress(const Session& session, std::string what);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress();

 private:
  struct Line;
  std::unique_ptr<Line> line_;
};

}  // namespace capstan::cli
