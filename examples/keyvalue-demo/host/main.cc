// The host of the key-value demo: offers a store in memory and a log, runs the guest, and prints
// what it returned.
#include "demo.h"

#include <cstdio>
#include <map>
#include <memory>
#include <string>

namespace {

namespace kv = wit::demo::keyvalue::store;
namespace logging = wit::wasi::logging::logging;

using Values = std::map<std::string, std::string, std::less<>>;

// A guest's handle on a bucket; the bucket itself belongs to the store.
class OpenBucket final : public kv::Bucket {
 public:
  explicit OpenBucket(Values& values) : values_(values) {}

  std::expected<std::optional<std::string>, std::string> get(std::string_view key) override {
    const auto found = values_.find(key);
    if (found == values_.end()) return std::nullopt;
    return found->second;
  }
  std::expected<void, std::string> set(std::string_view key, std::string_view value) override {
    values_.insert_or_assign(std::string(key), std::string(value));
    return {};
  }

 private:
  Values& values_;
};

class MemoryStore final : public kv::Host {
 public:
  std::expected<std::unique_ptr<kv::Bucket>, std::string> open(std::string_view name) override {
    return std::make_unique<OpenBucket>(buckets_[std::string(name)]);
  }

 private:
  std::map<std::string, Values> buckets_;  // addresses are stable
};

class PrintingLog final : public logging::Host {
 public:
  void log(logging::Level level, std::string_view context, std::string_view message) override {
    static constexpr const char* names[] = {"Trace", "Debug", "Info", "Warn", "Error", "Critical"};
    std::printf("Level::%s %.*s: %.*s\n\n", names[static_cast<std::size_t>(level)],
                static_cast<int>(context.size()), context.data(), static_cast<int>(message.size()),
                message.data());
  }
};

struct State {
  MemoryStore keyvalue;
  PrintingLog log;
};

capstan::Result<void> run(const char* path) {
  CAPSTAN_TRY(auto engine, capstan::Engine::create());
  CAPSTAN_TRY(auto component, engine.load_file(path));

  capstan::Linker<State> linker(engine);
  linker.add_wasi();
  CAPSTAN_TRY_VOID(kv::add_to_linker(linker, [](State& s) -> kv::Host& { return s.keyvalue; }));
  CAPSTAN_TRY_VOID(
      logging::add_to_linker(linker, [](State& s) -> logging::Host& { return s.log; }));
  CAPSTAN_TRY(auto prepared, linker.prepare(component));

  capstan::Store<State> store(State{}, {.wasi = {.standard_error = capstan::wasi::Inherit{}}});
  CAPSTAN_TRY(auto demo, wit::demo::keyvalue::Demo::instantiate(store, prepared));
  CAPSTAN_TRY(auto answer, demo.run());
  if (!answer)
    return capstan::fail(capstan::ErrorCode::host, "the guest failed: " + answer.error());
  std::printf("res from host: \"%s\"\n", answer->c_str());
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const auto ran = run(argc > 1 ? argv[1] : DEMO_COMPONENT);
  if (ran) return 0;
  std::fprintf(stderr, "keyvalue-demo: %s\n", ran.error().message().c_str());
  return 1;
}
