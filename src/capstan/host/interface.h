// Interface tables: what a host offers under one WIT interface, as data.
//
// Generated code states an InterfaceShape once (constexpr) and registers it with a Binding that
// says which object serves it. The linker compares the shape with what a component imports before
// any guest code runs.
#pragma once

#include <capstan/abi/function.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace capstan::host {

struct ResourceShape {
  std::string_view name;    // as declared or `use`d by this interface: "bucket"
  std::uint32_t (*id)();    // abi::resource_id<R>
  std::string_view origin;  // canonical name, R::wit_resource
};

template <abi::HostResource R>
constexpr ResourceShape resource(std::string_view name) {
  return {name, &abi::resource_id<R>, R::wit_resource};
}

struct InterfaceShape {
  std::string_view
      id;  // "wasi:keyvalue/store@0.2.0-draft2"; empty for functions of the world itself
  std::span<const abi::FunctionShape> functions;
  std::span<const ResourceShape> resources;
};

// An interface that is known at run time only: what a bundle offers, already in the engine's form.
struct RuntimeInterface {
  struct Resource {
    capstan_resource table;
    std::string_view origin;  // canonical name
  };
  std::string_view id;
  std::vector<capstan_function> functions;
  std::vector<Resource> resources;
  // Holds all texts, and whatever the functions need.
  std::shared_ptr<const void> keep_alive;
};

// One exported function that generated code wants to call.
struct ExportShape {
  std::string_view interface_id;  // empty: exported by the world
  std::string_view name;
  std::string_view parameters;
  std::string (*signature)(std::string_view parameters);
};

template <typename Signature>
struct ExportSignature;
template <typename R, typename... A>
struct ExportSignature<R(A...)> {
  static std::string text(std::string_view parameters) {
    return abi::ExportCall<R, A...>::signature(parameters);
  }
};

// `Signature` is written with the types values travel as: R(std::string_view, std::uint32_t).
template <typename Signature>
constexpr ExportShape export_function(std::string_view interface_id, std::string_view name,
                                      std::string_view parameters = "") {
  return {interface_id, name, parameters, &ExportSignature<Signature>::text};
}

struct WorldShape {
  std::string_view name;  // for messages: "demo:keyvalue/demo"
  std::span<const ExportShape> exports;
};

// Whether tasks of a provider can be pending.
enum class Suspends : std::uint8_t {
  maybe,  // as their type says
  never,  // they are all finished when they are returned: guests need no stack of their own
};

// Which object serves an interface, and what must stay alive for it.
struct Provider {
  abi::Binding binding;
  std::shared_ptr<const void> keep_alive;
  Suspends suspends = Suspends::maybe;
};

// The same object for every store. It must outlive the linker and all that was prepared with it.
template <typename Host>
Provider serve_with(Host& host) {
  return {{[](void* context, void*) { return context; }, &host}, nullptr, Suspends::maybe};
}

// An object that the linker and all that is prepared with it share.
template <typename Host>
Provider serve_shared(std::shared_ptr<Host> host, Suspends suspends = Suspends::maybe) {
  Provider provider = serve_with<Host>(*host);
  provider.keep_alive = std::move(host);
  provider.suspends = suspends;
  return provider;
}

// The object that `access` finds in the state of the store that calls.
template <typename Host, typename State, typename Access>
Provider serve_through(Access access) {
  auto kept = std::make_shared<Access>(std::move(access));
  return {{[](void* context, void* state) -> void* {
             Host& host = (*static_cast<Access*>(context))(*static_cast<State*>(state));
             return &host;
           },
           kept.get()},
          kept,
          Suspends::maybe};
}

}  // namespace capstan::host
