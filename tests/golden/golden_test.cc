// WIT to checked-in C++: every folder here is one case.
//
//   wit/            what the generator reads
//   options.txt     optional, one "name=value" a line: world, features (* for all), async,
//   namespace expected/       what it must write, or error.txt: what it must say instead
//
// `./dev bless` takes the present output as expected.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>

#include "files.h"
#include "host/generate.h"

namespace capstan::codegen {
namespace {

namespace fs = std::filesystem;

const fs::path folder = CAPSTAN_GOLDEN_FOLDER;

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (fs::is_directory(entry.path() / "wit")) names.push_back(entry.path().filename());
  }
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

HostOptions options_of(const fs::path& path) {
  HostOptions options;
  const auto text = read_file(path);
  if (!text) return options;
  for (const std::string& line : split(*text, '\n')) {
    const auto equals = line.find('=');
    const std::string name = line.substr(0, equals);
    const std::string value = line.substr(equals + 1);
    if (name == "world") {
      options.world = value;
    } else if (name == "namespace") {
      options.cpp_namespace = value;
    } else if (name == "bytes") {
      options.bytes_choice = value == "shared" ? BytesChoice::shared : BytesChoice::vector;
    } else if (name == "features") {
      options.wit.all_features = value == "*";
      if (value != "*") options.wit.features = split(value, ',');
    } else if (name == "async" && (value == "all" || value == "none")) {
      options.async_choice = value == "all" ? AsyncChoice::all : AsyncChoice::none;
    } else if (name == "async") {
      options.async_choice = AsyncChoice::listed;
      options.async_interfaces = split(value, ',');
    } else {
      ADD_FAILURE() << path << ": unknown option \"" << line << '"';
    }
  }
  return options;
}

Outcome<std::vector<File>> generate(const HostOptions& options) {
  const auto wit = Wit::parse(options.wit);
  if (!wit) return std::unexpected(wit.error());
  const auto world = wit->select_world(options.world);
  if (!world) return std::unexpected(world.error());
  const auto json = wit->json();
  if (!json) return std::unexpected(json.error());
  const auto model = read_model(*json);
  if (!model) return std::unexpected(model.error());
  return generate_host(*model, *world, options);
}

// What the generator makes of a case; an error as a file of its own.
std::map<std::string, std::string> present_output(const std::string& name) {
  HostOptions options = options_of(folder / name / "options.txt");
  // Messages name files as they were given: relative, so that they are the same on every machine.
  fs::current_path(folder / name);
  options.wit.paths = {"wit"};
  const auto files = generate(options);
  if (!files) return {{"error.txt", files.error() + "\n"}};
  std::map<std::string, std::string> output;
  for (const File& file : *files) output[file.name] = file.contents;
  return output;
}

std::map<std::string, std::string> expected_output(const std::string& name) {
  std::map<std::string, std::string> output;
  const fs::path expected = folder / name / "expected";
  if (!fs::is_directory(expected)) return output;
  for (const auto& entry : fs::directory_iterator(expected))
    output[entry.path().filename()] = read_file(entry.path()).value_or("");
  return output;
}

void bless(const std::string& name, const std::map<std::string, std::string>& output) {
  const fs::path expected = folder / name / "expected";
  for (const auto& [file, ignored] : expected_output(name)) {
    if (!output.contains(file)) fs::remove(expected / file);
  }
  for (const auto& [file, contents] : output)
    ASSERT_TRUE(write_if_changed(expected / file, contents).has_value());
}

class Golden : public testing::TestWithParam<std::string> {};

TEST_P(Golden, OutputIsAsExpected) {
  const auto output = present_output(GetParam());

  if (std::getenv("CAPSTAN_BLESS") != nullptr) {
    bless(GetParam(), output);
    return;
  }
  const auto expected = expected_output(GetParam());
  std::set<std::string> names;
  for (const auto* files : {&output, &expected}) {
    for (const auto& [file, ignored] : *files) names.insert(file);
  }

  for (const std::string& file : names) {
    ASSERT_TRUE(output.contains(file)) << file << " is not generated any more: ./dev bless";
    ASSERT_TRUE(expected.contains(file)) << file << " is new: ./dev bless";
    EXPECT_EQ(expected.at(file), output.at(file))
        << "tests/golden/" << GetParam() << "/expected/" << file
        << " differs from what is generated; if that is meant: ./dev bless";
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, Golden, testing::ValuesIn(cases()), [](const auto& parameter) {
  std::string name = parameter.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

}  // namespace
}  // namespace capstan::codegen
