// SPDX-License-Identifier: BSL-1.0
/// Small servers that more than one test asks.
#pragma once

#include <fiberscope/fiberscope.hpp>

namespace fiberscope::test {

struct Get {
    using Reply = int;
};

/// Answers at once.
struct Shelf : Server<Shelf> {
    using Messages = fiberscope::Messages<Get>;
    Reply<Get> handle_call(const Get&) { return 7; }
};

/// Never answers.
struct Silent : Server<Silent> {
    using Messages = fiberscope::Messages<Get>;
    Reply<Get> handle_call(const Get&) { return Reply<Get>::later(); }
};

} // namespace fiberscope::test
