// SPDX-License-Identifier: BSL-1.0
// says: handle_info is private, or its type is not in using Messages
#include <fiberscope/fiberscope.hpp>
using namespace fiberscope;

struct Tick {};

struct Clock : Server<Clock> {
    void handle_info(Tick) {}
};

const ServerSpec clock_server = Clock::start();
