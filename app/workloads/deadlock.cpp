// SPDX-License-Identifier: GPL-3.0-or-later
#include "workloads/builders.hpp"

#include <fiberscope/fiberscope.hpp>

namespace fiberscope::app {
namespace {

using namespace std::chrono_literals;

/// Asks its peer before it answers: when both do so at the same time, neither ever answers. They meet first, each inside of its
/// handler, so they do so every time, however late one of them is.
class Polite final : public Server<Polite> {
public:
    struct AfterYou {
        using Reply = std::monostate;
    };
    struct Go {};
    struct Ready {};
    using Messages = fiberscope::Messages<AfterYou, Go, Ready>;

    explicit Polite(Atom peer) : peer_{peer} { self().send_after(2s, self().pid(), Go{}); }

    fiberscope::Reply<AfterYou> handle_call(const AfterYou&) { return std::monostate{}; }
    /// The peer is in the handler below already, and leaves it only with an answer.
    void handle_info(Ready) { peer_is_ready_ = true; }
    /// Waits the 5 s of every call, then ends with `{timeout,call}`.
    void handle_info(Go) {
        self().send(peer_, Ready{});
        if (!peer_is_ready_)
            self().receive<Ready>();
        self().call(peer_, AfterYou{});
    }

private:
    Atom peer_;
    bool peer_is_ready_ = false;
};

} // namespace

Application make_deadlock() {
    // one_for_all: both start anew, and meet again after two seconds
    auto supervisor = Supervisor::one_for_all({.intensity = 5, .period = 5s})
                          .named("deadlock_sup")
                          .child("deadlock_left", Polite::start(Atom{"deadlock_right"}).named("deadlock_left"))
                          .child("deadlock_right", Polite::start(Atom{"deadlock_left"}).named("deadlock_right"));
    return Application{"deadlock", std::move(supervisor)};
}

} // namespace fiberscope::app
