// SPDX-License-Identifier: BSL-1.0
// says: not a message: it shares memory with others
#include <fiberscope/fiberscope.hpp>
using namespace fiberscope;

struct Put {
    std::vector<std::string_view> values;
};

void put(Node& node) {
    node.cast("store", Put{});
}
