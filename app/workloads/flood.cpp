// SPDX-License-Identifier: GPL-3.0-or-later
#include "workloads/builders.hpp"

#include <fiberscope/fiberscope.hpp>

#include <fmt/format.h>

#include <unordered_map>

namespace fiberscope::app {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t window = 25'000;      ///< items that a producer may have under way
constexpr std::uint32_t credit_step = 1000;   ///< how many items the consumer takes before it says so
constexpr std::uint32_t items_at_a_time = 25; ///< between two pauses, on both sides

struct Item {
    Pid producer;
    std::uint64_t number;
};
/// The consumer has taken so many items of this producer.
struct Credit {
    std::uint32_t items;
};

/// Takes at most 2,000 items a second, whoever they are from.
void consumer(Process& self) {
    std::unordered_map<Pid, std::uint32_t> taken;
    for (std::uint64_t items = 1;; ++items) {
        const Item item = self.receive<Item>();
        if (++taken[item.producer] == credit_step) {
            taken.erase(item.producer);
            self.send(item.producer, Credit{credit_step});
        }
        if (items % items_at_a_time == 0)
            self.sleep(12'500us);
    }
}

/// Makes at most 2,500 items a second, as long as it has credit.
void producer(Process& self) {
    const Pid to = self.whereis("flood_consumer");
    std::uint32_t credit = window;
    for (std::uint64_t number = 1;; ++number) {
        if (credit == 0)
            credit = self.receive<Credit>().items;
        self.send(to, Item{self.pid(), number});
        --credit;
        if (number % items_at_a_time == 0)
            self.sleep(10ms);
    }
}

} // namespace

Application make_flood(std::uint32_t producers) {
    auto producer_supervisor = Supervisor::one_for_one({.intensity = 10, .period = 5s}).named("flood_producers");
    for (std::uint32_t index = 1; index <= producers; ++index) {
        const auto name = fmt::format("flood_producer_{}", index);
        producer_supervisor =
            std::move(producer_supervisor)
                .child(Term::atom(name), producer, {}, {.label = name, .initial_function = "fiberscope::app::producer"});
    }
    // rest_for_one: producers of a dead consumer start anew, with all their credit, after the next consumer
    auto supervisor =
        Supervisor::rest_for_one({.intensity = 10, .period = 5s})
            .named("flood_sup")
            .child("flood_consumer", consumer, {}, {.name = "flood_consumer", .initial_function = "fiberscope::app::consumer"})
            .child("flood_producers", std::move(producer_supervisor));
    return Application{"flood", std::move(supervisor)};
}

} // namespace fiberscope::app
