#include <capstan/abi/handle.h>

#include <fmt/format.h>

namespace capstan::abi {

void HandleTable::destroy_all() {
  give_back(0);
  // Destructors may insert and destroy others.
  while (newest_ != 0) destroy(newest_);
}

std::uint32_t HandleTable::insert(Slot slot) {
  if (used_ >= handles_max_ || slot.object == nullptr) return 0;
  std::uint32_t rep = first_free_;
  if (rep != 0) {
    first_free_ = slots_[rep - 1].resource;
    slots_[rep - 1] = slot;
  } else {
    slots_.push_back(slot);
    rep = static_cast<std::uint32_t>(slots_.size());
  }
  slots_[rep - 1].older = newest_;
  if (newest_ != 0) slots_[newest_ - 1].newer = rep;
  newest_ = rep;
  ++used_;
  return rep;
}

void* HandleTable::find(std::uint32_t rep, std::uint32_t resource) const {
  if (rep == 0 || rep > slots_.size()) return nullptr;
  const Slot& slot = slots_[rep - 1];
  return slot.resource == resource ? slot.object : nullptr;
}

void HandleTable::release(std::uint32_t rep) {
  Slot& slot = slots_[rep - 1];
  if (slot.older != 0) slots_[slot.older - 1].newer = slot.newer;
  (slot.newer != 0 ? slots_[slot.newer - 1].older : newest_) = slot.older;
  slot = Slot{nullptr, nullptr, first_free_};
  first_free_ = rep;
  --used_;
}

void HandleTable::destroy(std::uint32_t rep) {
  if (rep == 0 || rep > slots_.size() || slots_[rep - 1].destroy == nullptr) return;
  const Slot slot = slots_[rep - 1];
  release(rep);  // first: the destructor may use this table
  slot.destroy(slot.object);
}

void HandleTable::give_back(std::size_t mark) {
  while (lent_.size() > mark) {
    release(lent_.back());
    lent_.pop_back();
  }
}

void no_such_handle(Lift& cx, std::string_view resource) {
  cx.fail(fmt::format("the guest's handle refers to no {} of this host", resource));
}

void table_full(Lower& cx, std::string_view resource) {
  cx.fail(fmt::format("the guest holds {} resource handles, the limit; no room for another {}",
                      cx.context().handles->handles_max(), resource),
          CAPSTAN_ERROR_LIMIT);
}

}  // namespace capstan::abi
