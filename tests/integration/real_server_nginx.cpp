#include "real_server_nginx.hpp"

#include <fmt/format.h>

#include <csignal>
#include <fstream>

namespace cloud_backend::test {

namespace {

constexpr const char* access_log = "access.log";

/// Root stays root, to be let into the directory; for anybody else nginx ignores the line.
constexpr std::string_view configuration = R"(
daemon off;
user root;
pid nginx.pid;
error_log stderr notice;
events {{}}
http {{
    client_body_temp_path client_body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    log_format fields '$status $server_protocol $connection $sent_http_content_encoding';
    access_log {access_log} fields;
    lingering_close off;
    {http_directives}
    server {{
        listen {address} ssl {http2};
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        {server_directives}
        location / {{
            proxy_pass {upstream};
            proxy_http_version 1.1;
            proxy_buffering off;
        }}
    }}
}}
)";

}  // namespace

Nginx::Nginx(const NginxOptions& options) : process_(prepare(options)) {
    // The line it prints once it listens.
    static_cast<void>(process_.await_line_with("event method"));
}

std::vector<std::string> Nginx::prepare(const NginxOptions& options) const {
    std::ofstream(directory_.file("nginx.conf")) << fmt::format(
        configuration, fmt::arg("access_log", access_log),
        fmt::arg("http_directives", options.http_directives), fmt::arg("address", address()),
        fmt::arg("http2", options.http2 ? "http2" : ""),
        fmt::arg("certificate", options.certificate.certificate),
        fmt::arg("key", options.certificate.key),
        fmt::arg("server_directives", options.server_directives),
        fmt::arg("upstream", options.upstream));
    // Before it has read its configuration it would log to where only root may write.
    return {"nginx", "-p", directory_.path(), "-c", "nginx.conf", "-e", "stderr"};
}

std::string Nginx::url() const {
    return "https://" + address();
}

std::string Nginx::address() const {
    return "127.0.0.1:" + std::to_string(port_.port());
}

std::vector<AccessLogEntry> Nginx::stop() {
    process_.stop(SIGQUIT);
    std::vector<AccessLogEntry> entries;
    std::ifstream log(directory_.file(access_log));
    AccessLogEntry entry;
    while (log >> entry.status >> entry.protocol >> entry.connection >> entry.content_encoding) {
        entries.push_back(entry);
    }
    return entries;
}

}  // namespace cloud_backend::test
