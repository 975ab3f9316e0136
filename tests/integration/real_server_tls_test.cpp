#include "real_server_fixture.hpp"

#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>

// Certificates and versions of TLS, with nginx on the other side. SPEC T6 and section 3.
namespace cloud_backend::test {
namespace {

class Tls : public RealServer {
protected:
    Nginx serve(const KeyPair& certificate) const {
        return Nginx({.upstream = upstream.url(), .certificate = certificate});
    }
};

TEST_F(Tls, AValidCertificateIsTrustedThroughTheCaFile) {  // T6
    const Nginx nginx = serve(certificates().valid);
    const auto backend = create_openai_backend(trusting_options(nginx.url()));
    EXPECT_EQ(backend->chat_completion(ask()).content(), "pong");
}

TEST_F(Tls, WithoutTheCaFileItIsNot) {  // T6
    const Nginx nginx = serve(certificates().valid);
    const auto backend = create_openai_backend(quick_options(nginx.url()));
    const auto error = error_of<ConnectionError>([&] { (void)backend->chat_completion(ask()); });
    EXPECT_EQ(error.stage(), ConnectionStage::tls);
    EXPECT_EQ(upstream.request_count(), 0U);
}

TEST_F(Tls, ACaFileThatCannotBeReadIsNeverRetried) {  // section 3
    const Nginx nginx = serve(certificates().valid);
    auto options = trusting_options(nginx.url());
    options.tls.ca_file += ".missing";
    const auto error = error_of<ConnectionError>(
        [&] { (void)create_openai_backend(options)->chat_completion(ask()); });
    EXPECT_EQ(error.stage(), ConnectionStage::tls);
    EXPECT_FALSE(error.sent());
    EXPECT_EQ(error.attempts().size(), 1U);
    EXPECT_EQ(upstream.request_count(), 0U);
}

struct Distrusted {
    const char* name;
    KeyPair Certificates::*certificate;
    const char* reason;  ///< What the error says.
};

class DistrustedCertificate : public Tls, public ::testing::WithParamInterface<Distrusted> {
protected:
    const KeyPair& certificate() const { return certificates().*GetParam().certificate; }
};

TEST_P(DistrustedCertificate, IsAFailureAndNeverRetried) {  // section 3
    Nginx nginx = serve(certificate());
    auto options = trusting_options(nginx.url());
    const auto backend = create_openai_backend(options);
    const auto error = error_of<ConnectionError>([&] { (void)backend->chat_completion(ask()); });
    EXPECT_EQ(error.stage(), ConnectionStage::tls);
    EXPECT_FALSE(error.sent());
    EXPECT_FALSE(error.retryable());
    EXPECT_NE(std::string(error.what()).find(GetParam().reason), std::string::npos) << error.what();
    EXPECT_EQ(error.attempts().size(), 1U);
    EXPECT_EQ(backend->health()->breaker().snapshot().counters.failures, 1U);
    EXPECT_EQ(upstream.request_count(), 0U);

    // The next connection is the second: there was one for the call above.
    options.tls.insecure_skip_verification = true;
    (void)create_openai_backend(options)->chat_completion(ask());
    EXPECT_EQ(nginx.stop().at(0).connection, 2);
}

TEST_P(DistrustedCertificate, IsAcceptedWhenVerificationIsOff) {  // T6
    const Nginx nginx = serve(certificate());
    auto options = trusting_options(nginx.url());
    options.tls.insecure_skip_verification = true;
    EXPECT_EQ(create_openai_backend(options)->chat_completion(ask()).content(), "pong");
}

INSTANTIATE_TEST_SUITE_P(
    Tls, DistrustedCertificate,
    ::testing::Values(Distrusted{"Expired", &Certificates::expired, "expired"},
                      Distrusted{"WrongHost", &Certificates::wrong_host,
                                 "no alternative certificate subject name matches"},
                      Distrusted{"SelfSigned", &Certificates::self_signed, "self-signed"},
                      Distrusted{"UnknownAuthority", &Certificates::unknown_authority,
                                 "unable to get local issuer"}),
    [](const auto& test) { return test.param.name; });

// --- versions -----------------------------------------------------------------------------------

/// Debian's OpenSSL refuses old versions by itself. In this process, and in those it starts, it
/// does not, so that the library has to.
class AnyTlsVersion : public ::testing::Environment {
public:
    void SetUp() override {
        std::ofstream(file_) << "openssl_conf = modules\n"
                                "[modules]\nssl_conf = ssl\n"
                                "[ssl]\nsystem_default = any_version\n"
                                "[any_version]\nCipherString = DEFAULT@SECLEVEL=0\n"
                                "[req]\ndistinguished_name = name\n[name]\n";
        ::setenv("OPENSSL_CONF", file_.c_str(), 1);  // NOLINT(concurrency-mt-unsafe)
    }

private:
    TemporaryDirectory directory_{};
    const std::string file_ = directory_.file("openssl.cnf");
};

// Before anything of this process uses OpenSSL.
const auto* const any_tls_version = ::testing::AddGlobalTestEnvironment(new AnyTlsVersion);

TEST_F(Tls, VersionsBelow12AreRefused) {  // T6
    Nginx nginx({.upstream = upstream.url(),
                 .http2 = false,
                 .server_directives = "ssl_protocols TLSv1 TLSv1.1;"});
    run_program({"openssl", "s_client", "-connect", nginx.address()});  // Others are less strict.
    const auto error = error_of<ConnectionError>([&] {
        (void)create_openai_backend(trusting_options(nginx.url()))->chat_completion(ask());
    });
    EXPECT_EQ(error.stage(), ConnectionStage::tls);
    EXPECT_FALSE(error.sent());
    EXPECT_EQ(error.attempts().size(), 4U);  // Code 35 may be of the moment.
    EXPECT_TRUE(nginx.stop().empty());
}

TEST_F(Tls, Version12IsEnough) {  // T6
    const Nginx nginx({.upstream = upstream.url(), .server_directives = "ssl_protocols TLSv1.2;"});
    const auto backend = create_openai_backend(trusting_options(nginx.url()));
    EXPECT_EQ(backend->chat_completion(ask()).content(), "pong");
}

// --- client certificates ------------------------------------------------------------------------

class MutualTls : public Tls {
protected:
    void SetUp() override {
        Tls::SetUp();
        if (IsSkipped() || HasFatalFailure()) return;
        nginx.emplace(
            NginxOptions{.upstream = upstream.url(),
                         .server_directives = "ssl_verify_client on; ssl_client_certificate " +
                                              certificates().authority.certificate + ";"});
        options = trusting_options(nginx->url());
    }

    std::optional<Nginx> nginx{};
    ClientOptions options{};
};

TEST_F(MutualTls, AClientCertificateIsShown) {
    options.tls.client_certificate = certificates().client.certificate;
    options.tls.client_key = certificates().client.key;
    EXPECT_EQ(create_openai_backend(options)->chat_completion(ask()).content(), "pong");
}

TEST_F(MutualTls, WithoutOneTheServersRefusalIsReported) {  // E1
    const auto error = error_of<BadRequestError>(
        [&] { (void)create_openai_backend(options)->chat_completion(ask()); });
    EXPECT_NE(std::string(error.what()).find("No required SSL certificate"), std::string::npos)
        << error.what();
    EXPECT_EQ(error.attempts().size(), 1U);
    EXPECT_EQ(nginx->stop().size(), 1U);
}

TEST_F(MutualTls, OneOfAnotherAuthorityIsRefused) {  // E1
    options.tls.client_certificate = certificates().unknown_authority.certificate;
    options.tls.client_key = certificates().unknown_authority.key;
    const auto error = error_of<BadRequestError>(
        [&] { (void)create_openai_backend(options)->chat_completion(ask()); });
    EXPECT_NE(std::string(error.what()).find("SSL certificate error"), std::string::npos)
        << error.what();
    EXPECT_EQ(nginx->stop().size(), 1U);
}

TEST_F(MutualTls, OneThatCannotBeReadIsTheCallersFault) {  // section 3: local, neutral
    const TemporaryDirectory directory;
    const std::string garbage = directory.file("garbage.pem");
    std::ofstream(garbage) << "no certificate";
    for (const std::string& file : {garbage, directory.file("missing.pem")}) {
        SCOPED_TRACE(file);
        options.tls.client_certificate = file;
        options.tls.client_key = certificates().client.key;
        const auto backend = create_openai_backend(options);
        const auto error =
            error_of<ConnectionError>([&] { (void)backend->chat_completion(ask()); });
        EXPECT_FALSE(error.sent());
        EXPECT_FALSE(error.retryable());
        EXPECT_EQ(error.attempts().size(), 1U);
        EXPECT_EQ(backend->health()->breaker().snapshot().counters.neutral, 1U);
    }
    EXPECT_TRUE(nginx->stop().empty());
}

TEST_F(MutualTls, AKeyOfAnotherCertificateIsTheCallersFault) {  // section 3: local, neutral
    options.tls.client_certificate = certificates().client.certificate;
    options.tls.client_key = certificates().valid.key;
    const auto backend = create_openai_backend(options);
    const auto error = error_of<ConnectionError>([&] { (void)backend->chat_completion(ask()); });
    EXPECT_EQ(error.attempts().size(), 1U);
    EXPECT_EQ(backend->health()->breaker().snapshot().counters.neutral, 1U);
}

}  // namespace
}  // namespace cloud_backend::test
