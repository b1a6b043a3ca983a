// SPDX-License-Identifier: BSL-1.0
/// What the debug information tells of one place in the code.
#pragma once

#include "inspect/code_modules.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace fiberscope::detail {

/// A function at a place in the code.
struct CodeFrame {
    std::string name; ///< demangled, as complete as it is known: some compilers leave out the scopes of internal functions
    std::string file; ///< empty if unknown
    int line = 0;
    bool is_inlined = false; ///< into the one that follows
    bool is_lambda = false;  ///< the body of one whose name is not known
};

/// All functions that `pc` lies in: those that were inlined there, innermost first, then the one that is called `symbol`.
/// The innermost one is where the line table says, each other one where it calls the one before it.
std::vector<CodeFrame> inline_chain(const CodeModule& module, std::uintptr_t pc, std::string symbol);

} // namespace fiberscope::detail
