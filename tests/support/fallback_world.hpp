#pragma once

#include "fake_transport.hpp"
#include "fallback_record.hpp"
#include "fallback_script.hpp"
#include "queued_backend.hpp"

#include <cloud_backend/cloud_backend.hpp>

#include <cstddef>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend::test {

enum class CallForm { blocking, asynchronous };

/// A script come to life: services on a fake network, functions, routers, all under one virtual
/// clock.
class FallbackWorld {
public:
    explicit FallbackWorld(const FallbackScript& script, CallForm form = CallForm::blocking);
    FallbackWorld(const FallbackWorld&) = delete;
    FallbackWorld& operator=(const FallbackWorld&) = delete;

    /// What no call may end with passes through.
    [[nodiscard]] CallRecord run(const CallScript& call);

    // For what lives in it.

    /// Something happens, which may be what the cancel waits for.
    std::size_t step();
    void pass(Duration duration);
    /// The index of what `asked()` then has.
    std::size_t ask(const std::string& backend, const BackendScript& script,
                    std::string_view model);
    [[nodiscard]] const Asked& asked(std::size_t index) const { return record_.asked.at(index); }
    void note_given(std::size_t asked);
    [[nodiscard]] FakeTransport& network() const noexcept { return *network_; }

private:
    [[nodiscard]] std::vector<FallbackBackend> make_backends(
        const std::vector<BackendScript>& scripts, const std::string& prefix);
    [[nodiscard]] std::shared_ptr<ChatBackend> make(const BackendScript& script,
                                                    const std::string& name);
    [[nodiscard]] std::shared_ptr<ChatBackend> make_service(const BackendScript& script,
                                                            const std::string& name);
    [[nodiscard]] std::shared_ptr<FallbackRouter> make_router(
        const std::vector<BackendScript>& scripts, const std::string& name);
    [[nodiscard]] ChatCompletion ask_router(bool streamed, const CallOptions& options);
    [[nodiscard]] CallOptions begin(const CallScript& call);
    [[nodiscard]] bool on_chunk(const ChatChunk& chunk);
    void on_decision(const std::string& router, const FallbackDecision& decision);
    void cancel();
    void cancel_if_due();

    const FallbackScript script_;
    const CallForm form_;
    CallQueue queue_{};
    std::shared_ptr<FakeTransport> network_ = std::make_shared<FakeTransport>();
    std::map<std::string, std::shared_ptr<ChatBackend>, std::less<>> backends_{};
    std::map<std::string, std::size_t, std::less<>> times_asked_{};
    std::shared_ptr<FallbackRouter> router_{};
    std::stop_source stop_{};
    std::size_t steps_ = 0;
    CallRecord record_{};
};

}  // namespace cloud_backend::test
