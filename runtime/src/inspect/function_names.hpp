// SPDX-License-Identifier: BSL-1.0
/// Names of the functions that the observer shows, found in the program's own symbols and debug information.
#pragma once

#include <fiberscope/events.hpp>
#include <fiberscope/inspect.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

namespace fiberscope::detail {

/// Turns code addresses and types into readable names, and remembers them, as long as nothing is loaded or unloaded. One object a
/// program.
/// Static functions are found in the symbol table, so nothing need be linked with -rdynamic; a stripped program shows
/// `module+0xoffset`. Inlined functions, files and lines need debug information (`-g1` will do).
/// **Thread:** any but a scheduler's: the first question about a module reads its symbols from disk.
/// **Blocks:** on a mutex and the disk.
class FunctionNames {
public:
    static FunctionNames& instance();

    /// Changes whenever names that were given may have become others'. The first call is to come before anything is noted
    /// that is named later.
    std::uint64_t generation();
    /// What was noted at `at` about this address holds for what lies there now: no other library has taken its place.
    bool was_there(std::uintptr_t address, std::chrono::system_clock::time_point at);
    /// Puts 0 in place of the addresses for which that is not so.
    void forget_unloaded(RawStack& stack, std::chrono::system_clock::time_point at);

    /// Interned readable name of the function that contains `pc`, such as `kv::client lambda`; 0 for address 0.
    std::uint32_t id_of_address(std::uintptr_t pc);
    /// Interned readable name of the innermost function of the program's at `pc`, be it inlined; 0 if all code there is
    /// the runtime's or a library's.
    std::uint32_t id_of_program_code(std::uintptr_t pc);
    /// Interned readable name of a closure or class, from `typeid(T).name()`; 0 for nullptr.
    std::uint32_t id_of_type(const char* mangled);
    /// All functions that the code at `pc` lies in: the inlined ones, innermost first, then the one that has the symbol;
    /// never empty. For a return address ask about the byte before it.
    std::vector<FrameInfo> frames_at(std::uintptr_t pc);
    /// The frames of a stack, of all kinds; address 0 is `unloaded code`. Equal frames in a row are one; a frame without a file,
    /// `... 1,290 frames left out ...`, stands for those that were not kept.
    std::vector<FrameInfo> frames_of(const RawStack& stack);

private:
    FunctionNames();
    ~FunctionNames();

    struct Symbols;
    std::unique_ptr<Symbols> symbols_;
};

} // namespace fiberscope::detail
