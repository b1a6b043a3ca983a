// SPDX-License-Identifier: BSL-1.0
/// Names of the functions that the observer shows, found in the program's own symbols.
#pragma once

#include <fiberscope/inspect.hpp>

#include <cstdint>
#include <memory>
#include <vector>

namespace fiberscope::detail {

/// Turns code addresses and types into readable names, and remembers them. One object a program.
/// Static functions are found in the symbol table, so nothing need be linked with -rdynamic; a stripped program shows
/// `module+0xoffset`.
/// **Thread:** any but a scheduler's: the first question about a module reads its symbols from disk.
/// **Blocks:** on a mutex and the disk.
class FunctionNames {
public:
    static FunctionNames& instance();

    /// Interned readable name of the function that contains `pc`, such as `kv::client lambda`; 0 for address 0.
    std::uint32_t id_of_address(std::uintptr_t pc);
    /// Interned readable name of a closure or class, from `typeid(T).name()`; 0 for nullptr.
    std::uint32_t id_of_type(const char* mangled);
    /// Function, file and line of the code at `pc`. For a return address ask about the byte before it.
    FrameInfo frame_of(std::uintptr_t pc);
    /// The program's frames of a stack, given its return addresses; the runtime's own are left out.
    std::vector<FrameInfo> program_frames(const std::vector<std::uintptr_t>& return_addresses);

private:
    FunctionNames();
    ~FunctionNames();

    struct Symbols;
    std::unique_ptr<Symbols> symbols_;
};

} // namespace fiberscope::detail
