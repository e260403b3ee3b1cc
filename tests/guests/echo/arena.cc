// The echo guest's memory: allocations follow each other, and the first `free` gives all of them
// back.
//
// That is right here because only the generated post-return functions free, and by then nothing of
// the call is needed any more; it spares the guest from freeing its arguments type by type. Memory
// grows by what is missing and no more, so it moves often: hosts must cope with that.

#include <cstddef>
#include <cstdint>
#include <cstring>

extern "C" std::uint8_t __heap_base;

namespace {

constexpr std::size_t page_bytes = 65536;

std::uintptr_t next = 0;  // 0 before the first allocation

void* allocate(std::size_t alignment, std::size_t size) {
  if (next == 0) {
    next = reinterpret_cast<std::uintptr_t>(&__heap_base);
  }
  const std::uintptr_t begin = (next + alignment - 1) / alignment * alignment;
  const std::uintptr_t end = begin + size;
  const std::uintptr_t have = __builtin_wasm_memory_size(0) * page_bytes;
  if (end < begin) {
    __builtin_trap();
  }
  if (end > have) {
    const std::size_t pages = (end - have + page_bytes - 1) / page_bytes;
    if (__builtin_wasm_memory_grow(0, pages) == SIZE_MAX) {
      __builtin_trap();
    }
  }
  next = end;
  return reinterpret_cast<void*>(begin);
}

}  // namespace

extern "C" {

void free(void*) { next = 0; }

void* malloc(std::size_t size) { return allocate(alignof(std::max_align_t), size); }

void* aligned_alloc(std::size_t alignment, std::size_t size) { return allocate(alignment, size); }

// Named by the generated code, but not called: that is `cabi_realloc`, which knows the old size.
void* realloc(void*, std::size_t) { __builtin_trap(); }

// Replaces the generated one, which is weak.
__attribute__((__export_name__("cabi_realloc"))) void* cabi_realloc(void* old, std::size_t old_size,
                                                                    std::size_t alignment,
                                                                    std::size_t new_size) {
  if (new_size == 0) {
    return reinterpret_cast<void*>(alignment);
  }
  void* fresh = allocate(alignment, new_size);
  if (old_size != 0) {
    std::memcpy(fresh, old, old_size < new_size ? old_size : new_size);
  }
  return fresh;
}

}  // extern "C"
