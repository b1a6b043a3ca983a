// SPDX-License-Identifier: BSL-1.0
// says: the body of a process is callable as body(Process& self)
#include <fiberscope/fiberscope.hpp>
using namespace fiberscope;

void run(Node& node) {
    node.spawn([](int) {});
}
