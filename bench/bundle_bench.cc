// What a call into a bundle costs, against the same class linked into the program.
//
// Rounds as in calls_bench.cc: in each, both ways run once, in turn; medians are reported.
//
//   capstan-bench-bundle [ROUNDS]      writes build/bench/bundle.json
#include "calls_host.h"
#include "report.h"

#include <capstan/bundle/bundle.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace {

using capstan::bench::Row;
using Guest = wit::bench::calls::Calls;

template <typename T>
T must(std::string_view what, capstan::Result<T> result) {
  if (!result) {
    std::fprintf(stderr, "bench: %.*s: %s\n", static_cast<int>(what.size()), what.data(),
                 result.error().message().c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// One placement of the host.
class Placement {
 public:
  Placement(const capstan::Linker<>& linker, const capstan::Component& component)
      : prepared_(must("link", linker.prepare(component))),
        guest_(must("instantiate", Guest::instantiate(store_, prepared_))) {}

  using Run = capstan::Result<std::uint32_t> (Guest::*)(std::uint32_t, std::uint32_t) const;
  // Nanoseconds a call.
  double run(Run which, std::uint32_t iterations, std::uint32_t size) {
    const auto begin = std::chrono::steady_clock::now();
    (void)must("run", (guest_.*which)(iterations, size));
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    return took.count() / iterations;
  }

 private:
  capstan::PreparedComponent<> prepared_;
  capstan::Store<> store_;
  Guest guest_;
};

struct Case {
  const char* name;
  Placement::Run run;
  std::uint32_t size;
  std::uint32_t iterations;
};

constexpr Case cases[] = {
    {"bundle-call", &Guest::run_scalar, 0, 200'000},
    {"bundle-string-4KiB-echo", &Guest::run_echo, 4096, 20'000},
    {"bundle-resource-method", &Guest::run_method, 0, 200'000},
};

Row measure(const Case& item, Placement& bundle, Placement& linked, int rounds) {
  std::vector<double> bundle_times, linked_times, ratios;
  // The first round warms up and is not counted.
  for (int round = -1; round < rounds; ++round) {
    const double a = bundle.run(item.run, item.iterations, item.size);
    const double b = linked.run(item.run, item.iterations, item.size);
    if (round < 0) continue;
    bundle_times.push_back(a);
    linked_times.push_back(b);
    ratios.push_back(a / b);
  }
  using capstan::bench::median;
  return {
      item.name, median(bundle_times), "ns", "linked", median(linked_times), median(ratios), 1.1,
      0};
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 15;
  auto engine = must("engine", capstan::Engine::create({.interruptible = false, .cache = false}));
  const auto component = must("load", engine.load_file(CALLS_COMPONENT));

  capstan::bench::Host host;
  capstan::Linker<> with_class(engine);
  must("register", wit::bench::calls::host::add_to_linker(with_class, host));
  capstan::Linker<> with_bundle(engine);
  must("register",
       must("bundle", capstan::bundle::Bundle::open(CALLS_BUNDLE)).add_to_linker(with_bundle));
  Placement linked(with_class, component);
  Placement bundle(with_bundle, component);

  std::vector<Row> rows;
  for (const Case& item : cases) rows.push_back(measure(item, bundle, linked, rounds));
  capstan::bench::print(rows);
  return capstan::bench::write_json("bundle", rows) ? 0 : 1;
}
