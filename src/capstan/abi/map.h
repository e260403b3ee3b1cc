// map<K, V>, which travels as list<tuple<K, V>>.
#pragma once

#include <capstan/abi/composite.h>
#include <capstan/abi/list.h>

#include <map>
#include <tuple>

namespace capstan::abi {

// Of two entries with the same key the later one counts.
template <typename K, typename V>
struct Abi<std::map<K, V>> : ListAbi<Abi<std::map<K, V>>, std::tuple<K, V>, std::map<K, V>> {
  using Entry = Abi<std::tuple<K, V>>;

  static void append_text(std::string& out) {
    out += "map<";
    Abi<K>::append_text(out);
    out += ", ";
    Abi<V>::append_text(out);
    out += '>';
  }
  static std::map<K, V> read(Lift& cx, const ListRange& range) {
    std::map<K, V> values;
    // A node of the tree has three pointers and a colour besides its entry.
    constexpr std::size_t node_bytes =
        sizeof(typename std::map<K, V>::value_type) + 4 * sizeof(void*);
    if (!cx.consume(range.count, node_bytes)) return values;
    for (std::uint32_t i = 0; i < range.count && cx.ok(); ++i) {
      auto [key, value] = Entry::load(cx, range.offset + i * Entry::size);
      values.insert_or_assign(std::move(key), std::move(value));
    }
    return values;
  }
  template <typename Values>
  static ListRange write(Lower& cx, Values& values) {
    const ListRange range = allocate_list(cx, values.size(), Entry::size, Entry::align);
    std::uint32_t at = range.offset;
    for (auto& [key, value] : values) {
      if (!cx.ok()) break;
      Entry::store(cx, std::tie(key, value), at);
      at += Entry::size;
    }
    return range;
  }
};

}  // namespace capstan::abi
