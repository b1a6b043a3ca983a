// SPDX-License-Identifier: BSL-1.0
// says: not a message: it shares memory with others
#include <fiberscope/fiberscope.hpp>
using namespace fiberscope;

struct Put {
    std::string& value;
};

void put(Node& node, std::string& text) {
    node.send("store", Put{text});
}
