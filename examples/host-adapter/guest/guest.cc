// The test component of the host adapter: six scenarios that use the store as a program would.

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "test_runner_cpp.h"

namespace store = keyvalue::store::store;

namespace {

// What a scenario expected and did not find; nothing if all was well.
using Complaint = std::optional<std::string>;

bool holds(std::string_view key, std::string_view value) {
  const auto found = store::Get(key);
  return found && found->get_view() == value;
}

Complaint set_and_get() {
  if (!store::Set("language", "C++")) {
    return "a new key to be accepted";
  }
  if (!holds("language", "C++")) {
    return "the value that was set";
  }
  if (store::Get("nothing")) {
    return "no value under a key that was never set";
  }
  return {};
}

Complaint exists() {
  if (!store::Set("here", "")) {
    return "an empty value to be accepted";
  }
  if (!store::Exists("here") || store::Exists("elsewhere")) {
    return "only the key that was set to exist";
  }
  return {};
}

Complaint list_keys() {
  for (const std::string_view key : {"b", "c", "a"}) {
    if (!store::Set(key, "value")) {
      return "a new key to be accepted";
    }
  }
  const auto listed = store::ListKeys();
  std::vector<std::string_view> keys;
  for (const wit::string& key : listed.get_const_view()) {
    keys.push_back(key.get_view());
  }
  std::ranges::sort(keys);
  return keys == std::vector<std::string_view>{"a", "b", "c"} ? Complaint() : "the keys a, b and c";
}

Complaint remove() {
  if (!store::Set("short-lived", "value") || !store::Delete("short-lived")) {
    return "a key that was set to be deleted";
  }
  if (store::Exists("short-lived")) {
    return "the deleted key to be gone";
  }
  if (store::Delete("short-lived")) {
    return "an error when a missing key is deleted";
  }
  return {};
}

Complaint duplicate_set() {
  if (!store::Set("once", "first")) {
    return "a new key to be accepted";
  }
  if (store::Set("once", "second")) {
    return "an error when the key exists";
  }
  return holds("once", "first") ? Complaint() : "the first value to be still there";
}

Complaint clear() {
  if (!store::Set("one", "1") || !store::Set("two", "2")) {
    return "new keys to be accepted";
  }
  store::Clear();
  return store::ListKeys().empty() ? Complaint() : "no keys";
}

struct Scenario {
  std::string_view name;
  Complaint (*run)();
};

constexpr Scenario scenarios[] = {
    {"set and get", set_and_get},     {"exists", exists},
    {"list keys", list_keys},         {"delete", remove},
    {"duplicate set", duplicate_set}, {"clear", clear},
};

}  // namespace

wit::string exports::test::component::test::RunTests() {
  std::string report;
  for (const Scenario& scenario : scenarios) {
    store::Clear();
    const Complaint complaint = scenario.run();
    report += scenario.name;
    report += complaint ? ": failed, expected " + *complaint : ": passed";
    report += '\n';
  }
  store::Clear();
  return wit::string::from_view(report);
}
