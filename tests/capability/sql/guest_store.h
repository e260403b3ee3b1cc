// A database as a component sees it: a store whose statements go through a guest, which hands them
// to the store behind it with wasi:sql.
#pragma once

#include <capstan/capability/sql/bind.h>
#include <capstan/capability/sql/sql.h>

#include <memory>
#include <string>

namespace capstan::sql {

class GuestStore : public Store {
 public:
  // Makes the guest prepare statements until one is refused; why it was.
  virtual std::string hoard(const std::string& text) = 0;
};

// Each throws what keeps the guest from running.
namespace plain_guest {
std::shared_ptr<GuestStore> through(const char* component, std::shared_ptr<Store> behind,
                                    const BindOptions& options = {});
}
namespace formatted_guest {
std::shared_ptr<GuestStore> through(const char* component, std::shared_ptr<Store> behind,
                                    const BindOptions& options = {});
}
namespace async_guest {
std::shared_ptr<GuestStore> through(const char* component, std::shared_ptr<Store> behind,
                                    const BindOptions& options = {});
}

}  // namespace capstan::sql
