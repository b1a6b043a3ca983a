// SPDX-License-Identifier: GPL-3.0-or-later
#include "workloads/builders.hpp"

#include <fiberscope/fiberscope.hpp>

namespace fiberscope::app {
namespace {

using namespace std::chrono_literals;

/// Asks its peer before it answers: when both do so at the same time, neither ever answers.
class Polite final : public Server<Polite> {
public:
    struct AfterYou {
        using Reply = std::monostate;
    };
    struct Go {};
    using Messages = fiberscope::Messages<AfterYou, Go>;

    explicit Polite(Atom peer) : peer_{peer} { self().send_after(2s, self().pid(), Go{}); }

    fiberscope::Reply<AfterYou> handle_call(const AfterYou&) { return std::monostate{}; }
    /// Waits the 5 s of every call, then ends with `{timeout,call}`.
    void handle_info(Go) { self().call(peer_, AfterYou{}); }

private:
    Atom peer_;
};

} // namespace

Application make_deadlock() {
    // one_for_all: both start anew, and meet again after two seconds
    auto supervisor = Supervisor::one_for_all({.intensity = 5, .period = 5s})
                          .named("deadlock_sup")
                          .child("deadlock_left", Polite::start(Atom{"deadlock_right"}).named("deadlock_left"))
                          .child("deadlock_right", Polite::start(Atom{"deadlock_left"}).named("deadlock_right"));
    return Application{"deadlock", std::move(supervisor)}.described("two servers that call each other and wait for ever");
}

} // namespace fiberscope::app
