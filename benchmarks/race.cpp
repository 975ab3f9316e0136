#include "race.hpp"

#include "../tests/unit/allocation_count.hpp"
#include "process_cost.hpp"
#include "typical_answer.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>

namespace cloud_backend::benchmarks {

namespace {

/// A client that counts no chunks may still have dropped none of the bytes.
bool is_whole(const Delivery& delivery, const Delivery& sent) {
    const auto missing = [](std::size_t counted, std::size_t expected) {
        return counted != 0 && counted != expected;
    };
    return delivery.body_bytes == sent.body_bytes && !missing(delivery.chunks, sent.chunks) &&
           !missing(delivery.text_bytes, sent.text_bytes);
}

}  // namespace

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

Delivery Race::sent() const {
    if (!answer.streamed()) return {.body_bytes = calls * answer.body_bytes};
    return {.body_bytes = calls * (answer.chunks * event_bytes + last_event.size()),
            .chunks = calls * answer.chunks,
            .text_bytes = calls * answer.chunks * event_text.size()};
}

Load Race::load(const LoadServer& server) const {
    return {.url = server.url(answer),
            .streamed = answer.streamed(),
            .calls = calls,
            .at_once = at_once,
            .timed = timed};
}

std::vector<Performance> Race::run(const LoadServer& server, std::size_t rounds) const {
    const Load same_load = load(server);
    std::vector<std::unique_ptr<Client>> clients;
    std::vector<Performance> performances;
    for (const Contestant& contestant : contestants) {
        clients.push_back(contestant.connect(same_load));
        clients.back()->run();
        performances.push_back({.name = contestant.name});
    }
    for (std::size_t round = 0; round < rounds; ++round) {
        for (std::size_t i = 0; i < clients.size(); ++i) {
            Performance& performance = performances[i];
            const auto allocations = test::allocation_count();
            const auto cost = process_cost();
            const Delivery delivery = clients[i]->run();
            performance.costs.push_back(static_cast<double>((process_cost() - cost).count()));
            performance.allocations = static_cast<double>(test::allocation_count() - allocations);
            if (!is_whole(delivery, sent())) {
                throw std::runtime_error(performance.name + " was not delivered what was sent");
            }
            for (const auto delay : delivery.delays) {
                performance.delays.push_back(static_cast<double>(delay.count()));
            }
        }
    }
    return performances;
}

double cost_ratio(const Performance& of, const Performance& to) {
    std::vector<double> ratios;
    for (std::size_t round = 0; round < of.costs.size(); ++round) {
        ratios.push_back(of.costs[round] / to.costs[round]);
    }
    return median(std::move(ratios));
}

const Performance& find(const std::vector<Performance>& all, std::string_view name) {
    const auto found = std::ranges::find(all, name, &Performance::name);
    if (found == all.end()) throw std::out_of_range("no such contestant");
    return *found;
}

}  // namespace cloud_backend::benchmarks
