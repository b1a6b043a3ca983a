// SPDX-License-Identifier: GPL-3.0-or-later
#include "workloads/builders.hpp"

#include <fiberscope/fiberscope.hpp>

#include <fmt/format.h>

namespace fiberscope::app {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t group_size = 1000;

/// Waits for messages that nobody sends. Holds no stack meanwhile.
class IdleServer final : public Server<IdleServer> {};

Atom group_name(std::uint32_t group) {
    return fmt::format("idle_group_{}", group);
}

/// Starts the servers one by one, in groups, then ends. The application stands at once and fills while one looks on.
class Filler {
public:
    explicit Filler(std::uint32_t servers) : servers_{servers} {}

    void operator()(Process& self) const {
        for (std::uint32_t index = 0; index < servers_; ++index) {
            const auto spec = std::make_shared<const ChildSpec>(
                ChildSpec{.id = Term{index + 1}, .start = IdleServer::start(), .spawn = {}, .options = {}});
            const auto started = self.call(group_name(index / group_size + 1), StartChild{spec}, infinity);
            if (!started)
                self.exit(started.error());
        }
        self.node().log(LogLevel::notice, fmt::format("idle: {} servers wait", servers_), self.pid());
    }

private:
    std::uint32_t servers_;
};

} // namespace

Application make_idle(std::uint32_t servers) {
    auto supervisor = Supervisor::one_for_one().named("idle_sup");
    const std::uint32_t groups = (servers + group_size - 1) / group_size;
    for (std::uint32_t group = 1; group <= groups; ++group)
        supervisor =
            std::move(supervisor)
                .child(group_name(group), Supervisor::one_for_one({.intensity = 10, .period = 5s}).named(group_name(group)));
    // temporary: after a failure half-way a second run would meet the servers of the first
    supervisor = std::move(supervisor)
                     .child("idle_filler", Filler{servers}, {.restart = RestartType::temporary},
                            {.name = "idle_filler", .initial_function = "fiberscope::app::Filler::operator()"});
    return Application{"idle", std::move(supervisor)};
}

} // namespace fiberscope::app
