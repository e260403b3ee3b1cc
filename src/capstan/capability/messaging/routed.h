// A broker over others: which one a component's connection leads to, and with which topics.
#pragma once

#include <capstan/capability/messaging/messaging.h>
#include <capstan/capability/names.h>

#include <memory>
#include <string>
#include <vector>

namespace capstan::messaging {

// One of the brokers, and the application whose topics are meant; empty: those of all.
struct Route {
  std::shared_ptr<Broker> broker;  // shared with whoever else uses it
  std::string application;
};

// Number i of `routes` is backend number i of `names`. A name that is not allowed is a
// `permission_denied`.
[[nodiscard]] std::shared_ptr<Broker> make_routed_broker(
    std::shared_ptr<const capability::Names> names, std::vector<Route> routes);

}  // namespace capstan::messaging
