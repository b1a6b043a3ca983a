// SPDX-License-Identifier: BSL-1.0
// says: in a server: using Messages = fiberscope::Messages<...>; with fiberscope::, else the name hides itself
#include <fiberscope/fiberscope.hpp>
using namespace fiberscope;

// clang takes it: then all is well
struct Get {
    using Reply = int;
};

struct Store : Server<Store> {
    using Messages = Messages<Get>;
    Reply<Get> handle_call(const Get&) { return 1; }
};

const ServerSpec store = Store::start();
