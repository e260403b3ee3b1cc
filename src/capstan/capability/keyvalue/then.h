// then(task, f): what f makes of the task's result. A finished task costs no coroutine.
#pragma once

#include <capstan/base/task.h>

#include <type_traits>
#include <utility>

namespace capstan::keyvalue {

// A coroutine's frame holds `f`, whose type has no name outside of its file.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsubobject-linkage"

namespace detail {
template <typename T, typename F, typename U>
Task<U> later(Task<T> task, F f) {
  T value = co_await std::move(task);
  co_return f(std::move(value));
}
}  // namespace detail

#pragma GCC diagnostic pop

// `f` owns all it needs: it may be called after whoever called this has returned.
template <typename T, typename F, typename U = std::invoke_result_t<F, T>>
Task<U> then(Task<T> task, F f) {
  if (task.done()) [[likely]]
    return f(task.take());
  return detail::later<T, F, U>(std::move(task), std::move(f));
}

}  // namespace capstan::keyvalue
