// SPDX-License-Identifier: GPL-3.0-or-later
#include "workloads/builders.hpp"

#include <fiberscope/fiberscope.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <vector>

namespace fiberscope::app {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto between_reports = 2s;

/// How late an interactive process got its turn.
struct Response {
    std::uint32_t client;
    std::int64_t late_ns;
    Preemption preemption;
};

/// Collects response times, and writes their distribution to the log every two seconds. It counts by the responses
/// that come, not by a timer, so that it speaks even where schedulers are held up.
class Meter final : public Server<Meter> {
public:
    using Messages = fiberscope::Messages<Response>;

    explicit Meter(std::uint32_t clients) : has_responded_(clients) {}

    void handle_cast(Response response) {
        late_ns_.push_back(response.late_ns);
        has_responded_[response.client - 1] = true;
        if (Clock::now() - last_report_ >= between_reports)
            report(response.preemption);
    }
    Term state() const { return Term::tuple({Term::atom("responses"), Term{static_cast<std::int64_t>(total_)}}); }

private:
    void report(Preemption preemption) {
        std::sort(late_ns_.begin(), late_ns_.end());
        const auto ms = [this](double share) {
            const auto index = static_cast<std::size_t>(share * static_cast<double>(late_ns_.size() - 1));
            return static_cast<double>(late_ns_[index]) / 1e6;
        };
        const auto responding = std::count(has_responded_.begin(), has_responded_.end(), true);
        self().node().log(
            LogLevel::notice,
            fmt::format("greedy, {}: {} of {} had their turn, late by {:.2f} ms (p50), {:.2f} (p90), {:.2f} (p99), {:.2f} (max)",
                        preemption == Preemption::signal ? "signals" : "cooperative", responding, has_responded_.size(), ms(0.5),
                        ms(0.9), ms(0.99), ms(1)),
            self().pid());
        total_ += late_ns_.size();
        late_ns_.clear();
        has_responded_.assign(has_responded_.size(), false);
        last_report_ = Clock::now();
    }

    std::vector<bool> has_responded_; ///< since the last report
    std::vector<std::int64_t> late_ns_;
    std::uint64_t total_ = 0;
    Clock::time_point last_report_ = Clock::now();
};

/// Wants a turn ten times a second, as somebody at a keyboard would.
void interactive(Process& self, std::uint32_t client) {
    std::minstd_rand random{client};
    for (;;) {
        const auto pause = std::chrono::microseconds{50'000 + random() % 100'000};
        const auto due = Clock::now() + pause;
        self.sleep(pause);
        self.cast("greedy_meter",
                  Response{client, std::chrono::nanoseconds{Clock::now() - due}.count(), self.node().preemption()});
    }
}

/// Never waits, calls nothing, and gives nothing away.
void greedy(Process&) {
    volatile std::uint64_t count = 0;
    for (;;)
        count = count + 1;
}

} // namespace

Application make_greedy(std::uint32_t clients) {
    auto crowd = Supervisor::one_for_one({.intensity = 10, .period = 5s}).named("greedy_crowd");
    for (std::uint32_t index = 1; index <= clients; ++index)
        crowd = std::move(crowd).child(Term{static_cast<std::int64_t>(index)},
                                       [index](Process& self) { interactive(self, index); }, {.shutdown = Shutdown::brutal_kill},
                                       {.stack_bytes = 16 * 1024, .initial_function = "fiberscope::app::interactive"});
    auto supervisor = Supervisor::one_for_one({.intensity = 10, .period = 5s})
                          .named("greedy_sup")
                          .child("greedy_meter", Meter::start(clients).named("greedy_meter"))
                          .child("greedy_crowd", std::move(crowd))
                          .child("greedy_runaway", greedy, {.shutdown = Shutdown::brutal_kill},
                                 {.name = "greedy_runaway", .initial_function = "fiberscope::app::greedy"});
    return Application{"greedy", std::move(supervisor)};
}

} // namespace fiberscope::app
