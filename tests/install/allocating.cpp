// SPDX-License-Identifier: GPL-3.0-or-later
// Says whether what its processes allocate is counted, and whether a process that keeps a megabyte shows it.
#include <fiberscope/fiberscope.hpp>

#include <cstdio>
#include <string>

using namespace fiberscope;

struct Keep {
    using Reply = std::monostate;
    std::string text;
};

struct Store : Server<Store> {
    using Messages = fiberscope::Messages<Keep>;
    Reply<Keep> handle_call(const Keep& keep) {
        text = keep.text;
        return std::monostate{};
    }
    std::string text;
};

int main() {
    Node node;
    const Pid store = node.start(Store::start()).value();
    node.call(store, Keep{std::string(1'000'000, 'x')}).value();
    const Snapshot now = node.snapshot();
    for (const ProcessRow& row : now.processes)
        if (row.pid == store)
            std::printf("%s, %s\n", now.node.allocation.c_str(), row.memory_bytes > 1'000'000 ? "a megabyte" : "little");
}
