// The rows of a result: names once, values side by side.
//
//   for (std::size_t row = 0; row < rows.size(); ++row)
//     use(rows.names()[0], rows.value(row, 0));
//
// A cell is 16 bytes, whatever it holds; texts and bytes of all cells lie in one block. So a result
// of a thousand rows is three allocations, and is written to a guest without being taken apart.
#pragma once

#include <capstan/capability/sql/value.h>

#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace capstan::sql {

class Rows {
 public:
  using Names = std::vector<std::string>;

  struct Cell {
    Type type = Type::int32;
    bool null = true;
    std::uint32_t size = 0;  // of a text or bytes
    std::uint64_t bits = 0;  // the number, or where the text begins
  };

  Rows() : Rows(std::make_shared<const Names>()) {}
  // The names are shared with the prepared statement and its other results.
  explicit Rows(std::shared_ptr<const Names> names) : names_(std::move(names)) {}

  // Names of the columns; they need be neither different nor there.
  [[nodiscard]] const Names& names() const { return *names_; }
  [[nodiscard]] std::size_t columns() const { return names_->size(); }
  [[nodiscard]] std::size_t size() const {
    return names_->empty() ? 0 : cells_.size() / names_->size();
  }
  [[nodiscard]] const Cell& cell(std::size_t row, std::size_t column) const {
    return cells_[row * names_->size() + column];
  }
  // Of a cell that is a text, bytes, a date, a time or a timestamp.
  [[nodiscard]] std::string_view text(const Cell& cell) const {
    return std::string_view(block_).substr(cell.bits, cell.size);
  }
  [[nodiscard]] Value value(std::size_t row, std::size_t column) const;

  [[nodiscard]] std::size_t text_bytes() const { return block_.size(); }
  // What the values take in memory.
  [[nodiscard]] std::uint64_t bytes() const { return cells_.size() * sizeof(Cell) + block_.size(); }

  // For backends: the next cell, row by row from left to right.
  void add_null(Type type) { cells_.push_back({.type = type}); }
  // int32, int64, uint32, uint64 and boolean as the 64 bits of their value.
  void add_whole(Type type, std::uint64_t bits) {
    cells_.push_back({.type = type, .null = false, .bits = bits});
  }
  void add_float(float value) { add_whole(Type::float_, std::bit_cast<std::uint32_t>(value)); }
  void add_double(double value) { add_whole(Type::double_, std::bit_cast<std::uint64_t>(value)); }
  // `text` has less than 4 GiB.
  void add_text(Type type, std::string_view text) {
    cells_.push_back({.type = type,
                      .null = false,
                      .size = static_cast<std::uint32_t>(text.size()),
                      .bits = block_.size()});
    block_.append(text);
  }
  void reserve(std::size_t cells, std::size_t bytes) {
    cells_.reserve(cells);
    block_.reserve(bytes);
  }

 private:
  std::shared_ptr<const Names> names_;
  std::vector<Cell> cells_;
  std::string block_;
};

}  // namespace capstan::sql
