#include "redis_server.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <thread>

namespace capstan::services {
namespace {

// Debian's package redis-server would also start a service; the same program comes with redis-tools
// under this name, and does what the name says by which it is called.
constexpr const char* program = "redis-check-rdb";
constexpr int ports_tried = 5;
constexpr std::chrono::seconds start_most{20};

}  // namespace

RedisServer::RedisServer(const Options& options) : options_(options) {
  for (int i = 0; i < ports_tried; ++i) {
    port_ = free_port();
    start();
    if (child_->running()) return;
  }
  throw std::runtime_error(
      "redis-check-rdb cannot be started as redis-server: ./dev setup installs redis-tools");
}

void RedisServer::start() {
  const std::string port = std::to_string(port_);
  const bool tls = !options_.certificates.empty();
  std::vector<std::string> words = {"redis-server",  "--bind", "127.0.0.1", "--dir",
                                    folder_.path(),  "--save", "",          "--port",
                                    tls ? "0" : port};
  const auto add = [&](const std::string& option, const std::string& value) {
    words.insert(words.end(), {option, value});
  };
  if (tls) {
    add("--tls-port", port);
    add("--tls-ca-cert-file", options_.certificates + "/ca.crt");
    add("--tls-cert-file", options_.certificates + "/server.crt");
    add("--tls-key-file", options_.certificates + "/server.key");
    add("--tls-auth-clients", options_.wants_client_certificate ? "yes" : "no");
  }
  if (!options_.password.empty()) add("--requirepass", options_.password);
  if (options_.durable) {
    add("--appendonly", "yes");
    add("--appendfsync", "always");
  }
  child_ = std::make_unique<Child>(program, words, folder_.path() + "/log");
  const auto until = std::chrono::steady_clock::now() + start_most;
  while (child_->running() && std::chrono::steady_clock::now() < until) {
    if (serves()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

std::vector<std::string> RedisServer::cli_words() const {
  std::vector<std::string> words = {"redis-cli", "--no-auth-warning",  "-h", "127.0.0.1",
                                    "-p",        std::to_string(port_)};
  if (!options_.password.empty()) words.insert(words.end(), {"-a", options_.password});
  if (!options_.certificates.empty()) {
    const std::string& folder = options_.certificates;
    words.insert(words.end(), {"--tls", "--cacert", folder + "/ca.crt", "--cert",
                               folder + "/client.crt", "--key", folder + "/client.key"});
  }
  return words;
}

bool RedisServer::serves() const {
  std::string line;
  for (const std::string& word : cli_words()) line += word + ' ';
  FILE* const pipe = ::popen((line + "PING 2>/dev/null").c_str(), "r");
  char answer[8] = {};
  const std::size_t count = std::fread(answer, 1, 4, pipe);
  ::pclose(pipe);
  return std::string_view(answer, count) == "PONG";
}

std::string RedisServer::cli(const std::vector<std::string>& words) const {
  std::vector<std::string> all = cli_words();
  all.insert(all.end(), words.begin(), words.end());
  std::string text = output_of(all);
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

void RedisServer::freeze() const { child_->signal(SIGSTOP); }
void RedisServer::thaw() const { child_->signal(SIGCONT); }

}  // namespace capstan::services
