// SPDX-License-Identifier: BSL-1.0
// says: says, in public, what it takes: using Messages = fiberscope::Messages<Get, Put>;
#include <fiberscope/fiberscope.hpp>
using namespace fiberscope;

struct Get {
    using Reply = int;
};

struct Store : Server<Store> {
    Reply<Get> handle_call(const Get&) { return 1; }
};

const ServerSpec store = Store::start();
