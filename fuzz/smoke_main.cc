// Runs a fuzzer without libFuzzer, so that every compiler and every test run can: each file of a
// corpus, then inputs made from them and from nothing. The same inputs each time.
//
//   capstan-smoke-NAME CORPUS-FOLDER-OR-FILE [RUNS]
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using Bytes = std::vector<std::uint8_t>;
using Random = std::mt19937_64;

// At most `max_size` bytes of nothing in particular.
constexpr std::size_t max_size = 600;

std::vector<Bytes> read_corpus(const std::filesystem::path& path) {
  std::vector<std::filesystem::path> files;
  if (std::filesystem::is_directory(path)) {
    for (const auto& entry : std::filesystem::directory_iterator(path))
      files.push_back(entry.path());
  } else {
    files.push_back(path);
  }
  std::ranges::sort(files);
  std::vector<Bytes> corpus;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return corpus;
}

std::size_t below(Random& random, std::size_t limit) {
  return static_cast<std::size_t>(random() % limit);
}

Bytes rubbish(Random& random) {
  Bytes input(below(random, max_size));
  for (std::uint8_t& byte : input) byte = static_cast<std::uint8_t>(random());
  return input;
}

// A seed with a few bytes changed: to anything, to a neighbour, or to an edge; sometimes cut.
Bytes mutated(Random& random, Bytes input) {
  if (input.empty()) return input;
  for (std::size_t changes = 1 + below(random, 4); changes > 0; --changes) {
    std::uint8_t& byte = input[below(random, input.size())];
    switch (below(random, 4)) {
      case 0:
        byte = static_cast<std::uint8_t>(random());
        break;
      case 1:
        ++byte;
        break;
      case 2:
        --byte;
        break;
      default:
        byte = below(random, 2) == 0 ? 0x00 : 0xff;
    }
  }
  if (below(random, 8) == 0) input.resize(below(random, input.size()));
  return input;
}

void run(const Bytes& input) {
  // Exactly as long as the input, so that sanitizers see a read behind it.
  const auto exact = std::make_unique<std::uint8_t[]>(input.size());
  std::ranges::copy(input, exact.get());
  (void)LLVMFuzzerTestOneInput(exact.get(), input.size());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s CORPUS-FOLDER-OR-FILE [RUNS]\n", argv[0]);
    return 2;
  }
  const std::vector<Bytes> corpus = read_corpus(argv[1]);
  if (corpus.empty()) {
    std::fprintf(stderr, "%s: nothing in %s\n", argv[0], argv[1]);
    return 1;
  }
  for (const Bytes& input : corpus) run(input);

  const unsigned long runs = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 0;
  Random random(20'250'101);
  for (unsigned long i = 0; i < runs; ++i)
    run(i % 4 == 0 ? rubbish(random) : mutated(random, corpus[below(random, corpus.size())]));
  std::printf("%zu inputs of the corpus and %lu others: nothing found\n", corpus.size(), runs);
}
