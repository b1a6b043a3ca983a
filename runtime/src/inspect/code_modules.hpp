// SPDX-License-Identifier: BSL-1.0
/// The program and the shared objects that are loaded, with their symbols.
#pragma once

#include "inspect/loaded_code.hpp"

#include <elfutils/libdwfl.h>

#include <cstdint>
#include <string>

namespace fiberscope::detail {

/// The program or one of its shared objects.
struct CodeModule {
    Dwfl_Module* handle = nullptr; ///< nullptr: no code lies there
    std::string name;              ///< of its file: `libc.so.6`
    std::uintptr_t start = 0;
    bool is_program = false; ///< the executable itself, or a library that is trusted as it is
    bool is_system = false;  ///< one of the system's libraries
};

/// Finds what is loaded, and reads it when it is first asked about.
/// **Thread:** one at a time: libdwfl is not thread-safe. **Blocks:** on the disk.
class CodeModules {
public:
    CodeModules() = default;
    ~CodeModules();
    CodeModules(const CodeModules&) = delete;
    CodeModules& operator=(const CodeModules&) = delete;

    CodeModule module_of(std::uintptr_t pc);

private:
    bool is_up_to_date();

    Dwfl* session_ = nullptr;
    LoaderCounts counts_; ///< when the list of modules was made: a change means that it is out of date
};

/// The demangled symbol that `pc` lies in; empty if there is none.
std::string symbol_at(const CodeModule& module, std::uintptr_t pc);

} // namespace fiberscope::detail
