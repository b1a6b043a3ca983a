// SPDX-License-Identifier: BSL-1.0
// says: terminate is private, or is not void terminate(const ExitReason&)
#include <fiberscope/fiberscope.hpp>
using namespace fiberscope;

struct Store : Server<Store> {
    void terminate() {}
};

const ServerSpec store = Store::start();
