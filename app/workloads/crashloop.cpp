// SPDX-License-Identifier: GPL-3.0-or-later
#include "workloads/builders.hpp"

#include <fiberscope/fiberscope.hpp>

#include <stdexcept>

namespace fiberscope::app {
namespace {

using namespace std::chrono_literals;

/// Lives long enough to be seen.
void failing_child(Process& self) {
    self.sleep(400ms);
    throw std::runtime_error{"boom"};
}

/// Does nothing wrong, and ends all the same when the supervisor gives up.
class Bystander final : public Server<Bystander> {};

} // namespace

Application make_crashloop() {
    auto supervisor = Supervisor::one_for_one({.intensity = 3, .period = 5s})
                          .named("crashloop_sup")
                          .child("crashloop_bystander", Bystander::start().named("crashloop_bystander"))
                          .child("crashloop_child", failing_child, {},
                                 {.name = "crashloop_child", .initial_function = "fiberscope::app::failing_child"});
    return Application{"crashloop", std::move(supervisor)};
}

} // namespace fiberscope::app
