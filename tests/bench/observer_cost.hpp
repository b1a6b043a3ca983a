// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstdint>

namespace fiberscope::bench {

/// What it costs the messages of a node with so many other processes that the window looks on: shown, and hidden. Prints
/// medians of five rounds taken in turns. **Blocks:** runs the event loop of the calling thread, the GUI's.
int runObserverCost(std::uint32_t processes);

} // namespace fiberscope::bench
