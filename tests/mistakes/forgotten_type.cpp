// SPDX-License-Identifier: BSL-1.0
// says: a type is forgotten in Messages
#include <fiberscope/fiberscope.hpp>
using namespace fiberscope;

struct Get {
    using Reply = int;
};
struct Put {
    int value;
};

struct Store : Server<Store> {
    using Messages = fiberscope::Messages<Get>;
    Reply<Get> handle_call(const Get&) { return value; }
    void handle_cast(Put put) { value = put.value; }
    int value = 0;
};

const ServerSpec store = Store::start();
