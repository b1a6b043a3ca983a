// SPDX-License-Identifier: BSL-1.0
// says: not a message: it shares memory with others
#include <fiberscope/fiberscope.hpp>
using namespace fiberscope;

struct Get {
    using Reply = std::shared_ptr<int>;
};

int ask(Node& node) {
    return node.call("store", Get{}) ? 1 : 0;
}
