#pragma once

#include "script.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace cloud_backend::soak {

/// What was not as it must be. Thread-safe.
class Violations {
public:
    void add(std::string violation);
    [[nodiscard]] std::vector<std::string> all() const;

private:
    mutable std::mutex mutex_;
    std::vector<std::string> all_;
};

/// What a caller knows of whether its request reached the server.
enum class Fate : std::uint8_t {
    not_made,
    /// It was answered; or the server, which closes a new connection only when it has read a whole
    /// request from it, closed it.
    arrived,
    /// The caller gave up before an answer; the request may still have been on its way.
    given_up,
    /// A kept connection died before an answer. The server may have closed it just when the request
    /// was sent; nobody but the server can tell (that is what makes such an attempt ambiguous).
    connection_died,
    never_sent,
};

/// Every attempt, as its caller and as the server saw it. Thread-safe.
class Ledger {
public:
    void make_room(std::uint64_t calls);
    /// What it holds grows with the calls.
    [[nodiscard]] std::size_t bytes() const;
    void report(AttemptId id, Fate fate);
    void note_arrival(AttemptId id);

    struct Balance {
        std::size_t attempts = 0;
        std::size_t requests = 0;
        std::size_t given_up = 0;          ///< Of the attempts that did not arrive.
        std::size_t connections_died = 0;  ///< Of the attempts that did not arrive.
        std::size_t never_sent = 0;
    };
    /// Once no request can arrive any more. An attempt arrives once, or not at all if its fate
    /// allows that; what arrives is an attempt.
    [[nodiscard]] Balance balance(Violations& violations) const;

private:
    struct Entry {
        Fate fate = Fate::not_made;
        std::uint8_t arrivals = 0;
    };
    Entry& entry(AttemptId id);

    mutable std::mutex mutex_;
    std::vector<Entry> entries_;
};

}  // namespace cloud_backend::soak
