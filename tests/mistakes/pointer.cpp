// SPDX-License-Identifier: BSL-1.0
// says: not a message: it shares memory with others
#include <fiberscope/fiberscope.hpp>
using namespace fiberscope;

struct Put {
    int key;
    const char* value;
};

void put(Process& self) {
    self.send("store", Put{});
}
