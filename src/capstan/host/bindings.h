// What generated host bindings include: everything they are made of.
//
// The version is raised whenever generated code of before would not fit any more; bindings check it
// and say that capstan-bindgen has to run again.
#pragma once

#include <capstan/abi/function.h>
#include <capstan/abi/map.h>
#include <capstan/base/bytes.h>
#include <capstan/base/result.h>
#include <capstan/base/task.h>
#include <capstan/host/guest_resource.h>
#include <capstan/host/instance.h>
#include <capstan/host/interface.h>
#include <capstan/host/linker.h>
#include <capstan/host/store.h>
#include <capstan/host/streams.h>

#include <array>
#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#define CAPSTAN_BINDINGS_VERSION 1

namespace capstan::host {

namespace detail {

// The type an argument of a generated method travels as: what the method lends goes as a borrow.
template <typename A>
struct Travels {
  using type = A;
};
template <typename R>
struct Travels<R&> {
  using type = Borrow<R>;
};

// The exported function behind a generated method.
template <typename Method>
struct ExportedBy;
template <typename C, typename R, typename... A>
struct ExportedBy<Result<R> (C::*)(A...) const> {
  using Signature = R(typename Travels<A>::type...);
};
// Methods of a guest's resource, whose handle comes first.
template <typename C, typename R, typename... A>
struct ExportedBy<Result<R> (C::*)(A...)> {
  using Signature = R(Borrow<C>, typename Travels<A>::type...);
};

}  // namespace detail

// Describes the function that a generated method calls.
template <auto Method>
constexpr ExportShape export_function(std::string_view interface_id, std::string_view name,
                                      std::string_view parameters = "") {
  return export_function<typename detail::ExportedBy<decltype(Method)>::Signature>(
      interface_id, name, parameters);
}

// For the class of a world: a fresh instance, bound to it.
template <typename World, typename State>
Result<World> instantiate_world(Store<State>& store, const PreparedComponent<State>& prepared) {
  CAPSTAN_TRY(auto instance, prepared.instantiate(store));
  return World::bind(std::move(instance));
}

// The same as a task. `store` and `prepared` outlive it.
template <typename World, typename State>
Task<Result<World>> instantiate_world_async(Store<State>& store,
                                            const PreparedComponent<State>& prepared) {
  Task<Result<Instance>> starting = prepared.instantiate_async(store);
  Result<Instance> instance = co_await std::move(starting);
  if (!instance) co_return std::unexpected(std::move(instance).error());
  co_return World::bind(*std::move(instance));
}

}  // namespace capstan::host
