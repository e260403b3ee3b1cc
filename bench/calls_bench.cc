// What a call costs, against Wasmtime's own Rust bindings (typed) and its dynamic values.
//
// One process, one component (bench/components/calls.wat), engines with the same settings. Each
// case is measured in rounds: in every round each way runs once, in turn, so that a change of the
// machine's speed meets all of them. A round's ratio is ours divided by typed Rust's in the same
// round; medians are reported.
//
//   capstan-bench-calls [ROUNDS]      writes build/bench/calls.json
#include "calls_host.h"
#include "report.h"

#include <capstan/peer.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>

namespace {

using capstan::bench::Host;
using capstan::bench::Row;
using Component = std::vector<std::uint8_t>;

[[noreturn]] void stop(std::string_view what, std::string_view why) {
  std::fprintf(stderr, "bench: %.*s: %.*s\n", static_cast<int>(what.size()), what.data(),
               static_cast<int>(why.size()), why.data());
  std::exit(1);
}

template <typename T>
T must(std::string_view what, capstan::Result<T> result) {
  if (!result) stop(what, result.error().message());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

void must(std::string_view what, capstan_error* error) {
  if (error == nullptr) return;
  const capstan_text text = capstan_error_message(error);
  stop(what, {text.data, text.size});
}

// One way of running the cases.
class Way {
 public:
  virtual ~Way() = default;
  // Nanoseconds for `iterations` calls.
  virtual double run(capstan_peer_case which, std::uint32_t iterations, std::uint32_t size) = 0;
};

class Ours final : public Way {
 public:
  Ours(capstan::Engine engine, const Component& bytes)
      : prepared_(prepare(std::move(engine), bytes)),
        guest_(must("instantiate", wit::bench::calls::Calls::instantiate(store_, prepared_))) {}

  double run(capstan_peer_case which, std::uint32_t iterations, std::uint32_t size) override {
    const auto begin = std::chrono::steady_clock::now();
    run_case(which, iterations, size);
    return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - begin)
        .count();
  }

 private:
  capstan::PreparedComponent<> prepare(capstan::Engine engine, const Component& bytes) {
    auto component = must("load", engine.load(bytes, "calls"));
    capstan::Linker linker(std::move(engine));
    must("register", wit::bench::calls::host::add_to_linker(linker, host_));
    return must("link", linker.prepare(component));
  }

  void run_case(capstan_peer_case which, std::uint32_t n, std::uint32_t size) {
    switch (which) {
      case CAPSTAN_PEER_SCALAR:
        return (void)must("scalar", guest_.run_scalar(n, size));
      case CAPSTAN_PEER_BYTES_IN:
        return (void)must("bytes in", guest_.run_bytes_in(n, size));
      case CAPSTAN_PEER_BYTES_OUT:
        return (void)must("bytes out", guest_.run_bytes_out(n, size));
      case CAPSTAN_PEER_ECHO:
        return (void)must("echo", guest_.run_echo(n, size));
      case CAPSTAN_PEER_ENTRIES:
        return (void)must("entries", guest_.run_entries(n, size));
      case CAPSTAN_PEER_METHOD:
        return (void)must("method", guest_.run_method(n, size));
      case CAPSTAN_PEER_EXPORT_SCALAR:
        for (std::uint32_t i = 0; i < n; ++i) (void)must("add", guest_.add(i, 3));
        return;
      case CAPSTAN_PEER_EXPORT_ECHO: {
        const std::string text(size, 'a');
        for (std::uint32_t i = 0; i < n; ++i) (void)must("echo", guest_.echo(text));
        return;
      }
      case CAPSTAN_PEER_INSTANTIATE:
        for (std::uint32_t i = 0; i < n; ++i) {
          capstan::Store store;
          (void)must("instantiate", wit::bench::calls::Calls::instantiate(store, prepared_));
        }
        return;
    }
  }

  Host host_;
  capstan::PreparedComponent<> prepared_;
  capstan::Store<> store_;
  wit::bench::calls::Calls guest_;
};

class Peer final : public Way {
 public:
  Peer(const capstan_engine* engine, capstan_peer_kind kind, const Component& bytes) {
    must("peer", capstan_peer_new(engine, kind, bytes.data(), bytes.size(), &peer_));
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() override { capstan_peer_delete(peer_); }

  double run(capstan_peer_case which, std::uint32_t iterations, std::uint32_t size) override {
    std::uint64_t nanoseconds = 0;
    must("peer", capstan_peer_run(peer_, which, iterations, size, &nanoseconds));
    return static_cast<double>(nanoseconds);
  }

 private:
  capstan_peer* peer_ = nullptr;
};

struct Case {
  const char* name;
  capstan_peer_case which;
  std::uint32_t size;
  std::uint32_t iterations;          // of ours and typed Rust, in one round
  std::uint32_t dynamic_iterations;  // dynamic values are far slower for lists
  double goal;                       // ratio to typed Rust
};

constexpr Case cases[] = {
    {"scalar-host-call", CAPSTAN_PEER_SCALAR, 0, 200'000, 100'000, 1.15},
    {"list-u8-1MiB-into-host", CAPSTAN_PEER_BYTES_IN, 1 << 20, 2'000, 1, 0.02},
    {"list-u8-1MiB-out-of-host", CAPSTAN_PEER_BYTES_OUT, 1 << 20, 200, 1, 1.05},
    {"string-4KiB-echo", CAPSTAN_PEER_ECHO, 4096, 20'000, 20'000, 0.8},
    {"records-1000-in-and-out", CAPSTAN_PEER_ENTRIES, 1000, 200, 50, 1.0},
    {"resource-method", CAPSTAN_PEER_METHOD, 0, 200'000, 100'000, 1.15},
    {"export-scalar", CAPSTAN_PEER_EXPORT_SCALAR, 0, 200'000, 50'000, 1.15},
    {"export-string", CAPSTAN_PEER_EXPORT_ECHO, 64, 100'000, 50'000, 1.15},
    {"instantiate-pooled", CAPSTAN_PEER_INSTANTIATE, 0, 2'000, 2'000, 1.1},
};

Row measure(const Case& item, Way& ours, Way& typed, Way& dynamic, int rounds) {
  std::vector<double> our_times, typed_times, dynamic_times, ratios;
  // The first round warms up and is not counted.
  for (int round = -1; round < rounds; ++round) {
    const double a = ours.run(item.which, item.iterations, item.size) / item.iterations;
    const double b = typed.run(item.which, item.iterations, item.size) / item.iterations;
    const double c =
        dynamic.run(item.which, item.dynamic_iterations, item.size) / item.dynamic_iterations;
    if (round < 0) continue;
    our_times.push_back(a);
    typed_times.push_back(b);
    dynamic_times.push_back(c);
    ratios.push_back(a / b);
  }
  using capstan::bench::median;
  return {item.name,           median(our_times), "ns",      "rust-typed",
          median(typed_times), median(ratios),    item.goal, median(dynamic_times)};
}

Component read_component(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) stop("cannot read", path);
  return Component(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 15;
  const Component bytes = read_component(CALLS_COMPONENT);
  const auto make_engine = [](bool pooled) {
    capstan::EngineOptions options{.interruptible = false, .cache = false};
    if (pooled) options.pool.emplace(capstan::PoolOptions{.instances = 16});
    return must("engine", capstan::Engine::create(std::move(options)));
  };

  std::vector<Row> rows;
  for (const bool pooled : {false, true}) {
    capstan::Engine engine = make_engine(pooled);
    const capstan_engine* raw = capstan::bench::raw_engine(engine);
    Ours ours(engine, bytes);
    Peer typed(raw, CAPSTAN_PEER_TYPED, bytes);
    Peer dynamic(raw, CAPSTAN_PEER_DYNAMIC, bytes);
    for (const Case& item : cases) {
      if ((item.which == CAPSTAN_PEER_INSTANTIATE) == pooled)
        rows.push_back(measure(item, ours, typed, dynamic, rounds));
    }
  }
  capstan::bench::print(rows);
  return capstan::bench::write_json("calls", rows) ? 0 : 1;
}
