#include <capstan/capability/config/bind.h>

#include "config_dialects.h"

#include <tuple>
#include <utility>

namespace capstan::config {
namespace {

namespace current = wit::wasi::config_0_2_0_rc_1::store;
namespace draft = wit::wasi::config_0_2_0_draft::store;
namespace first = wit::wasi::config_0_2_0_draft::runtime;

// The interfaces differ in nothing but their names. `WitError` is the error in the WIT's own type.
template <typename Host, typename WitError>
class WasiConfig final : public Host {
 public:
  // `source` is shared with the other versions.
  explicit WasiConfig(std::shared_ptr<Source> source) : source_(std::move(source)) {}

  std::expected<std::optional<std::string>, WitError> get(std::string_view key) override {
    auto value = source_->get(key);
    if (!value) return std::unexpected(translate(std::move(value).error()));
    return *std::move(value);
  }

  std::expected<std::vector<std::tuple<std::string, std::string>>, WitError> get_all() override {
    auto all = source_->all();
    if (!all) return std::unexpected(translate(std::move(all).error()));
    std::vector<std::tuple<std::string, std::string>> listed;
    for (auto& [key, value] : *all) listed.emplace_back(std::move(key), std::move(value));
    return listed;
  }

 private:
  static WitError translate(Error error) {
    if (error.kind == ErrorKind::upstream) return WitError::upstream(std::move(error.message));
    return WitError::io(std::move(error.message));
  }

  std::shared_ptr<Source> source_;
};

template <typename Host, typename WitError>
Result<void> bind_version(LinkerBase& linker, const host::InterfaceShape& shape,
                          const std::shared_ptr<Source>& source) {
  return linker.add(shape,
                    host::serve_shared<Host>(std::make_shared<WasiConfig<Host, WitError>>(source)));
}

}  // namespace

Result<void> bind(LinkerBase& linker, const std::shared_ptr<Source>& source) {
  CAPSTAN_TRY_VOID(bind_version<current::Host, current::Error>(linker, current::shape, source));
  CAPSTAN_TRY_VOID(bind_version<draft::Host, draft::Error>(linker, draft::shape, source));
  return bind_version<first::Host, first::ConfigError>(linker, first::shape, source);
}

}  // namespace capstan::config
