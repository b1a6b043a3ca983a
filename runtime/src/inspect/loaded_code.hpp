// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <sys/types.h>

namespace fiberscope::detail {

/// How often the loader has loaded and unloaded something in this program: they change with every change.
struct LoaderCounts {
    unsigned long long loads = 0;
    unsigned long long unloads = 0;
    bool operator==(const LoaderCounts&) const = default;
};
/// **Thread:** any. **Blocks:** while another thread loads something.
LoaderCounts loader_counts();

/// What is loaded where, and since when for certain: a library that was unloaded leaves its addresses to the next one, and
/// what was noted before is not that one's.
/// **Thread:** one at a time.
class LoadedCode {
public:
    using Time = std::chrono::system_clock::time_point;

    /// Looks again. True if something was loaded, unloaded or trusted since the last look. What the first look finds has been
    /// there always: nothing was noted before.
    bool refresh();
    /// What lies at `address` now lay there at `at`, too. False if nothing does, or if that is not certain.
    bool was_there(std::uintptr_t address, Time at) const noexcept;

private:
    struct Module {
        std::string path;
        std::uintptr_t begin;
        std::uintptr_t end;
        ino_t file = 0;     ///< another one may have its path
        timespec changed{}; ///< its last change
        Time since = Time::min();
        bool is_same(const Module& other) const noexcept;
    };
    struct Counts {
        LoaderCounts loader;
        std::size_t trusted = 0; ///< pieces of the program's own code
        bool operator==(const Counts&) const = default;
    };
    static std::vector<Module> modules_now();

    std::vector<Module> modules_;
    Counts counts_;
};

} // namespace fiberscope::detail
