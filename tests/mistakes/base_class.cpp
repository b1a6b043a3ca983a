// SPDX-License-Identifier: BSL-1.0
// says: not a message: it has a base class, into which nobody can look from outside; make the base a member
#include <fiberscope/fiberscope.hpp>
using namespace fiberscope;

struct Item {
    int key = 0;
};
struct Put : Item {
    int value = 0;
};

void put(Process& self) {
    self.send("store", Put{});
}
