// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <cstddef>

namespace fiberscope::detail {

/// `std::exit` called in the code of a process, on a thread of the runtime's: it destroys what is thread_local there, then
/// static objects, and ends the program. The thread never comes back to what it was at, so nothing may wait for that, and
/// the process that called is neither interrupted nor given up any more.
namespace program_exit {

/// The calling thread, one of the runtime's, is in std::exit. **Thread:** any.
bool is_under_way() noexcept;

/// The calling thread is the only one of a child that fork() made in the code of a process, which goes on there to exec or to
/// exit: it never comes back to its scheduler. **Thread:** any; async-signal-safe.
bool is_forked_child() noexcept;
/// It has come back, or wants others to run: ends the child, and says why.
[[noreturn]] void end_forked_child() noexcept;

/// While it lives an end of the thread's thread_local objects means that the thread is in std::exit.
/// **Thread:** the one that made it, one at a time.
class Watch {
public:
    Watch() noexcept;
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
};

/// While it lives, destructors of thread_local objects that are registered on this thread are kept here; they run when it
/// is destroyed, newest first, and not at all if the program ends before. For a library whose destructor wants the thread
/// back where it began.
/// **Thread:** the one that made it, one at a time.
class KeptDestructors {
public:
    KeptDestructors() noexcept;
    ~KeptDestructors();
    KeptDestructors(const KeptDestructors&) = delete;
    KeptDestructors& operator=(const KeptDestructors&) = delete;

    /// What is registered from now on is not kept.
    void enough() noexcept;
    /// False: there is no room for it.
    bool keep(void (*destroy)(void*), void* object) noexcept;

private:
    struct Destructor {
        void (*destroy)(void*);
        void* object;
    };
    static constexpr std::size_t most = 8;
    Destructor kept_[most]{};
    std::size_t count_ = 0;
};

} // namespace program_exit

} // namespace fiberscope::detail
