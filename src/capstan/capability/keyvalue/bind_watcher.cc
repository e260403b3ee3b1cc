#include <capstan/capability/keyvalue/bind_watcher.h>

#include <capstan/capability/keyvalue/bind_draft.h>
#include <capstan/capability/keyvalue/bind_draft2.h>

#include <utility>

namespace capstan::keyvalue {
namespace {

// The functions in the order of the exports below.
constexpr std::size_t set_index = 0;
constexpr std::size_t delete_index = 1;

template <typename WasiBucket>
using OnSet = void(std::unique_ptr<WasiBucket>, std::string, Bytes);
template <typename WasiBucket>
using OnDelete = void(std::unique_ptr<WasiBucket>, std::string);

template <typename WasiBucket>
constexpr host::ExportShape exports_of(std::string_view id, std::size_t index) {
  if (index == set_index)
    return host::export_function<OnSet<WasiBucket>>(id, "on-set", "bucket, key, value");
  return host::export_function<OnDelete<WasiBucket>>(id, "on-delete", "bucket, key");
}

constexpr host::ExportShape draft2_exports[] = {
    exports_of<Draft2::Bucket>(watcher_interfaces[0], set_index),
    exports_of<Draft2::Bucket>(watcher_interfaces[0], delete_index)};
constexpr host::ExportShape draft_exports[] = {
    exports_of<Draft::Bucket>(watcher_interfaces[1], set_index),
    exports_of<Draft::Bucket>(watcher_interfaces[1], delete_index)};
constexpr host::WorldShape draft2_world = {"wasi:keyvalue/watch-service@0.2.0-draft2",
                                           draft2_exports};
constexpr host::WorldShape draft_world = {"wasi:keyvalue/watch-service@0.2.0-draft", draft_exports};

// Handles that the host gives are not the component's own to count.
std::unique_ptr<Draft2::Bucket> draft2_handle(std::shared_ptr<Bucket> bucket) {
  return std::make_unique<Draft2Bucket>(std::move(bucket), Handles::Held());
}
std::unique_ptr<Draft::Bucket> draft_handle(std::shared_ptr<Bucket> bucket) {
  return std::make_unique<DraftBucket>(std::move(bucket), Handles::Held(),
                                       std::make_shared<CursorTable>());
}

}  // namespace

Result<Watcher> Watcher::bind(Instance instance) {
  auto newer = instance.bind(draft2_world);
  if (newer) return Watcher(std::move(instance), Version::draft2);
  // What is wrong with the newer one is what most components want to know.
  if (instance.bind(draft_world)) return Watcher(std::move(instance), Version::draft);
  return std::unexpected(std::move(newer).error());
}

Task<Result<void>> Watcher::on_set(std::shared_ptr<Bucket> bucket, std::string key, Bytes value) {
  if (version_ == Version::draft2)
    return instance_.call_async<void, std::unique_ptr<Draft2::Bucket>, std::string, Bytes>(
        set_index, draft2_handle(std::move(bucket)), std::move(key), std::move(value));
  return instance_.call_async<void, std::unique_ptr<Draft::Bucket>, std::string, Bytes>(
      set_index, draft_handle(std::move(bucket)), std::move(key), std::move(value));
}

Task<Result<void>> Watcher::on_delete(std::shared_ptr<Bucket> bucket, std::string key) {
  if (version_ == Version::draft2)
    return instance_.call_async<void, std::unique_ptr<Draft2::Bucket>, std::string>(
        delete_index, draft2_handle(std::move(bucket)), std::move(key));
  return instance_.call_async<void, std::unique_ptr<Draft::Bucket>, std::string>(
      delete_index, draft_handle(std::move(bucket)), std::move(key));
}

}  // namespace capstan::keyvalue
