#include "real_server_certificates.hpp"

#include "real_server_process.hpp"

#include <vector>

namespace cloud_backend::test {

namespace {

using Arguments = std::vector<std::string>;

constexpr const char* this_host = "subjectAltName=IP:127.0.0.1";

KeyPair make(const TemporaryDirectory& directory, const std::string& name,
             const Arguments& extensions) {
    KeyPair made{directory.file(name + ".pem"), directory.file(name + ".key")};
    Arguments command{"openssl",  "req",
                      "-x509",    "-noenc",
                      "-newkey",  "ec",
                      "-pkeyopt", "ec_paramgen_curve:P-256",
                      "-days",    "1",
                      "-subj",    "/CN=" + name,
                      "-out",     made.certificate,
                      "-keyout",  made.key};
    command.insert(command.end(), extensions.begin(), extensions.end());
    run_program(command);
    return made;
}

KeyPair make_authority(const TemporaryDirectory& directory, const std::string& name) {
    return make(directory, name, {"-addext", "keyUsage=critical,keyCertSign"});
}

KeyPair sign(const TemporaryDirectory& directory, const std::string& name, const KeyPair& authority,
             const std::string& host = this_host) {
    return make(directory, name,
                {"-CA", authority.certificate, "-CAkey", authority.key, "-addext", host, "-addext",
                 "basicConstraints=critical,CA:FALSE"});
}

/// Only `openssl x509` makes a certificate that is over already, and only of a self-signed one.
KeyPair sign_for_yesterday(const TemporaryDirectory& directory, const std::string& name,
                           const KeyPair& self_signed, const KeyPair& authority) {
    KeyPair signed_pair{directory.file(name + ".pem"), self_signed.key};
    run_program({"openssl", "x509", "-in", self_signed.certificate, "-CA", authority.certificate,
                 "-CAkey", authority.key, "-days", "-1", "-out", signed_pair.certificate});
    return signed_pair;
}

}  // namespace

Certificates::Certificates()
    : authority(make_authority(directory, "authority")),
      valid(sign(directory, "valid", authority)),
      wrong_host(sign(directory, "wrong_host", authority, "subjectAltName=DNS:other.test")),
      self_signed(make(directory, "self_signed", {"-addext", this_host})),
      expired(sign_for_yesterday(directory, "expired", self_signed, authority)),
      other_authority(make_authority(directory, "other_authority")),
      unknown_authority(sign(directory, "unknown_authority", other_authority)),
      client(sign(directory, "client", authority)) {}

const Certificates& certificates() {
    static const Certificates made;
    return made;
}

}  // namespace cloud_backend::test
