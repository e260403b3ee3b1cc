#include <capstan/capability/messaging/handler.h>

#include <capstan/capability/messaging/guest_message.h>

#include <algorithm>
#include <utility>

namespace capstan::messaging {

bool exports_handler(const Component& component) {
  return std::ranges::any_of(component.exports(), [](const ComponentItem& item) {
    return item.interface_name == handler_interface && item.name == "handle";
  });
}

Task<Result<Outcome<void>>> handle(Instance instance, std::shared_ptr<Client> client,
                                   Message message) {
  auto world = wit::capstan_::host::MessagingDialects::bind(std::move(instance));
  if (!world) co_return std::unexpected(std::move(world).error());
  std::unique_ptr<types::Message> held =
      std::make_unique<GuestMessage>(std::move(message), std::move(client));
  const auto handler = world->incoming_handler();
  Task<Result<std::expected<void, types::Error>>> calling = handler.handle_async(std::move(held));
  const Result<std::expected<void, types::Error>> called = co_await std::move(calling);
  if (!called) co_return std::unexpected(called.error());
  Outcome<void> answer;
  if (!*called) answer = std::unexpected(from_wit(called->error()));
  co_return answer;
}

}  // namespace capstan::messaging
