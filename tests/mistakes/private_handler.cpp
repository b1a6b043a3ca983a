// SPDX-License-Identifier: BSL-1.0
// says: a type in Messages has no public handler
#include <fiberscope/fiberscope.hpp>
using namespace fiberscope;

struct Get {
    using Reply = int;
};

class Store : public Server<Store> {
public:
    using Messages = fiberscope::Messages<Get>;

private:
    Reply<Get> handle_call(const Get&) { return 1; }
};

const ServerSpec store = Store::start();
