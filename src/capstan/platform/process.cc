#include <capstan/platform/process.h>

#include <capstan/base/descriptor.h>

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <thread>

extern "C" char** environ;

namespace capstan::platform {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t output_bytes_max = std::size_t{16} << 20;

// What the child does with its streams before it becomes the program.
class FileActions {
 public:
  FileActions(int output, const fs::path& folder) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addchdir_np(&actions_, folder.c_str());
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);
  }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }

  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_ = {};
};

std::string read_to_end(int fd) {
  std::string text;
  std::array<char, 4096> chunk = {};
  while (true) {
    const ssize_t count = ::read(fd, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    // What goes beyond the limit is read all the same, so that the program can end.
    const std::size_t room = output_bytes_max - text.size();
    text.append(chunk.data(), std::min(static_cast<std::size_t>(count), room));
  }
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return 127;
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

Result<ProcessResult> run_process(const CommandLine& command, const fs::path& folder) {
  if (command.empty()) return fail(ErrorCode::invalid_argument, "no program to run");
  std::array<int, 2> ends = {};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    return fail(ErrorCode::io, fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  }
  Descriptor reader(ends[0]);
  Descriptor writer(ends[1]);
  const FileActions actions(writer.get(), folder);
  std::vector<char*> words;
  words.reserve(command.size() + 1);
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, words[0], actions.get(), nullptr, words.data(), environ);
  if (error != 0) {
    return fail(ErrorCode::io,
                fmt::format("cannot start '{}': {}", command.front(), std::strerror(error)));
  }
  writer = Descriptor();
  ProcessResult result;
  result.output = read_to_end(reader.get());
  result.exit_status = wait_for(child);
  return result;
}

std::vector<Result<ProcessResult>> run_processes(std::span<const CommandLine> commands,
                                                 const fs::path& folder) {
  std::vector<Result<ProcessResult>> results(commands.size(),
                                             fail(ErrorCode::internal, "was not run"));
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < commands.size(); i = next++) {
      results[i] = run_process(commands[i], folder);
    }
  };
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  std::vector<std::jthread> workers;
  while (workers.size() + 1 < std::min(cores, commands.size())) workers.emplace_back(work);
  work();
  workers.clear();  // joins
  return results;
}

std::optional<fs::path> find_program(std::string_view name) {
  const char* path = std::getenv("PATH");
  std::string_view rest = path == nullptr ? "" : path;
  while (!rest.empty()) {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    fs::path candidate = fs::path(rest.substr(0, colon)) / name;
    std::error_code error;
    if (fs::is_regular_file(candidate, error) && ::access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
    rest.remove_prefix(std::min(rest.size(), colon + 1));
  }
  return std::nullopt;
}

std::string quoted(const CommandLine& command) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=+:,@%";
  std::string text;
  for (const std::string& word : command) {
    if (!text.empty()) text += ' ';
    if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) {
      text += word;
      continue;
    }
    text += '\'';
    for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    text += '\'';
  }
  return text;
}

}  // namespace capstan::platform
