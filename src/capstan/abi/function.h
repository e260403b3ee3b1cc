// From a C++ member function to the engine's call table.
//
// `function<&Host::get>("get", "key")` derives everything the engine needs to serve an import with
// Host::get: the signature as text, the frame of one call, and the four steps enter, poll, lower
// and drop. The member's own types say how arguments travel:
//
//   std::string_view, std::span<const T>   a view of guest memory, valid during the call
//   R&                                     a borrowed resource
//   anything else                          an owned value, moved in
//
// A member returns T, or Task<T>; a task may suspend the guest, and then takes owned arguments
// only, since the guest may run meanwhile.
#pragma once

#include <capstan/abi/composite.h>
#include <capstan/abi/handle.h>
#include <capstan/abi/list.h>
#include <capstan/abi/text.h>
#include <capstan/base/task.h>

#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace capstan::abi {

// How a call finds the object that serves it: the same for every function of one registration.
struct Binding {
  // The host object for a call in the store whose state is given.
  void* (*access)(void* context, void* state) = nullptr;
  void* context = nullptr;
};

struct FunctionShape;

// What the engine hands back to enter(): which function of which registration.
struct BoundFunction {
  const FunctionShape* shape = nullptr;
  std::string_view interface_id;
  Binding binding;
};

// One function of an interface, as constexpr data in generated code.
struct FunctionShape {
  std::string_view name;        // "get", "[method]bucket.get"
  std::string_view parameters;  // "key, value"
  std::string (*signature)(std::string_view parameters);
  std::uint32_t flags;
  std::uint32_t frame_bytes;
  std::uint32_t frame_align;
  capstan_status (*enter)(void* self, capstan_lift*, void* frame, const capstan_waker*,
                          capstan_error**);
  capstan_status (*poll)(void* frame, const capstan_waker*, capstan_error**);
  capstan_error* (*lower)(void* frame, capstan_lower*);
  void (*drop)(void* frame);
  capstan_status (*direct)(void* self, capstan_lift*, std::uint64_t* word_out, capstan_error**);
};

namespace detail {

template <typename T>
struct TaskTraits {
  static constexpr bool is_task = false;
  using Value = T;
};
template <typename T>
struct TaskTraits<Task<T>> {
  static constexpr bool is_task = true;
  using Value = T;
};

// What a parameter of type A is lifted as.
template <typename A>
struct Argument {
  using Stored = std::remove_cvref_t<A>;
  static A&& pass(Stored& value) { return static_cast<A&&>(value); }
};
template <typename A>
  requires HostResource<std::remove_reference_t<A>> && std::is_lvalue_reference_v<A>
struct Argument<A> {
  using Stored = Borrow<std::remove_reference_t<A>>;
  static A pass(Stored& value) { return value.get(); }
};

// Whether a T refers to guest memory.
template <typename T>
inline constexpr bool has_view = false;
template <>
inline constexpr bool has_view<std::string_view> = true;
template <typename T>
inline constexpr bool has_view<std::span<const T>> = true;
template <typename T, std::size_t N>
inline constexpr bool has_view<std::array<T, N>> = has_view<T>;
template <template <typename...> typename C, typename... Ts>
inline constexpr bool has_view<C<Ts...>> = (has_view<Ts> || ...);

// Whether a parameter of type A still means something when enter() has returned. Resources do: the
// guest cannot drop what it lent to a call.
template <typename A>
inline constexpr bool outlives_enter =
    std::is_reference_v<A> ? HostResource<std::remove_reference_t<A>> : !has_view<A>;

template <typename Method>
struct MethodTraits;
template <typename C, typename R, typename... A>
struct MethodTraits<R (C::*)(A...)> {
  using Class = C;
  using Return = R;
  using Value = typename TaskTraits<R>::Value;
  using Arguments = std::tuple<typename Argument<A>::Stored...>;
  static constexpr bool is_task = TaskTraits<R>::is_task;
  static_assert(!is_task || (outlives_enter<A> && ...),
                "a function that returns Task<T> takes owned arguments: std::string, "
                "std::vector<T>, no views and no references but those to resources");

  // Passes on the values from number `First` on.
  template <auto Method, std::size_t First, typename Lifted>
  static R call(C& self, [[maybe_unused]] Lifted& lifted) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) -> R {
      return (self.*Method)(Argument<A>::pass(std::get<First + I>(lifted))...);
    }(std::index_sequence_for<A...>());
  }
};
template <typename C, typename R, typename... A>
struct MethodTraits<R (C::*)(A...) const> : MethodTraits<R (C::*)(A...)> {};

template <typename T>
T lift_value(Lift& cx) {
  return cx.call().words != nullptr ? Abi<T>::lift_flat(cx, cx.call().words)
                                    : Abi<T>::load(cx, cx.call().offset);
}
template <typename T, typename Value>
void lower_value(Lower& cx, Value&& value) {
  if (cx.call().words != nullptr) {
    Abi<T>::lower_flat(cx, value, cx.call().words);
  } else {
    Abi<T>::store(cx, value, cx.call().offset);
  }
}

// "a, b" and types become "a: string, b: u32".
template <typename... Stored>
void append_parameters(std::string& out, std::string_view names,
                       std::type_identity<std::tuple<Stored...>>) {
  [[maybe_unused]] const auto append_one = [&out, &names]<typename T>(std::type_identity<T>,
                                                                      bool first) {
    const auto comma = names.find(',');
    out.append(first ? "" : ", ").append(names.substr(0, comma)).append(": ");
    Abi<T>::append_text(out);
    names = comma == std::string_view::npos ? "" : names.substr(std::min(comma + 2, names.size()));
  };
  [[maybe_unused]] bool first = true;
  ((append_one(std::type_identity<Stored>(), first), first = false), ...);
}

template <typename Value>
void append_result(std::string& out) {
  if constexpr (!std::is_void_v<Value>) {
    out += " -> ";
    Abi<Value>::append_text(out);
  }
}

// An exception of the host, as the error the guest traps with. Call inside a catch block.
[[nodiscard]] capstan_error* error_from_exception(const BoundFunction* bound) noexcept;

// Finished results wait here for lower().
template <typename Value>
struct Outcome {
  std::optional<Value> value;
};
template <>
struct Outcome<void> {};

template <typename Value>
struct TaskFrame : Outcome<Value> {
  const BoundFunction* bound;
  std::optional<Task<Value>> task;
};

// `Method` with the first argument as `self` for resources, or through the binding for an
// interface's own functions.
//
// `Pointer` repeats the type of `Method`: g++ 12 gives what depends on a member of a class in an
// unnamed namespace external linkage, unless a type says so too, and two such classes of the same
// name would be served by each other's code.
template <auto Method, typename Pointer = decltype(Method)>
struct Steps {
  using Traits = MethodTraits<decltype(Method)>;
  using Class = typename Traits::Class;
  using Value = typename Traits::Value;
  using Arguments = typename Traits::Arguments;
  static constexpr bool is_method = HostResource<Class>;
  static constexpr bool is_task = Traits::is_task;
  using Frame = std::conditional_t<is_task, TaskFrame<Value>, Outcome<Value>>;

  // A method's self comes first, as a borrow.
  template <typename T>
  struct WithSelf;
  template <typename... Ts>
  struct WithSelf<std::tuple<Ts...>> {
    using type = std::tuple<Borrow<Class>, Ts...>;
  };
  using Lifted = std::conditional_t<is_method, typename WithSelf<Arguments>::type, Arguments>;

  static std::string signature(std::string_view parameters) {
    std::string out = "func(";
    if constexpr (is_method) {
      out += "self: ";
      Abi<Borrow<Class>>::append_text(out);
      if constexpr (std::tuple_size_v<Arguments> > 0) out += ", ";
    }
    append_parameters(out, parameters, std::type_identity<Arguments>());
    out += ')';
    append_result<Value>(out);
    return out;
  }

  static typename Traits::Return invoke(const BoundFunction& bound, Lift& cx, Lifted& lifted) {
    if constexpr (is_method) {
      return Traits::template call<Method, 1>(std::get<0>(lifted).get(), lifted);
    } else {
      void* host = bound.binding.access(bound.binding.context, cx.context().state);
      return Traits::template call<Method, 0>(*static_cast<Class*>(host), lifted);
    }
  }

  static Lifted lift([[maybe_unused]] Lift& cx) {
    if constexpr (std::tuple_size_v<Lifted> == 0) {
      return {};
    } else {
      return lift_value<Lifted>(cx);
    }
  }

  // Lifts and calls; the outcome (or the task) is left in the frame.
  static bool start(const BoundFunction& bound, Lift& cx, Frame& frame) {
    Lifted lifted = lift(cx);
    if (!cx.ok()) return false;
    if constexpr (is_task) {
      frame.bound = &bound;
      frame.task.emplace(invoke(bound, cx, lifted));
    } else if constexpr (std::is_void_v<Value>) {
      invoke(bound, cx, lifted);
    } else {
      frame.value.emplace(invoke(bound, cx, lifted));
    }
    return true;
  }

  static capstan_status enter(void* self, capstan_lift* call, void* storage,
                              const capstan_waker* waker, capstan_error** error_out) noexcept {
    auto* bound = static_cast<const BoundFunction*>(self);
    auto* frame = new (storage) Frame();
    try {
      Lift cx(*call);
      if (!start(*bound, cx, *frame)) {
        *error_out = cx.release();
        return CAPSTAN_FAILED;
      }
    } catch (...) {
      *error_out = error_from_exception(bound);
      return CAPSTAN_FAILED;
    }
    if constexpr (is_task) return poll(storage, waker, error_out);
    return CAPSTAN_READY;
  }

  static capstan_status poll(void* storage, const capstan_waker* waker,
                             capstan_error** error_out) noexcept;

  static capstan_error* lower(void* storage, capstan_lower* call) noexcept {
    if constexpr (std::is_void_v<Value>) {
      return nullptr;
    } else {
      try {
        Lower cx(*call);
        lower_value<Value>(cx, *static_cast<Frame*>(storage)->value);
        return cx.release();
      } catch (...) {
        return error_from_exception(nullptr);
      }
    }
  }

  static void drop(void* storage) noexcept { static_cast<Frame*>(storage)->~Frame(); }

  // Whether a call needs no frame: nothing, or one number, goes back at once.
  static constexpr bool is_direct =
      !is_task && (std::is_void_v<Value> || std::is_arithmetic_v<Value> || std::is_enum_v<Value>);

  // All steps in one.
  static capstan_status direct(void* self, capstan_lift* call, std::uint64_t* word_out,
                               capstan_error** error_out) noexcept {
    auto* bound = static_cast<const BoundFunction*>(self);
    try {
      Lift cx(*call);
      Lifted lifted = lift(cx);
      if (!cx.ok()) {
        *error_out = cx.release();
      } else if constexpr (std::is_void_v<Value>) {
        invoke(*bound, cx, lifted);
      } else {
        const Value value = invoke(*bound, cx, lifted);
        // Numbers use nothing of it.
        capstan_lower nowhere{};
        Lower out(nowhere);
        Abi<Value>::lower_flat(out, value, word_out);
        *error_out = out.release();
      }
    } catch (...) {
      *error_out = error_from_exception(bound);
    }
    return *error_out == nullptr ? CAPSTAN_READY : CAPSTAN_FAILED;
  }

  static constexpr auto direct_step() -> decltype(FunctionShape::direct) {
    if constexpr (is_direct) {
      return &direct;
    } else {
      return nullptr;
    }
  }
};

// The engine's waker as a Waker; valid after the call that received it.
[[nodiscard]] Waker adopt_waker(const capstan_waker* waker);

template <auto Method, typename Pointer>
capstan_status Steps<Method, Pointer>::poll(void* storage, const capstan_waker* waker,
                                            capstan_error** error_out) noexcept {
  if constexpr (is_task) {
    auto* frame = static_cast<Frame*>(storage);
    try {
      if (!frame->task->done() && !frame->task->poll(adopt_waker(waker))) return CAPSTAN_PENDING;
      if constexpr (std::is_void_v<Value>) {
        frame->task->take();
      } else {
        frame->value.emplace(frame->task->take());
      }
      return CAPSTAN_READY;
    } catch (...) {
      *error_out = error_from_exception(frame->bound);
      return CAPSTAN_FAILED;
    }
  } else {
    return CAPSTAN_READY;
  }
}

}  // namespace detail

// Describes one function. For generated code; see the top of this file.
template <auto Method, typename Pointer = decltype(Method)>
constexpr FunctionShape function(std::string_view name, std::string_view parameters = "") {
  using Steps = detail::Steps<Method>;
  using Frame = typename Steps::Frame;
  static_assert(alignof(Frame) <= 64);
  return {name,
          parameters,
          &Steps::signature,
          Steps::is_task ? std::uint32_t{CAPSTAN_MAY_SUSPEND} : 0u,
          sizeof(Frame),
          alignof(Frame),
          &Steps::enter,
          &Steps::poll,
          &Steps::lower,
          &Steps::drop,
          Steps::direct_step()};
}

// One call of an export: arguments on the way in, the result on the way out. R may be void.
template <typename R, typename... A>
class ExportCall {
 public:
  explicit ExportCall(A&... arguments) : arguments_(arguments...) {}

  [[nodiscard]] capstan_call_values values() { return {&lower, &lift, this}; }

  // After the call succeeded.
  R take() {
    if constexpr (!std::is_void_v<R>) return *std::move(outcome_.value);
  }

  // The canonical text of such a function.
  static std::string signature(std::string_view parameters) {
    std::string out = "func(";
    detail::append_parameters(out, parameters, std::type_identity<std::tuple<A...>>());
    out += ')';
    detail::append_result<R>(out);
    return out;
  }

 private:
  static capstan_error* lower(void* context, capstan_lower* call) noexcept {
    if constexpr (sizeof...(A) == 0) {
      return nullptr;
    } else {
      try {
        Lower cx(*call);
        detail::lower_value<std::tuple<A...>>(cx, static_cast<ExportCall*>(context)->arguments_);
        return cx.release();
      } catch (...) {
        return detail::error_from_exception(nullptr);
      }
    }
  }
  static capstan_error* lift(void* context, capstan_lift* call) noexcept {
    if constexpr (std::is_void_v<R>) {
      return nullptr;
    } else {
      try {
        Lift cx(*call);
        static_cast<ExportCall*>(context)->outcome_.value.emplace(detail::lift_value<R>(cx));
        return cx.release();
      } catch (...) {
        return detail::error_from_exception(nullptr);
      }
    }
  }

  std::tuple<A&...> arguments_;
  detail::Outcome<R> outcome_;
};

}  // namespace capstan::abi
