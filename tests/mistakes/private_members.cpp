// SPDX-License-Identifier: BSL-1.0
// says: not a message: nobody can look into it from outside (private members
#include <fiberscope/fiberscope.hpp>
using namespace fiberscope;

class Put {
public:
    explicit Put(int value) : value_{value} {}

private:
    int value_;
};

void put(Process& self) {
    self.send("store", Put{1});
}
