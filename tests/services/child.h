// A program that a test starts and ends: a server, mostly.
//
// It is ended by its number, never by name, and dies with the test even when that is killed.
// Threads: one at a time.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace capstan::services {

class Child {
 public:
  // Starts `program`, found in PATH, with its output in the file `log`. `words` are its arguments,
  // the first of which is the name that it sees of itself.
  Child(const std::string& program, const std::vector<std::string>& words, const std::string& log);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() { kill(); }

  [[nodiscard]] pid_t id() const { return id_; }
  [[nodiscard]] bool running();
  void signal(int number) const;
  // At once, as if the machine had failed.
  void kill();

 private:
  pid_t id_ = -1;
};

// Runs a program to its end and gives what it wrote; the test fails when the program does.
[[nodiscard]] std::string output_of(const std::vector<std::string>& words);

// A port of the loopback interface that was free a moment ago.
[[nodiscard]] std::uint16_t free_port();

// A folder of its own for one test.
class Folder {
 public:
  Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder();
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace capstan::services
