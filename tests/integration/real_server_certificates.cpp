#include "real_server_certificates.hpp"

#include "real_server_process.hpp"

#include <vector>

namespace cloud_backend::test {

namespace {

using Arguments = std::vector<std::string>;

/// Also by the name that support/slow_lookup.hpp looks up.
constexpr const char* this_host = "subjectAltName=IP:127.0.0.1,DNS:slow-lookup.test";

/// A new key, and with the right `arguments` its certificate, or only the request for one.
KeyPair make(const TemporaryDirectory& directory, const std::string& name,
             const Arguments& arguments) {
    KeyPair made{directory.file(name + ".pem"), directory.file(name + ".key")};
    Arguments command{"openssl",
                      "req",
                      "-noenc",
                      "-newkey",
                      "ec",
                      "-pkeyopt",
                      "ec_paramgen_curve:P-256",
                      "-subj",
                      "/CN=" + name,
                      "-keyout",
                      made.key,
                      "-out",
                      made.certificate};
    command.insert(command.end(), arguments.begin(), arguments.end());
    run_program(command);
    return made;
}

KeyPair make_authority(const TemporaryDirectory& directory, const std::string& name) {
    return make(directory, name, {"-x509", "-addext", "keyUsage=critical,keyCertSign"});
}

KeyPair sign(const TemporaryDirectory& directory, const std::string& name, const KeyPair& authority,
             const std::string& host = this_host) {
    return make(directory, name,
                {"-x509", "-CA", authority.certificate, "-CAkey", authority.key, "-addext", host,
                 "-addext", "basicConstraints=critical,CA:FALSE"});
}

/// Only `openssl x509` makes a certificate that is over already.
KeyPair sign_for_yesterday(const TemporaryDirectory& directory, const std::string& name,
                           const KeyPair& authority) {
    const KeyPair request = make(directory, name + "_request", {"-addext", this_host});
    const std::string certificate = directory.file(name + ".pem");
    run_program({"openssl", "x509", "-req", "-in", request.certificate, "-copy_extensions", "copy",
                 "-CA", authority.certificate, "-CAkey", authority.key, "-days", "-1", "-out",
                 certificate});
    return {certificate, request.key};
}

}  // namespace

Certificates::Certificates()
    : authority(make_authority(directory, "authority")),
      valid(sign(directory, "valid", authority)),
      wrong_host(sign(directory, "wrong_host", authority, "subjectAltName=DNS:other.test")),
      expired(sign_for_yesterday(directory, "expired", authority)),
      self_signed(make(directory, "self_signed", {"-x509", "-addext", this_host})),
      other_authority(make_authority(directory, "other_authority")),
      unknown_authority(sign(directory, "unknown_authority", other_authority)),
      client(sign(directory, "client", authority)) {}

const Certificates& certificates() {
    static const Certificates made;
    return made;
}

}  // namespace cloud_backend::test
