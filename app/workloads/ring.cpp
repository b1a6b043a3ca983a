// SPDX-License-Identifier: GPL-3.0-or-later
#include "workloads/builders.hpp"

#include <fiberscope/fiberscope.hpp>

#include <fmt/format.h>

namespace fiberscope::app {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// Tells a member who comes after it.
struct Next {
    Pid pid;
};
struct Token {
    std::uint64_t hops_left;
};
/// The token has made all its hops.
struct Arrived {};

void ring_member(Process& self, Pid master) {
    const Pid next = self.receive<Next>().pid;
    for (;;) {
        const Token token = self.receive<Token>();
        if (token.hops_left == 0)
            self.send(master, Arrived{});
        else
            self.send(next, Token{token.hops_left - 1});
    }
}

/// Builds the ring and sends the token around. Linked to every member, so that the ring lives and dies as one.
class RingMaster {
public:
    RingMaster(std::uint32_t members, std::uint64_t hops) : members_{members}, hops_{hops} {}

    void operator()(Process& self) {
        const Pid first = build(self);
        for (;;) {
            const auto start = Clock::now();
            self.send(first, Token{hops_ - 1});
            self.receive<Arrived>();
            report(self, Clock::now() - start);
            self.sleep(2s);
        }
    }

private:
    Pid build(Process& self) const {
        const Pid first = spawn_member(self, 1);
        Pid previous = first;
        for (std::uint32_t index = 2; index <= members_; ++index) {
            const Pid member = spawn_member(self, index);
            self.send(previous, Next{member});
            previous = member;
        }
        self.send(previous, Next{first});
        return first;
    }

    static Pid spawn_member(Process& self, std::uint32_t index) {
        return self.spawn_link(
            [master = self.pid()](Process& member) { ring_member(member, master); },
            {.label = fmt::format("ring_member_{}", index), .initial_function = "fiberscope::app::ring_member"});
    }

    void report(Process& self, Clock::duration time) const {
        const auto ns = std::chrono::duration_cast<std::chrono::nanoseconds>(time).count();
        self.node().log(LogLevel::info,
                        fmt::format("ring: {} hops around {} processes in {:.1f} ms, {} ns a hop", hops_, members_,
                                    static_cast<double>(ns) / 1e6, static_cast<std::uint64_t>(ns) / hops_),
                        self.pid());
    }

    std::uint32_t members_;
    std::uint64_t hops_;
};

} // namespace

Application make_ring(std::uint32_t members, std::uint64_t hops) {
    auto supervisor = Supervisor::one_for_one({.intensity = 10, .period = 5s})
                          .named("ring_sup")
                          .child("ring_master", RingMaster{members, hops}, {},
                                 {.name = "ring_master", .initial_function = "fiberscope::app::RingMaster::operator()"});
    return Application{"ring", std::move(supervisor)};
}

} // namespace fiberscope::app
