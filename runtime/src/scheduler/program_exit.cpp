// SPDX-License-Identifier: BSL-1.0
#include "scheduler/program_exit.hpp"

#include "base/code_depth.hpp"
#include "base/standard_error.hpp"

#include <cstdlib>

#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>

extern "C" void* __dso_handle; // of the module that this is linked into

namespace fiberscope::detail {

namespace {

using Register = int (*)(void (*destroy)(void*), void* object, void* module);

Register find_library_register() noexcept {
    if (void* found = ::dlsym(RTLD_NEXT, "__cxa_thread_atexit"))
        return reinterpret_cast<Register>(found);
    return reinterpret_cast<Register>(::dlsym(RTLD_DEFAULT, "__cxa_thread_atexit_impl")); // libstdc++ is linked statically
}

constinit thread_local bool is_at_work = false;
constinit thread_local bool in_forked_child = false;
constinit thread_local bool in_exit = false;
constinit thread_local program_exit::KeptDestructors* keeper = nullptr;

Register library_register() noexcept {
    static const Register found = find_library_register();
    return found;
}

/// std::exit begins with the thread_local objects of the thread that called it; so does the end of a thread.
void destructors_begin(void* /*nothing*/) {
    if (!is_at_work || in_exit)
        return;
    in_exit = true;
    add_depth(code_depth.runtime_calls, 1); // a process that is given up now would never bring the exit to its end
    add_depth(code_depth.pins, 1);
}

/// Newest first is the order of destructors, so this is called before that of any object registered until now.
void register_notice() noexcept {
    if (library_register() != nullptr)
        library_register()(&destructors_begin, nullptr, &__dso_handle);
}

} // namespace

bool program_exit::is_under_way() noexcept {
    return in_exit;
}

bool program_exit::is_forked_child() noexcept {
    return in_forked_child;
}

void program_exit::end_forked_child() noexcept {
    standard_error::write(
        "fiberscope: a process that has called fork() came back to its scheduler in the child, where only exec or "
        "an exit can follow: the child ends\n");
    ::_exit(EXIT_FAILURE);
}

program_exit::Watch::Watch() noexcept {
    [[maybe_unused]] static const int watches_forks = ::pthread_atfork(nullptr, nullptr, [] { in_forked_child = is_at_work; });
    is_at_work = true;
    register_notice();
}

program_exit::Watch::~Watch() {
    is_at_work = false;
}

program_exit::KeptDestructors::KeptDestructors() noexcept {
    keeper = this;
}

program_exit::KeptDestructors::~KeptDestructors() {
    enough();
    while (count_ > 0) {
        const Destructor& newest = kept_[--count_];
        newest.destroy(newest.object);
    }
}

void program_exit::KeptDestructors::enough() noexcept {
    keeper = nullptr;
}

bool program_exit::KeptDestructors::keep(void (*destroy)(void*), void* object) noexcept {
    if (count_ == most)
        return false;
    kept_[count_++] = {destroy, object};
    return true;
}

} // namespace fiberscope::detail

/// Takes the place of the library's, which registers the destructor of a thread_local object.
extern "C" [[gnu::visibility("default")]] int __cxa_thread_atexit(void (*destroy)(void*), void* object, void* module) noexcept {
    using namespace fiberscope::detail;
    if (keeper != nullptr && keeper->keep(destroy, object))
        return 0;
    const int error = library_register() != nullptr ? library_register()(destroy, object, module) : -1;
    if (is_at_work)
        register_notice();
    return error;
}
