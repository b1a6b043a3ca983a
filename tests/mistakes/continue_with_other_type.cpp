// SPDX-License-Identifier: BSL-1.0
// says: handle_continue is private, or is not void handle_continue(const Term&)
#include <fiberscope/fiberscope.hpp>
using namespace fiberscope;

struct Store : Server<Store> {
    void handle_continue(int) {}
};

const ServerSpec store = Store::start();
