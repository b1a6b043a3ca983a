// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace fiberscope::detail {

/// Runs `probe` (BuildFlags::finds_errno_again) in a fiber that goes to another thread in the middle. What it says; false without
/// a probe, and where no thread can be had. **Blocks:** until that thread has run.
bool finds_errno_on_another_thread(bool (*probe)(void (*go_elsewhere)(void*), void* argument)) noexcept;

} // namespace fiberscope::detail
