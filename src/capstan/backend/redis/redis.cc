#include <capstan/backend/redis/redis.h>

#include <capstan/backend/redis/bucket.h>
#include <capstan/backend/redis/client.h>

#include <utility>

namespace capstan::redis {
namespace {

class Store final : public keyvalue::Store {
 public:
  explicit Store(std::shared_ptr<Client> client) : shared_(std::make_shared<Shared>()) {
    shared_->client = std::move(client);
  }
  Task<keyvalue::Outcome<std::shared_ptr<keyvalue::Bucket>>> open(std::string name) override {
    return keyvalue::Outcome<std::shared_ptr<keyvalue::Bucket>>(make_bucket(shared_, name));
  }
  [[nodiscard]] bool suspends() const override { return true; }

 private:
  std::shared_ptr<Shared> shared_;  // with the buckets
};

}  // namespace

Result<std::shared_ptr<keyvalue::Store>> connect_with(const Options& options) {
  CAPSTAN_TRY(std::shared_ptr<Client> client, Client::start(options));
  if (options.connect == Options::Connect::eager) {
    const auto answer = block_on(client->run(Command(service::Effect::none, 1).add("PING")));
    if (!answer) return fail(ErrorCode::io, answer.error().message);
  }
  return std::make_shared<Store>(std::move(client));
}

Result<std::shared_ptr<keyvalue::Store>> connect(const Url& url) {
  CAPSTAN_TRY(const Options options, options_from(url));
  auto store = connect_with(options);
  if (!store)
    return std::unexpected(std::move(store).error().with_context("'" + url.shown() + "'"));
  return store;
}

Result<std::shared_ptr<keyvalue::Store>> connect() {
  return connect(Url{.scheme = "redis", .rest = {}, .options = {}});
}

}  // namespace capstan::redis
