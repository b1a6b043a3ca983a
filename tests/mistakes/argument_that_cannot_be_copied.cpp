// SPDX-License-Identifier: BSL-1.0
// says: the arguments are copied for each start, and one of them cannot be copied
#include <fiberscope/fiberscope.hpp>
using namespace fiberscope;

struct Store : Server<Store> {
    explicit Store(std::unique_ptr<int>) {}
};

const ServerSpec store = Store::start(std::make_unique<int>(1));
