// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/events.hpp>
#include <fiberscope/isolation.hpp>
#include <fiberscope/preemption.hpp>
#include <fiberscope/wait_time.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace FIBERSCOPE_API fiberscope {

struct NodeConfig {
    std::string name = "fiberscope@localhost";
    std::uint32_t schedulers = 0;              ///< scheduler threads; 0: one a core
    std::uint32_t process_limit = 1'048'576;   ///< 16 to 4,190,000
    std::uint32_t reductions_per_slice = 4000; ///< budget of a slice (a runtime call costs one or more)
    /// After this a slice is over if somebody waits: the next runtime call gives way.
    Duration slice = std::chrono::microseconds{500};
    /// How a slice ends that is over: see Preemption. `signal` is refused where it cannot be safe; System says why.
    Preemption preemption = Preemption::cooperative;
    /// After this a signal ends the slice if no runtime call did; at least `slice`. Measured (`fiberscope-bench`): beside
    /// tight loops who wakes waits this long at most, less what the loop has used already; from 1 ms to 5 ms the cost stays
    /// between 0.5 % and 1.5 % of the time, so the default is the shortest of these.
    Duration signal_slice = std::chrono::milliseconds{1};
    Duration long_schedule = std::chrono::milliseconds{10}; ///< a slice this long is reported if somebody waits
    int scheduler_nice = 0;                                 ///< added to the threads' nice value, 0 to 19
    std::uint32_t blocking_threads = 10;                    ///< at most so many threads in the blocking pool
    std::uint32_t event_capacity = 16'384;                  ///< events that the ring holds
    /// Reports of at least this level go to standard error, by the log handler `default`; nullopt: there is none. The
    /// variable FIBERSCOPE_LOG of the environment, a level or `none`, is stronger.
    std::optional<LogLevel> log_to_stderr = LogLevel::warning;
    /// A hardware fault (null dereference, division by zero, illegal instruction) in the code of a process is its exit
    /// `{fault,'SIGSEGV',Address}`; destructors do not run. Without it, and anywhere else (in a library, whose locks may
    /// be held, in the runtime, in other threads), a fault ends the program with a crash report.
    bool trap_faults = false;
    /// Shared libraries whose code is the program's own, by path or by name (`libshop.so` is also `libshop.so.2`): see
    /// trust_module. One that is not loaded yet: std::invalid_argument; call trust_module once it is.
    std::vector<std::string> own_modules{};
    /// Handlers of SIGURG, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP and SIGABRT, while a Node of the program wants them; the end
    /// of the last one puts back what was there before. Without: no preemption by signals (System says so), no trapped faults,
    /// and a fault or a stack overflow ends the program without a crash report.
    bool signal_handlers = true;
    bool crash_report_file = true; ///< a crash report goes into a file, too, if every Node of the program has this
    StackGuards stack_guards = StackGuards::automatic; ///< one that is asked for by name and does not work: std::system_error
};

} // namespace fiberscope
