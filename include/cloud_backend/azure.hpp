#pragma once

#include <cloud_backend/client.hpp>
#include <cloud_backend/export.hpp>
#include <cloud_backend/openai.hpp>
#include <cloud_backend/options.hpp>
#include <cloud_backend/request_dialect.hpp>

#include <memory>
#include <string>

namespace cloud_backend {

/// Where a model is deployed on Azure.
struct AzureOptions {
    std::string resource{};  ///< NAME of "https://NAME.openai.azure.com".
    /// What answers, whatever the request's `model` says. Only with an `api_version`.
    std::string deployment{};
    /// Such as "2024-10-21". Empty: the v1 API, where the request's `model` names the deployment.
    std::string api_version{};
    /// Scheme and host in place of `resource`: of a private network, or another cloud of Azure's.
    /// Of the v1 API it may end in "/openai/v1".
    std::string endpoint{};
};

/// Chat completions of Azure OpenAI (SPEC C4): OpenAI's, with the key in the header `api-key`.
///
/// A token of Microsoft Entra ID is no such key, but a function for `create_openai_backend()`, with
/// the whole URL as `base_url`. Thread-safe, see `CloudBackendClient`.
class CLOUD_BACKEND_EXPORT AzureCloudBackend : public OpenAICloudBackend {
public:
    /// Throws `ConfigError` for names that could lead the key elsewhere, a `base_url` beside them,
    /// and other options that must not be used (SPEC T11).
    AzureCloudBackend(const AzureOptions& azure, ClientOptions options,
                      RequestDialect dialect = {});
    ~AzureCloudBackend() override;

protected:
    /// The key goes as `api-key`.
    [[nodiscard]] AuthScheme auth_scheme() const override;
    /// That of the deployment.
    [[nodiscard]] std::string chat_path() const override;

private:
    std::string chat_path_;
};

/// A backend for a deployment. Options that name neither resource nor endpoint get the endpoint of
/// AZURE_OPENAI_ENDPOINT; without a key they get that of AZURE_OPENAI_API_KEY, which goes to the
/// endpoint beside it in the environment alone, or without one there to a `resource` of Azure's.
/// Throws `ConfigError` as the constructor, and for a missing key. Reads the environment: not while
/// another thread changes it.
[[nodiscard]] CLOUD_BACKEND_EXPORT std::unique_ptr<AzureCloudBackend> create_azure_backend(
    AzureOptions azure, ClientOptions options = {}, RequestDialect dialect = {});

}  // namespace cloud_backend
