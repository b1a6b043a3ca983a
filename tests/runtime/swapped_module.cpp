// SPDX-License-Identifier: BSL-1.0
/// A library that is unloaded, and the one that takes its place: tst_end_stacks loads them.
#include <fiberscope/process.hpp>

#include <stdexcept>

[[gnu::noinline]] void FIBERSCOPE_PLACE() {
    throw std::runtime_error{"out of order"};
}

extern "C" [[gnu::visibility("default")]] void swapped_body(fiberscope::Process& /*self*/) {
    FIBERSCOPE_PLACE();
    asm volatile("");
}
