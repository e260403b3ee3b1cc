// A loaded bundle: its shared library, its tables, and the calls that reach it.
//
// One Library is one start of the bundle's entry point. It ends, and the library is unloaded, when
// the last of its owners goes: Bundle objects, linkers, prepared components, and stores that called
// it.
//
// Internal to src/capstan/bundle.
#pragma once

#include <capstan/abi/call.h>
#include <capstan/bundle/bundle.h>
#include <capstan/bundle/manifest.h>
#include <capstan/bundle/tables.h>
#include <capstan/bundle/wit.h>
#include <capstan/host/interface.h>

#include <deque>
#include <memory>
#include <string>

namespace capstan::bundle {

class Library : public std::enable_shared_from_this<Library> {
 public:
  // Loads, starts, and compares with the WIT.
  [[nodiscard]] static Result<std::shared_ptr<const Library>> load(Manifest manifest,
                                                                   std::vector<WitInterface> wit,
                                                                   Log log);
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;
  ~Library();

  [[nodiscard]] const Manifest& manifest() const { return manifest_; }
  [[nodiscard]] const std::vector<WitInterface>& interfaces() const { return wit_; }
  // The interface in the form a linker takes. It keeps this library alive.
  [[nodiscard]] host::RuntimeInterface runtime_interface(std::size_t index) const;

 private:
  struct StoreState;
  struct Function;
  struct Frame;
  struct Resource;

  Library(Manifest manifest, std::vector<WitInterface> wit, Log log);
  Result<void> run_entry(capstan_bundle_entry entry);
  void bind();
  StoreState* store_state(abi::StoreContext& context, capstan_error** error_out) const;

  // The steps of a call, as the engine calls them.
  static capstan_status enter(void* self, capstan_lift* call, void* storage,
                              const capstan_waker* waker, capstan_error** error_out) noexcept;
  static capstan_status poll(void* storage, const capstan_waker* waker,
                             capstan_error** error_out) noexcept;
  static capstan_error* lower(void* storage, capstan_lower* call) noexcept;
  static void drop(void* storage) noexcept;
  static capstan_status direct(void* self, capstan_lift* call, std::uint64_t* word_out,
                               capstan_error** error_out) noexcept;
  static void destroy(void* self, void* user, std::uint32_t rep) noexcept;

  static void write_log(void* context, capstan_log_level level, capstan_text message) noexcept;
  static bool config_get(void* context, capstan_text key, capstan_text* value_out) noexcept;

  Manifest manifest_;
  std::vector<WitInterface> wit_;
  Log log_;
  void* handle_ = nullptr;  // of dlopen
  capstan_bundle_host host_{};
  bool started_ = false;
  Tables tables_;
  std::vector<std::deque<Function>> functions_;  // by interface; stable addresses
  std::vector<std::deque<Resource>> resources_;
};

}  // namespace capstan::bundle
