// GuestMessage: a message that a component holds a handle to; internal to the bindings.
#pragma once

#include <capstan/capability/messaging/messaging.h>

#include "messaging_dialects.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace capstan::messaging {

namespace types = wit::wasi::messaging::types;

[[nodiscard]] types::Error to_wit(const Error& error);
[[nodiscard]] Error from_wit(const types::Error& error);

// How much the messages of one component may hold together.
class Budget {
 public:
  explicit Budget(std::uint64_t bytes_max) : left_(static_cast<std::int64_t>(bytes_max)) {}
  [[nodiscard]] bool take(std::int64_t bytes) {
    if (left_.fetch_sub(bytes, std::memory_order_relaxed) >= bytes) return true;
    give_back(bytes);
    return false;
  }
  void give_back(std::int64_t bytes) { left_.fetch_add(bytes, std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> left_;
};

class GuestMessage final : public types::Message {
 public:
  // One that the component makes. The budget is shared by all of its messages.
  GuestMessage(std::shared_ptr<Budget> budget, std::span<const std::uint8_t> data);
  // One that came, with the connection over which it is answered; what the component adds has a
  // budget of its own.
  GuestMessage(messaging::Message message, std::shared_ptr<Client> client)
      : budget_(std::make_shared<Budget>(added_bytes_max)),
        message_(std::move(message)),
        client_(std::move(client)) {}
  GuestMessage(const GuestMessage&) = delete;
  GuestMessage& operator=(const GuestMessage&) = delete;
  ~GuestMessage() override;

  std::optional<types::Topic> topic() override;
  std::optional<std::string> content_type() override { return message_.content_type; }
  void set_content_type(std::string_view content_type) override;
  capstan::Bytes data() override { return message_.data; }
  void set_data(std::span<const std::uint8_t> data) override;
  std::optional<types::Metadata> metadata() override;
  void add_metadata(std::string_view key, std::string_view value) override;
  void set_metadata(types::Metadata metadata) override;
  void remove_metadata(std::string_view key) override;

  // What is sent, or why it cannot be: a part of it was too large to keep.
  [[nodiscard]] Outcome<messaging::Message> to_send() const;
  [[nodiscard]] const messaging::Message& message() const { return message_; }
  // The connection it came over; none for a message the component made.
  [[nodiscard]] const std::shared_ptr<Client>& client() const { return client_; }

 private:
  static constexpr std::uint64_t added_bytes_max = std::uint64_t{16} << 20;

  bool charge(std::size_t bytes);

  std::shared_ptr<Budget> budget_;
  std::int64_t charged_ = 0;
  bool incomplete_ = false;
  messaging::Message message_;
  std::shared_ptr<Client> client_;  // shared with other messages of the subscription
};

}  // namespace capstan::messaging
