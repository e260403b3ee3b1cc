// Components on a store of key-value storage that the test looks at, too.
#pragma once

#include <capstan/capability/keyvalue/bind.h>
#include <capstan/capability/keyvalue/connect.h>
#include <capstan/capability/keyvalue/memory.h>
#include <capstan/host/engine.h>
#include <capstan/host/instance.h>
#include <capstan/host/linker.h>
#include <capstan/host/store.h>

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace capstan::keyvalue {

inline std::shared_ptr<Store> memory() { return connect_with(MemoryOptions()).value(); }

// An instance of a component that uses `store`.
class Guest {
 public:
  Guest(const char* path, const std::shared_ptr<Store>& store, const BindLimits& limits = {})
      : engine_(Engine::create({.cache = false}).value()), linker_(engine_) {
    EXPECT_TRUE(keyvalue::bind(linker_, store, limits).has_value());
    prepared_.emplace(linker_.prepare(engine_.load_file(path).value()).value());
    instance_.emplace(prepared_->instantiate(store_).value());
  }

  [[nodiscard]] const Instance& instance() const { return *instance_; }
  [[nodiscard]] bool may_suspend() const { return prepared_->may_suspend(); }

  // What the guest of act.c says.
  std::string act(std::string_view what, std::string_view key = "", std::string_view value = "",
                  std::string_view bucket = "b") {
    std::string arguments;
    for (const std::string_view argument : {what, bucket, key, value})
      arguments.append(arguments.empty() ? "\"" : ", \"").append(argument).append("\"");
    const auto result = instance_->invoke("", "act", arguments);
    if (!result) return "failed: " + result.error().message();
    return result->substr(1, result->size() - 2);
  }

 private:
  Engine engine_;
  Linker<> linker_;
  std::optional<PreparedComponent<>> prepared_;
  capstan::Store<> store_;
  std::optional<Instance> instance_;
};

inline std::shared_ptr<Bucket> open(Store& store, std::string name = "b") {
  return block_on(store.open(std::move(name))).value();
}
inline std::optional<Bytes> value_in(Store& store, std::string key) {
  return block_on(open(store)->get(std::move(key))).value();
}

}  // namespace capstan::keyvalue
