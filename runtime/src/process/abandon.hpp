// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "process/control_block.hpp"

namespace fiberscope::detail {

/// Makes `std::terminate` in the code of a process the end of that process alone. Installed once a program, never removed;
/// what is not a process's goes on to the handler that was there before. **Thread:** any.
void install_terminate_handler();

} // namespace fiberscope::detail
