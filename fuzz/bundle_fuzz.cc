// The parts of a bundle that come from outside: manifests, and tables with wrong sizes and counts.
//
// The first byte chooses. Pointers in tables are NULL or right: native code can always lie about
// those.
#include <capstan/bundle/manifest.h>
#include <capstan/bundle/tables.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace {

using namespace capstan;

// Numbers for fields, taken from the input; zero when it is used up.
class Numbers {
 public:
  Numbers(const std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}
  std::uint64_t next() {
    if (size_ == 0) return 0;
    const std::uint8_t byte = *data_++;
    --size_;
    // Mostly what is near to right, sometimes an edge.
    if (byte < 250) return byte;
    return byte < 253 ? ~std::uint64_t{0} >> (byte - 250) * 16 : std::uint64_t{1} << (byte - 226);
  }
  bool flag() { return (next() & 7) != 0; }

 private:
  const std::uint8_t* data_;
  std::size_t size_;
};

std::size_t size_near(Numbers& numbers, std::size_t right) {
  const std::uint64_t number = numbers.next();
  return number < 128 ? right : static_cast<std::size_t>(right + number - 192);
}

capstan_text text_of(Numbers& numbers, std::string_view text) {
  return {numbers.flag() ? text.data() : nullptr,
          numbers.flag() ? text.size() : static_cast<std::size_t>(numbers.next()) % text.size()};
}

capstan_status enter(void*, capstan_lift*, void*, const capstan_waker*, capstan_error**) noexcept {
  return CAPSTAN_READY;
}
capstan_status poll(void*, const capstan_waker*, capstan_error**) noexcept { return CAPSTAN_READY; }
capstan_error* lower(void*, capstan_lower*) noexcept { return nullptr; }
void drop(void*) noexcept {}
void destroy(void*, void*, std::uint32_t) noexcept {}

void read_random_tables(Numbers numbers) {
  const capstan_function function = {.struct_size = size_near(numbers, sizeof(capstan_function)),
                                     .name = text_of(numbers, "[method]bucket.get"),
                                     .signature = text_of(numbers, "func(a: u32) -> string"),
                                     .flags = static_cast<std::uint32_t>(numbers.next()),
                                     .frame_bytes = static_cast<std::uint32_t>(numbers.next()),
                                     .frame_align = static_cast<std::uint32_t>(numbers.next()),
                                     .enter = numbers.flag() ? &enter : nullptr,
                                     .poll = numbers.flag() ? &poll : nullptr,
                                     .lower = numbers.flag() ? &lower : nullptr,
                                     .drop = numbers.flag() ? &drop : nullptr,
                                     .self = nullptr,
                                     .direct = nullptr};
  const capstan_resource resource = {.struct_size = size_near(numbers, sizeof(capstan_resource)),
                                     .name = text_of(numbers, "bucket"),
                                     .id = static_cast<std::uint32_t>(numbers.next()),
                                     .destroy = numbers.flag() ? &destroy : nullptr,
                                     .self = nullptr};
  const capstan_function* functions[] = {&function, numbers.flag() ? &function : nullptr};
  const capstan_resource* resources[] = {&resource, numbers.flag() ? &resource : nullptr};
  // Counts within the lists, or beyond every limit.
  const auto count = [&] {
    const std::uint64_t number = numbers.next();
    return static_cast<std::size_t>(number < 250 ? number % 3 : number << 8);
  };
  const capstan_interface interface = {.struct_size = size_near(numbers, sizeof(capstan_interface)),
                                       .import_name = text_of(numbers, "a:b/c@1.0.0"),
                                       .functions = numbers.flag() ? functions : nullptr,
                                       .function_count = count(),
                                       .resources = numbers.flag() ? resources : nullptr,
                                       .resource_count = count()};
  const capstan_interface* interfaces[] = {&interface, &interface};
  const capstan_bundle bundle = {.struct_size = size_near(numbers, sizeof(capstan_bundle)),
                                 .abi_major = numbers.flag() ? 1u : 2u,
                                 .abi_minor = numbers.flag() ? 0u : 9u,
                                 .interfaces = numbers.flag() ? interfaces : nullptr,
                                 .interface_count = count(),
                                 .self = nullptr,
                                 .store_new = nullptr,
                                 .store_delete = nullptr,
                                 .stop = nullptr};
  const auto tables = bundle::read_tables(&bundle);
  if (!tables) {
    if (tables.error().message().empty()) std::abort();
    return;
  }
  // What is accepted is safe to use.
  for (const auto& one : tables->interfaces)
    for (const auto& accepted : one.functions) {
      const capstan_function& table = accepted.table;
      const bool usable = table.enter != nullptr && table.lower != nullptr &&
                          table.drop != nullptr && table.frame_align != 0 &&
                          table.frame_align <= 64 && table.struct_size == sizeof table &&
                          ((table.flags & CAPSTAN_MAY_SUSPEND) == 0 || table.poll != nullptr);
      if (!usable) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 3) {
    case 0:
      (void)bundle::parse_manifest(text, "/nowhere");
      break;
    case 1:
      (void)bundle::parse_hosts(text, "/nowhere");
      break;
    default:
      read_random_tables(Numbers(data + 1, size - 1));
  }
  return 0;
}
