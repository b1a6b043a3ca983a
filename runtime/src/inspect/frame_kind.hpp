// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "inspect/code_modules.hpp"
#include "inspect/inline_chain.hpp"

#include <fiberscope/inspect.hpp>

namespace fiberscope::detail {

/// Whose code `frame` executes, which lies in `module`.
FrameKind kind_of(const CodeFrame& frame, const CodeModule& module);

} // namespace fiberscope::detail
