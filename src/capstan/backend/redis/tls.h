// TLS for connections: certificates, and what was wrong with them.
//
// Threads: a Tls may make sessions on any thread; a session belongs to its connection.
#pragma once

#include <capstan/backend/redis/redis.h>
#include <capstan/base/result.h>

#include <memory>
#include <string>

struct ssl_ctx_st;
struct ssl_st;

namespace capstan::redis {

class Tls {
 public:
  // Reads the certificates. The server's must be valid for `host`, unless options say otherwise.
  [[nodiscard]] static Result<std::unique_ptr<Tls>> load(const Options::Tls& options,
                                                         const std::string& host);
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;
  ~Tls();

  // For one connection, whose owner it becomes; null when memory is short.
  [[nodiscard]] ssl_st* make_session() const;
  // Why a handshake failed; empty when certificates were not the reason.
  [[nodiscard]] static std::string why_refused(const ssl_st* session);
  // Forgets errors of other connections on this thread: what follows is about one.
  static void forget_errors();

 private:
  Tls(ssl_ctx_st* context, std::string host, bool insecure);

  ssl_ctx_st* context_;
  std::string host_;
  bool insecure_;
};

}  // namespace capstan::redis
