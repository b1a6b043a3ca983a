// SPDX-License-Identifier: BSL-1.0
// says: not a message: a message is moved on its way, and this type cannot be moved
#include <fiberscope/fiberscope.hpp>
using namespace fiberscope;

struct Put {
    std::atomic<int> value;
};

void put(Process& self) {
    self.receive(on<Put>([](const Put&) {}));
}
