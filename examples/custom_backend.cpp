// A client of one's own for a service the library does not know, here one of embeddings: retries,
// circuit breaker, timeouts, typed errors and logs come from the base class.
#include <cloud_backend/cloud_backend.hpp>

#include <embedded_server.hpp>
#include <nlohmann/json.hpp>

#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace cb = cloud_backend;

//! [client]
class EmbeddingBackend : public cb::CloudBackendClient {
public:
    explicit EmbeddingBackend(cb::ClientOptions options) : CloudBackendClient(std::move(options)) {}

    /// Throws `cloud_backend::Error`.
    std::vector<double> embed(const std::string& text, const cb::CallOptions& options = {}) const {
        const nlohmann::json request{{"model", "embed-1"}, {"input", text}};
        const cb::HttpResponse response = post(
            {.path = "/embeddings", .body = request.dump(), .operation = "embeddings"}, options);
        try {
            return nlohmann::json::parse(response.body).at("data").at(0).at("embedding");
        } catch (const nlohmann::json::exception&) {
            cb::raise({.code = cb::ErrorCode::response, .message = "this is no embedding"});
        }
    }

protected:
    cb::AuthScheme auth_scheme() const override { return {.header = "api-key", .prefix = ""}; }
    cb::Headers request_headers() const override { return {{"X-Api-Version", "2"}}; }
};
//! [client]

int main() try {
    // The service is overloaded at first.
    embedded_server::EmbeddedServer server;
    server.enqueue(embedded_server::Answer::json(503, R"({"error":"overloaded"})"));
    server.enqueue(
        embedded_server::Answer::json(200, R"({"data":[{"embedding":[0.25,-0.5,1.0]}]})"));

    const EmbeddingBackend backend({.base_url = server.url(), .api_key = "any"});
    for (const double number : backend.embed("ping")) std::cout << number << ' ';
    std::cout << "after " << server.request_count() << " requests\n";
} catch (const cb::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
}
