// `./dev bench providers`: what the component keyvalue-filesystem costs against the same source
// compiled natively, which makes the same calls of POSIX.
//
// Both work in folders of one file system, without syncing, which would only measure the disk.
// Every case is measured in rounds, each way once in turn; the medians are reported.
#include "report.h"

#include <capstan/host/linker.h>
#include <capstan/host/store.h>
#include <capstan/keyfiles/folder.h>

#include <fcntl.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "draft_provider.h"

namespace {

namespace fs = std::filesystem;
using capstan::bench::Row;
using capstan::keyfiles::Folder;
using Guest = draft::test::keyvalue_provider::DraftProvider;
using GuestBucket = draft::exports::wasi::keyvalue::store::Bucket;

constexpr int listed_keys = 100'000;

template <typename T, typename E>
T must(std::expected<T, E> result) {
  if (!result) {
    std::fprintf(stderr, "bench: something failed; is the folder for temporary files full?\n");
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// A folder with a bucket for small work, "bucket", and one with many keys, "many".
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "capstan-bench-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
    fs::create_directory(path_ / "bucket");
    fs::create_directory(path_ / "many");
    for (int i = 0; i < listed_keys; ++i)
      std::ofstream(path_ / "many" / ("key-" + std::to_string(i)));
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() { fs::remove_all(path_); }
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

class Native {
 public:
  explicit Native(const fs::path& root)
      : root_(::open(root.c_str(), O_RDONLY | O_DIRECTORY)),
        bucket_(open("bucket")),
        many_(open("many")) {}

  void get() { must(bucket_.get("value")); }
  void set(std::span<const std::uint8_t> value) { must(bucket_.set("value", value)); }
  void increment() { must(bucket_.increment_unsigned("n", 1)); }
  void list() {
    std::uint64_t from = 0;
    do {
      from = must(many_.list(from)).next.value_or(0);
    } while (from != 0);
  }

 private:
  Folder open(std::string_view name) const {
    return must(
        Folder::open(root_.get(), name, {.sync = capstan::keyfiles::Sync::off, .lock = {}}));
  }
  capstan::Descriptor root_;
  Folder bucket_;
  Folder many_;
};

capstan::StoreOptions granted(const fs::path& root) {
  capstan::StoreOptions options;
  options.wasi.directories.push_back({.host = root.string(),
                                      .guest = "keyvalue-data",
                                      .access = capstan::wasi::Access::read_write});
  options.wasi.environment.emplace_back("KEYVALUE_SYNC", "off");
  return options;
}

capstan::PreparedComponent<> prepare() {
  std::ifstream file(CAPSTAN_PROVIDER, std::ios::binary);
  const std::vector<std::uint8_t> wasm{std::istreambuf_iterator<char>(file), {}};
  capstan::Engine engine = must(capstan::Engine::create({}));
  capstan::Linker<> linker(engine);
  linker.add_wasi();
  return must(linker.prepare(must(engine.load(wasm, "keyvalue-filesystem"))));
}

class Component {
 public:
  explicit Component(const fs::path& root)
      : prepared_(prepare()),
        store_(capstan::NoState(), granted(root)),
        guest_(must(Guest::instantiate(store_, prepared_))),
        bucket_(must(must(guest_.store().open("bucket")))),
        many_(must(must(guest_.store().open("many")))) {}

  void get() { must(must(bucket_.get("value"))); }
  void set(std::span<const std::uint8_t> value) { must(must(bucket_.set("value", value))); }
  void increment() { must(must(guest_.atomics().increment(bucket_, "n", 1))); }
  void list() {
    std::optional<std::uint64_t> cursor;
    do {
      cursor = must(must(many_.list_keys(cursor))).cursor;
    } while (cursor);
  }

 private:
  capstan::PreparedComponent<> prepared_;
  capstan::Store<> store_;
  Guest guest_;
  GuestBucket bucket_;
  GuestBucket many_;
};

// Microseconds each time.
template <typename Work>
double time(int times, Work work) {
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < times; ++i) work();
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
  return took.count() / times;
}

template <typename Ours, typename Theirs>
Row compare(const char* name, int rounds, int times, double goal, Ours ours, Theirs theirs) {
  std::vector<double> values, baselines, ratios;
  for (int round = -1; round < rounds; ++round) {
    const double value = time(times, ours);
    const double baseline = time(times, theirs);
    if (round < 0) continue;  // fills the caches
    values.push_back(value);
    baselines.push_back(baseline);
    ratios.push_back(value / baseline);
  }
  return {.name = name,
          .value = capstan::bench::median(values) * 1000,
          .unit = "ns",
          .baseline = "the same source, native",
          .baseline_value = capstan::bench::median(baselines) * 1000,
          .ratio = capstan::bench::median(ratios),
          .goal = goal};
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 15;
  const TemporaryFolder folder;
  Component component(folder.path());
  Native native(folder.path());
  const std::vector<std::uint8_t> value(100, 'x');
  native.set(value);

  const std::vector<Row> rows = {
      compare(
          "fs-get", rounds, 2000, 3.0, [&] { component.get(); }, [&] { native.get(); }),
      compare(
          "fs-set", rounds, 500, 0, [&] { component.set(value); }, [&] { native.set(value); }),
      compare(
          "fs-increment", rounds, 500, 0, [&] { component.increment(); },
          [&] { native.increment(); }),
      compare(
          "fs-list-100k", rounds, 1, 3.0, [&] { component.list(); }, [&] { native.list(); }),
  };
  capstan::bench::print(rows);
  return capstan::bench::write_json("providers", rows) ? 0 : 1;
}
