#include "ledger.hpp"

#include <utility>

namespace cloud_backend::soak {

void Violations::add(std::string violation) {
    const std::scoped_lock lock(mutex_);
    all_.push_back(std::move(violation));
}

std::vector<std::string> Violations::all() const {
    const std::scoped_lock lock(mutex_);
    return all_;
}

void Ledger::make_room(std::uint64_t calls) {
    const std::scoped_lock lock(mutex_);
    entries_.resize(calls * max_attempts);
}

std::size_t Ledger::bytes() const {
    const std::scoped_lock lock(mutex_);
    return entries_.size() * sizeof(Entry);
}

void Ledger::report(AttemptId id, Fate fate) {
    const std::scoped_lock lock(mutex_);
    entry(id).fate = fate;
}

void Ledger::note_arrival(AttemptId id) {
    const std::scoped_lock lock(mutex_);
    ++entry(id).arrivals;
}

Ledger::Entry& Ledger::entry(AttemptId id) {
    return entries_.at(id.call * max_attempts + id.attempt);
}

Ledger::Balance Ledger::balance(Violations& violations) const {
    const std::scoped_lock lock(mutex_);
    Balance balance;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const auto [fate, arrivals] = entries_[i];
        balance.attempts += fate != Fate::not_made;
        balance.requests += arrivals;
        balance.never_sent += fate == Fate::never_sent;
        if (arrivals == 0) {
            balance.given_up += fate == Fate::given_up;
            balance.connections_died += fate == Fate::connection_died;
        }
        const bool may_arrive = fate != Fate::not_made && fate != Fate::never_sent;
        if (arrivals > (may_arrive ? 1 : 0) || (arrivals == 0 && fate == Fate::arrived)) {
            violations.add("attempt " + std::to_string(i % max_attempts) + " of call " +
                           std::to_string(i / max_attempts) + ", fate " +
                           std::to_string(static_cast<int>(fate)) + ", arrived " +
                           std::to_string(arrivals) + " times");
        }
    }
    return balance;
}

}  // namespace cloud_backend::soak
