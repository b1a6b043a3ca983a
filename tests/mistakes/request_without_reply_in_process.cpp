// SPDX-License-Identifier: BSL-1.0
// says: not a request: it does not name its reply
#include <fiberscope/fiberscope.hpp>
using namespace fiberscope;

struct Get {};

void ask(Process& self) {
    self.call("store", Get{});
}
