// The Redis backend over TLS, with certificates made for the occasion.
#include "redis_testing.h"

namespace capstan::services {
namespace {

// A folder with an authority, and certificates that it signed.
class Certificates {
 public:
  Certificates() {
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
             "-days", "2", "-subj", "/CN=authority", "-keyout", file("ca.key"), "-out",
             file("ca.crt")});
    sign("server", "subjectAltName=DNS:localhost,IP:127.0.0.1");
    sign("client", "subjectAltName=DNS:client");
    sign("other", "subjectAltName=DNS:elsewhere.example");
  }
  [[nodiscard]] const std::string& path() const { return folder_.path(); }
  [[nodiscard]] std::string file(const std::string& name) const {
    return folder_.path() + "/" + name;
  }
  // The server shows this one from now on.
  void serve(const std::string& name) const {
    for (const char* ending : {".crt", ".key"})
      (void)output_of({"cp", file(name + ending), file(std::string("server") + ending)});
  }

 private:
  static void openssl(std::vector<std::string> words) {
    words.insert(words.begin(), "openssl");
    (void)output_of(words);
  }
  void sign(const std::string& name, const std::string& names) {
    openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
             "/CN=" + name, "-addext", names, "-keyout", file(name + ".key"), "-out",
             file(name + ".csr")});
    openssl({"x509", "-req", "-in", file(name + ".csr"), "-CA", file("ca.crt"), "-CAkey",
             file("ca.key"), "-CAcreateserial", "-days", "2", "-copy_extensions", "copyall", "-out",
             file(name + ".crt")});
  }

  Folder folder_;
};

redis::Options with_tls(const RedisServer& server, const Certificates& certificates) {
  redis::Options options = at(server.port());
  options.tls.on = true;
  options.tls.ca_file = certificates.file("ca.crt");
  options.connect = redis::Options::Connect::eager;
  options.max_retries = 0;
  return options;
}

std::string refusal(const redis::Options& options) {
  const auto store = redis::connect_with(options);
  return store ? "accepted" : store.error().message();
}

TEST(RedisTls, ServesValuesOfEverySize) {
  const Certificates certificates;
  const RedisServer server({.certificates = certificates.path()});
  const auto bucket = open_bucket(with_tls(server, certificates));
  const std::string large(3'000'000, 'x');

  ASSERT_EQ(error_of(bucket->set("small", text("1"))), "");
  ASSERT_EQ(error_of(bucket->set("large", text(large))), "");

  EXPECT_EQ(got(bucket, "small"), "1");
  EXPECT_EQ(got(bucket, "large"), large);
}

TEST(RedisTls, AnAuthorityNobodyKnowsIsRefusedUnlessThatIsWanted) {
  const Certificates certificates;
  const RedisServer server({.certificates = certificates.path()});
  redis::Options options = with_tls(server, certificates);
  options.tls.ca_file.clear();

  EXPECT_NE(refusal(options).find("its certificate is not accepted: "), std::string::npos)
      << refusal(options);
  options.tls.insecure = true;
  EXPECT_EQ(refusal(options), "accepted");
}

TEST(RedisTls, ACertificateForAnotherHostIsRefused) {
  const Certificates certificates;
  certificates.serve("other");
  const RedisServer server({.certificates = certificates.path()});
  redis::Options options = with_tls(server, certificates);

  EXPECT_NE(refusal(options).find("its certificate is not accepted: IP address mismatch"),
            std::string::npos)
      << refusal(options);
  options.host = "localhost";
  EXPECT_NE(refusal(options).find("its certificate is not accepted: hostname mismatch"),
            std::string::npos)
      << refusal(options);
}

TEST(RedisTls, AServerMayWantACertificateOfOurs) {
  const Certificates certificates;
  const RedisServer server({.certificates = certificates.path(), .wants_client_certificate = true});
  redis::Options options = with_tls(server, certificates);

  EXPECT_NE(refusal(options), "accepted");
  options.tls.certificate_file = certificates.file("client.crt");
  options.tls.key_file = certificates.file("client.key");
  EXPECT_EQ(refusal(options), "accepted");
}

TEST(RedisTls, FilesThatCannotBeUsedAreNamed) {
  redis::Options options = at(1);
  options.tls.on = true;
  options.tls.ca_file = "nowhere.crt";

  EXPECT_TRUE(refusal(options).starts_with(
      "the certificates of authorities in 'nowhere.crt' cannot be used: "))
      << refusal(options);
}

TEST(RedisTls, APlainServerIsNoTlsServer) {
  const Certificates certificates;
  const RedisServer plain;
  redis::Options options = with_tls(plain, certificates);
  options.timeout = std::chrono::milliseconds(300);

  EXPECT_EQ(refusal(options), "redis at 127.0.0.1:" + std::to_string(plain.port()) +
                                  " cannot be reached within 300 ms: the connection is accepted, "
                                  "but nothing is said in TLS");
}

}  // namespace
}  // namespace capstan::services
