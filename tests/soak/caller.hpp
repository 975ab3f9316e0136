#pragma once

#include "canceller.hpp"
#include "ledger.hpp"
#include "script.hpp"

#include <cloud_backend/cloud_backend.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace cloud_backend::soak {

/// How the calls ended. Adds up over threads.
struct Tally {
    std::uint64_t calls = 0;
    std::map<std::string, std::uint64_t> outcomes{};  ///< One for each call.
    std::uint64_t attempts = 0;
    std::uint64_t successes = 0;
    std::uint64_t retries = 0;
    std::uint64_t refusals = 0;  ///< Attempts that the circuit breaker did not let through.

    Tally& operator+=(const Tally& other);
};

/// Makes calls as the script has them, and checks what each comes to. One thread each.
class Caller {
public:
    Caller(OpenAICloudBackend& backend, const Script& script, Ledger& ledger, Canceller& canceller,
           Violations& violations)
        : backend_(backend),
          script_(script),
          ledger_(ledger),
          canceller_(canceller),
          violations_(violations) {}
    Caller(const Caller&) = delete;
    Caller& operator=(const Caller&) = delete;

    void make_call(std::uint64_t number);
    [[nodiscard]] const Tally& tally() const { return tally_; }

    /// Of the client that all callers share. Its key says which attempt a request is.
    [[nodiscard]] static ClientOptions client_options(const std::string& url);

private:
    /// What is known of the call under way.
    struct Progress {
        std::uint64_t call = 0;
        Script::Call script{};
        std::size_t keys = 0;
        std::vector<AttemptInfo> attempts{};
        std::size_t retries = 0;
        std::size_t chunks = 0;
        std::vector<std::string> words{};  ///< Delivered.
        bool stopped = false;
    };

    [[nodiscard]] ChatCompletion call_backend(Progress& progress);
    [[nodiscard]] bool take_chunk(Progress& progress, const ChatChunk& chunk) const;

    std::string check_completion(const Progress& progress, const ChatCompletion& completion);
    std::string check_error(const Progress& progress, const Error& error);
    void check_cause(const Progress& progress, const Error& error);
    [[nodiscard]] bool is_explained(const Progress& progress, const Error& error) const;
    void check_delivered(const Progress& progress);
    void check_attempts(const Progress& progress);
    void check_attempt(const Progress& progress, std::size_t attempt);
    void expect(bool holds, const Progress& progress, std::string_view what);
    void wait_if_refused(const Error& error);

    static thread_local Progress* under_way;

    OpenAICloudBackend& backend_;
    const Script& script_;
    Ledger& ledger_;
    Canceller& canceller_;
    Violations& violations_;
    Tally tally_{};
};

}  // namespace cloud_backend::soak
