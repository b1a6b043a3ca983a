// SPDX-License-Identifier: BSL-1.0
// says: not a message: nobody can look into it from outside (private members
#include <fiberscope/fiberscope.hpp>
using namespace fiberscope;

void put(Process& self) {
    self.send("store", [&self] { return self.pid(); });
}
