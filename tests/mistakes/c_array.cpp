// SPDX-License-Identifier: BSL-1.0
// says: not a message: it has a C array; use std::array or std::string
#include <fiberscope/fiberscope.hpp>
using namespace fiberscope;

struct Put {
    int key;
    char name[16];
};

void put(Process& self) {
    self.send("store", Put{});
}
