#include <capstan/capability/messaging/guest_message.h>

#include <utility>

namespace capstan::messaging {
namespace {

// What an entry of metadata takes beside its texts.
constexpr std::size_t entry_overhead_bytes = 64;

}  // namespace

types::Error to_wit(const Error& error) {
  switch (error.kind) {
    case ErrorKind::timeout:
      return types::Error::timeout();
    case ErrorKind::connection:
      return types::Error::connection(error.message);
    case ErrorKind::permission_denied:
      return types::Error::permission_denied(error.message);
    case ErrorKind::other:
      break;
  }
  return types::Error::other(error.message);
}

Error from_wit(const types::Error& error) {
  using Case = types::Error::Case;
  switch (error.which()) {
    case Case::timeout:
      return {ErrorKind::timeout, "timeout"};
    case Case::connection:
      return {ErrorKind::connection, error.get<Case::connection>()};
    case Case::permission_denied:
      return {ErrorKind::permission_denied, error.get<Case::permission_denied>()};
    case Case::other:
      break;
  }
  return {ErrorKind::other, error.get<Case::other>()};
}

GuestMessage::GuestMessage(std::shared_ptr<Budget> budget, std::span<const std::uint8_t> data)
    : budget_(std::move(budget)) {
  set_data(data);
}

GuestMessage::~GuestMessage() { budget_->give_back(charged_); }

// What is overwritten later stays charged until the message ends: simple, and on the safe side.
bool GuestMessage::charge(std::size_t bytes) {
  if (budget_->take(static_cast<std::int64_t>(bytes))) {
    charged_ += static_cast<std::int64_t>(bytes);
    return true;
  }
  incomplete_ = true;
  return false;
}

std::optional<types::Topic> GuestMessage::topic() {
  if (message_.topic.empty()) return std::nullopt;
  return message_.topic;
}

void GuestMessage::set_content_type(std::string_view content_type) {
  if (charge(content_type.size())) message_.content_type = content_type;
}

void GuestMessage::set_data(std::span<const std::uint8_t> data) {
  if (charge(data.size())) message_.data = Bytes::copy_of(data);
}

std::optional<types::Metadata> GuestMessage::metadata() {
  if (message_.metadata.empty()) return std::nullopt;
  return types::Metadata(message_.metadata.begin(), message_.metadata.end());
}

void GuestMessage::add_metadata(std::string_view key, std::string_view value) {
  if (charge(entry_overhead_bytes + key.size() + value.size()))
    message_.metadata.emplace_back(key, value);
}

void GuestMessage::set_metadata(types::Metadata metadata) {
  message_.metadata.clear();
  for (auto& [key, value] : metadata) add_metadata(key, value);
}

void GuestMessage::remove_metadata(std::string_view key) {
  std::erase_if(message_.metadata, [&](const auto& entry) { return entry.first == key; });
}

Outcome<messaging::Message> GuestMessage::to_send() const {
  if (incomplete_)
    return fail(ErrorKind::other,
                "the messages of this component hold too much memory: a part of this one was not "
                "kept");
  return message_;
}

}  // namespace capstan::messaging
