// SPDX-License-Identifier: BSL-1.0
// says: not a request: it does not name its reply
#include <fiberscope/fiberscope.hpp>
using namespace fiberscope;

struct Get {};

struct Store : Server<Store> {
    using Messages = fiberscope::Messages<Get>;
    Reply<Get> handle_call(const Get&) { return 1; }
};

const ServerSpec store = Store::start();
