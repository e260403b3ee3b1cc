// Writing a bundle in C++: a class that implements an interface becomes a shared library.
//
//   class KeyValueStore final : public wit::keyvalue::store::store::Host { ... };
//   CAPSTAN_BUNDLE(KeyValueStore)
//
// The macro stands once, in one source file; capstan_bundle() in CMake writes it. It takes one or
// more classes. Each store that calls the bundle gets objects of its own, made with the first of
// these constructors the class has:
//
//   KeyValueStore(const capstan::bundle::Host&, Shared&)    KeyValueStore(Shared&)
//   KeyValueStore(const capstan::bundle::Host&)             KeyValueStore()
//
// `Shared` is a class of yours, declared as `KeyValueStore::Shared`: there is one object of it for
// each time the bundle is loaded, for connections, pools and threads, made with Shared(const Host&)
// or Shared(). It is used by all stores, on all their threads. A constructor that throws makes
// loading the bundle, or the call that needed the store's state, fail with its what().
//
// A class that implements several interfaces names them:
//
//   using Interfaces = capstan::bundle::Interfaces<a::Host, b::Host>;
//
// What is compiled here needs the C++ standard library of the bundle and nothing of Capstan's: see
// bundle.h for what crosses.
#pragma once

#include <capstan/bundle/kit/instance.h>

#include <concepts>
#include <memory>
#include <tuple>
#include <type_traits>

namespace capstan::bundle {

template <typename... Hosts>
struct Interfaces {};

namespace kit {

template <typename C>
struct SharedOf {
  struct type {};
};
template <typename C>
  requires requires { typename C::Shared; }
struct SharedOf<C> {
  using type = typename C::Shared;
};

template <typename T, typename... Shared>
std::unique_ptr<T> make(const Host& host, Shared&... shared) {
  if constexpr (std::constructible_from<T, const Host&, Shared&...>) {
    return std::make_unique<T>(host, shared...);
  } else if constexpr (std::constructible_from<T, Shared&...>) {
    return std::make_unique<T>(shared...);
  } else if constexpr (std::constructible_from<T, const Host&>) {
    return std::make_unique<T>(host);
  } else {
    static_assert(std::default_initializable<T>,
                  "a class of a bundle needs one of the constructors that implement.h names");
    return std::make_unique<T>();
  }
}

// The objects of one store. They refer to the shared ones.
template <typename... Classes>
class Objects {
 public:
  using Shared = std::tuple<std::unique_ptr<typename SharedOf<Classes>::type>...>;

  static std::unique_ptr<Shared> make_shared_objects(const Host& host) {
    return std::make_unique<Shared>(make<typename SharedOf<Classes>::type>(host)...);
  }
  Objects(const Host& host, Shared& shared)
      : objects_(make<Classes>(
            host, *std::get<std::unique_ptr<typename SharedOf<Classes>::type>>(shared))...) {}

  template <typename C>
  C& get() {
    return *std::get<std::unique_ptr<C>>(objects_);
  }

 private:
  std::tuple<std::unique_ptr<Classes>...> objects_;
};

// Finds the object of class C as a T. The generated add_to_linker() is looked up in T's namespace.
template <typename State, typename C, typename T = C>
struct Access {
  T& operator()(State& state) const { return state.template get<C>(); }
};

template <typename State>
class Tables final : public Registry<State> {
 public:
  explicit Tables(Instance& instance) : instance_(instance) {}
  Result<void> add(const host::InterfaceShape& shape, host::Provider provider) override {
    instance_.add(shape, std::move(provider));
    return {};
  }

 private:
  Instance& instance_;
};

template <typename State, typename C, typename... Hosts>
void add_interfaces(Tables<State>& tables, std::type_identity<Interfaces<Hosts...>>) {
  (void)(add_to_linker(tables, Access<State, C, Hosts>()), ...);
}
template <typename State, typename C>
void add_class(Tables<State>& tables) {
  if constexpr (requires { typename C::Interfaces; }) {
    add_interfaces<State, C>(tables, std::type_identity<typename C::Interfaces>());
  } else {
    (void)add_to_linker(tables, Access<State, C>());
  }
}

template <typename... Classes>
class InstanceOf final : public Instance {
 public:
  explicit InstanceOf(const capstan_bundle_host& table)
      : Instance(table), shared_(State::make_shared_objects(host())) {
    Tables<State> tables(*this);
    (add_class<State, Classes>(tables), ...);
    finish();
  }

 private:
  using State = Objects<Classes...>;

  void* make_state() override { return new State(host(), *shared_); }
  void delete_state(void* state) override { delete static_cast<State*>(state); }

  std::unique_ptr<typename State::Shared> shared_;
};

template <typename... Classes>
capstan_error* start(const capstan_bundle_host* host, const capstan_bundle** bundle_out) noexcept {
  return Instance::start(host, bundle_out, [](const capstan_bundle_host& table) {
    return std::unique_ptr<Instance>(std::make_unique<InstanceOf<Classes...>>(table));
  });
}

}  // namespace kit
}  // namespace capstan::bundle

// Defines the entry point of the library.
#define CAPSTAN_BUNDLE(...)                                                              \
  extern "C" __attribute__((visibility("default"))) capstan_error* CAPSTAN_BUNDLE_ENTRY( \
      const capstan_bundle_host* host, const capstan_bundle** bundle_out) {              \
    return ::capstan::bundle::kit::start<__VA_ARGS__>(host, bundle_out);                 \
  }
