// SPDX-License-Identifier: BSL-1.0
// says: handle_timeout is private, or is not void handle_timeout()
#include <fiberscope/fiberscope.hpp>
using namespace fiberscope;

class Store final : public Server<Store> {
    void handle_timeout() {}
};

const ServerSpec store = Store::start();
