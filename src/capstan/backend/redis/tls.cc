#include <capstan/backend/redis/tls.h>

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <array>
#include <utility>

namespace capstan::redis {
namespace {

using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return reason == nullptr ? "no reason given" : reason;
}

std::unexpected<Error> unusable(std::string_view what, const std::string& file) {
  return fail(ErrorCode::io,
              fmt::format("{} '{}' cannot be used: {}", what, file, openssl_reason()));
}

bool is_numeric(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> address{};
  return ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

Result<void> read_files(SSL_CTX* context, const Options::Tls& options) {
  if (options.ca_file.empty()) {
    SSL_CTX_set_default_verify_paths(context);
  } else if (SSL_CTX_load_verify_locations(context, options.ca_file.c_str(), nullptr) != 1) {
    return unusable("the certificates of authorities in", options.ca_file);
  }
  if (options.certificate_file.empty()) return {};
  if (SSL_CTX_use_certificate_chain_file(context, options.certificate_file.c_str()) != 1)
    return unusable("the certificate", options.certificate_file);
  if (SSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return unusable("the private key", options.key_file);
  return {};
}

}  // namespace

Tls::Tls(ssl_ctx_st* context, std::string host, bool insecure)
    : context_(context), host_(std::move(host)), insecure_(insecure) {}

Tls::~Tls() { SSL_CTX_free(context_); }

Result<std::unique_ptr<Tls>> Tls::load(const Options::Tls& options, const std::string& host) {
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  if (context == nullptr)
    return fail(ErrorCode::io, fmt::format("TLS cannot be used: {}", openssl_reason()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), options.insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  CAPSTAN_TRY_VOID(read_files(context.get(), options));
  return std::unique_ptr<Tls>(new Tls(context.release(), host, options.insecure));
}

ssl_st* Tls::make_session() const {
  std::unique_ptr<SSL, decltype(&SSL_free)> session(SSL_new(context_), &SSL_free);
  if (session == nullptr) return nullptr;
  const bool numeric = is_numeric(host_);
  // The name that the server should answer for; an address has no place there.
  if (!numeric && SSL_set_tlsext_host_name(session.get(), host_.c_str()) != 1) return nullptr;
  if (insecure_) return session.release();
  SSL_set_hostflags(session.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const int named =
      numeric ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session.get()), host_.c_str())
              : SSL_set1_host(session.get(), host_.c_str());
  return named == 1 ? session.release() : nullptr;
}

std::string Tls::why_refused(const ssl_st* session) {
  const long result = session == nullptr ? X509_V_OK : SSL_get_verify_result(session);
  if (result != X509_V_OK)
    return fmt::format("its certificate is not accepted: {}",
                       X509_verify_cert_error_string(result));
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? std::string() : fmt::format("TLS failed: {}", reason);
}

void Tls::forget_errors() { ERR_clear_error(); }

}  // namespace capstan::redis
