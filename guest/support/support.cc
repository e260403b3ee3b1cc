// Linked into every C++ guest: memory and failure without WASI.
//
// libc++ reports what goes wrong by writing to stderr, which would make every C++ guest import the
// file system. A guest that runs out of memory, or breaks a precondition of the library, traps
// instead; the host's backtrace then names the function below.

#include <cstddef>
#include <cstdlib>
#include <new>

#include <__verbose_abort>

namespace {

[[noreturn]] void out_of_memory() { __builtin_trap(); }

void* allocate(std::size_t size) {
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) {
    out_of_memory();
  }
  return memory;
}

void* allocate_aligned(std::size_t size, std::align_val_t alignment) {
  const auto step = static_cast<std::size_t>(alignment);
  void* memory = std::aligned_alloc(step, (size + step - 1) / step * step);
  if (memory == nullptr) {
    out_of_memory();
  }
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return allocate_aligned(size, alignment);
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return allocate_aligned(size, alignment);
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

// libc++'s hook for "this cannot go on"; the default prints. Since version 20 it is noexcept.
#if _LIBCPP_VERSION >= 200000
void std::__libcpp_verbose_abort(const char*, ...) noexcept { __builtin_trap(); }
#else
void std::__libcpp_verbose_abort(const char*, ...) { __builtin_trap(); }
#endif

// What a failed `assert` calls; the default prints.
extern "C" [[noreturn]] void __assert_fail(const char*, const char*, int, const char*) {
  __builtin_trap();
}
