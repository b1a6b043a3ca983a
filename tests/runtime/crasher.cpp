// SPDX-License-Identifier: BSL-1.0
/// A program that ends with a crash report: tst_crash_report runs it. `crasher WAY`.
#include "faulty_bodies.hpp"

#include <csignal>
#include <cstring>
#include <functional>
#include <map>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace fiberscope;
using namespace fiberscope::test;

namespace {

void shop_keeper(Process& self) {
    self.receive<Tick>();
    fault_at_null(self);
}

/// A library that faults while it holds the stream's lock.
void printer(Process&) {
    const volatile std::uintptr_t nowhere = 8;
    std::fwrite(reinterpret_cast<const char*>(nowhere), 1, 100, null_stream());
}

/// In code of the runtime's that was called: it reads the options.
void hanger_on(Process& self) {
    self.blocking([] { write_to(nullptr); });
}

void aborter(Process&) {
    std::abort();
}

bool is_child = false;

/// A child that fork() made has no thread that writes reports.
void crash_in_child() {
    const pid_t child = ::fork();
    if (child == 0) {
        is_child = true;
        ::raise(SIGSEGV);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    ::raise(WIFSIGNALED(status) ? WTERMSIG(status) : SIGKILL);
}

/// What is opened next after standard error was closed gets its number.
void open_data_file(const char* path) {
    ::close(STDERR_FILENO);
    const int file = ::open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);
    if (file != STDERR_FILENO || ::write(file, "my data\n", 8) != 8)
        std::_Exit(4);
}

/// As `2>&-` in a shell starts it; its first file gets the number of standard error.
[[noreturn]] void begin_without_standard_error(char** argv) {
    ::setenv("CRASHER_HAS_BEGUN", "1", 1);
    ::close(STDERR_FILENO);
    ::execv("/proc/self/exe", argv);
    std::_Exit(4);
}

} // namespace

/// Takes the place of the library's: in the child nobody comes who could be waited for.
extern "C" int poll(pollfd* files, nfds_t count, int timeout_ms) {
    if (is_child)
        std::_Exit(6);
    return static_cast<int>(::syscall(SYS_poll, files, count, timeout_ms));
}

int main(int argc, char** argv) {
    const std::string way = argc > 1 ? argv[1] : "";
    if (way == "no_standard_error") {
        if (std::getenv("CRASHER_HAS_BEGUN") == nullptr)
            begin_without_standard_error(argv);
        open_data_file(argv[2]);
    }
    NodeConfig config = with_schedulers(1);
    config.name = "shop@localhost";
    config.trap_faults = way != "untrapped";
    Node node{config};
    ExternalProcess me = node.attach();
    node.log(LogLevel::warning, "the shop is about to close");
    node.wait_until_quiet(10s);
    const std::map<std::string, std::function<void()>> ways{
        {"untrapped",
         [&] {
             const auto [pid, monitor] = me->spawn_monitor(shop_keeper, {.name = "keeper"});
             me->send(pid, Tick{});
             reason_of_end(me, pid, monitor);
         }},
        {"library",
         [&] {
             const auto [pid, monitor] = me->spawn_monitor(printer);
             reason_of_end(me, pid, monitor);
         }},
        {"pool",
         [&] {
             const auto [pid, monitor] = me->spawn_monitor(hanger_on);
             reason_of_end(me, pid, monitor);
         }},
        {"thread", [] { std::thread{[] { write_to(nullptr); }}.join(); }},
        {"raised", [] { ::raise(SIGSEGV); }},
        {"abort",
         [&] {
             const auto [pid, monitor] = me->spawn_monitor(aborter, {.name = "keeper"});
             reason_of_end(me, pid, monitor);
         }},
        {"abort_outside", [] { std::abort(); }},
        {"own_handler",
         [] {
             ::signal(SIGABRT, [](int) { std::_Exit(5); });
             std::abort();
         }},
        {"child", crash_in_child},
        {"small_files",
         [] {
             const rlimit limit{100, 100};
             ::setrlimit(RLIMIT_FSIZE, &limit);
             ::raise(SIGSEGV);
         }},
        {"data_file",
         [&] {
             open_data_file(argv[2]);
             ::raise(SIGSEGV);
         }},
        {"no_standard_error",
         [&] {
             const auto fails = [](const Event&) { throw std::runtime_error{"no disk"}; };
             if (node.add_log_handler("fails", LogLevel::warning, fails))
                 node.log(LogLevel::warning, "a line for all");
             while (node.set_log_handler_level("fails", LogLevel::warning))
                 std::this_thread::yield(); // until it is removed, which was said before
             ::raise(SIGSEGV);
         }},
        {"no_reader",
         [&] {
             int ends[2];
             if (::pipe(ends) == 0 && ::dup2(ends[1], STDERR_FILENO) >= 0)
                 ::close(ends[0]);
             ::raise(SIGSEGV);
         }},
    };
    if (const auto found = ways.find(way); found != ways.end())
        found->second();
    return 3; // it should not have come back
}
