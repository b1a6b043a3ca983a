// SPDX-License-Identifier: BSL-1.0
#include <fiberscope/fiberscope.hpp>
using namespace fiberscope;

struct Add { int amount; using Reply = int; };

struct Counter : Server<Counter> { // a process: state in an object, no stack while it waits
    using Messages = fiberscope::Messages<Add>;
    Reply<Add> handle_call(const Add& add) { return total += add.amount; }
    int total = 0;
};

int main() {
    Node node;
    node.start(Application{"shop", Supervisor::one_for_one().child("counter", Counter::start().named("counter"))}).value();
    fmt::print("total {}\n", *node.call("counter", Add{42}));
    node.exit(node.whereis("counter"), ExitReason::kill()); // its supervisor starts it again ...
    while (!node.call("counter", Add{0})) {}                // ... and in between a call says noproc
    fmt::print("total {} after its restart\n", *node.call("counter", Add{1}));
}
