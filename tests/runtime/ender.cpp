// SPDX-License-Identifier: BSL-1.0
/// A program that ends in an unusual way: tst_program_end runs it. `ender WAY WHERE MODE`: where the Node lives (local, static,
/// global), how it preempts (cooperative, signal).
#include "process_fixture.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <thread>

#include <sys/wait.h>
#include <unistd.h>

using namespace fiberscope;
using namespace fiberscope::test;

namespace {

constexpr int exit_code = 3;
std::unique_ptr<Node> global_node;

/// Static objects of the program's are destroyed all the same.
struct Goodbye {
    ~Goodbye() {
        std::puts("goodbye");
        std::fflush(stdout);
    }
} const goodbye;

/// Destroyed while the program exits, it gives others time to come in between.
struct SlowThreadLocal {
    int uses = 0;
    ~SlowThreadLocal() {
        const auto until = std::chrono::steady_clock::now() + 20ms;
        while (std::chrono::steady_clock::now() < until) {
        }
    }
};
thread_local SlowThreadLocal slow;

[[noreturn]] void leave() {
    ++slow.uses;
    std::exit(exit_code);
}

void bystander(Process& self) {
    for (;;)
        self.sleep(1ms);
}

/// What the child process of the operating system that calls `end` ends with; 99 if it does not.
int code_of_child(const std::function<void()>& end) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::alarm(5);
        end();
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

/// Whether a child that is forked in a process and goes on as `go_on` ends, by an exit or a signal, instead of as a scheduler.
bool child_ends(const std::function<void()>& go_on) {
    const pid_t child = ::fork();
    if (child == 0) {
        ::alarm(5);
        go_on(); // what it throws, or its return, would bring it back to the scheduler
        return false;
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) == EXIT_FAILURE : WTERMSIG(status) != SIGALRM;
}

void wait_in(Node& node) {
    node.attach()->receive_for<Tick>(60s);
}

int run(const std::string& way, Node& node) {
    for (int i = 0; i < 20; ++i)
        node.spawn(bystander);
    int answer = 0;
    static std::promise<int> inside; // what happened in a process
    const auto wait_for_inside = [&answer, number = inside.get_future().share()] {
        if (number.wait_for(15s) == std::future_status::ready)
            answer = number.get();
    };
    const std::map<std::string, std::function<void()>> ways{
        {"return", [] {}},
        {"exit",
         [&] {
             node.spawn([](Process&) { leave(); });
             wait_in(node);
         }},
        {"exit_blocking",
         [&] {
             node.spawn([](Process& self) { self.blocking([] { leave(); }); });
             wait_in(node);
         }},
        {"exit_killed", // while it exits
         [&] {
             static std::atomic<bool> leaves{false};
             const Pid leaver = node.spawn([](Process&) {
                 leaves = true;
                 leave();
             });
             while (!leaves)
                 std::this_thread::yield();
             for (;;)
                 node.exit(leaver, ExitReason::kill());
         }},
        {"fork", [&] { answer = code_of_child([] { std::exit(exit_code); }); }},
        {"fork_inside",
         [&] {
             node.spawn([](Process&) { inside.set_value(code_of_child([] { std::exit(exit_code); })); });
             wait_for_inside();
         }},
        {"fork_comes_back",
         [&] {
             node.spawn([](Process& self) {
                 const bool all_end = child_ends([] {}) && child_ends([] { throw 1; }) && child_ends([] { std::terminate(); }) &&
                                      child_ends([&self] { self.sleep(1h); }) && child_ends([] { ::raise(SIGSEGV); });
                 inside.set_value(all_end ? exit_code : 0);
             });
             wait_for_inside();
         }},
        {"fork_stops",
         [&] {
             answer = code_of_child([&] {
                 node.stop();
                 std::exit(exit_code);
             });
         }},
        {"stop_inside",
         [&] {
             node.spawn([](Process& self) { inside.set_value(self.node().stop().empty() ? 0 : exit_code); });
             wait_for_inside();
         }},
        {"stop_blocking",
         [&] {
             node.spawn(
                 [&node](Process& self) { self.blocking([&node] { inside.set_value(node.stop().empty() ? 0 : exit_code); }); });
             wait_for_inside();
         }},
        {"destroy_inside",
         [&] {
             auto other = std::make_shared<std::unique_ptr<Node>>(std::make_unique<Node>(with_schedulers(1)));
             (*other)->spawn([other](Process&) {
                 other->reset();
                 inside.set_value(exit_code);
             });
             wait_for_inside();
         }},
    };
    const auto found = ways.find(way);
    if (found == ways.end())
        return 98;
    found->second();
    return answer;
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 4)
        return 97;
    const std::string where = argv[2];
    NodeConfig config = with_schedulers(2);
    config.preemption = argv[3] == std::string{"signal"} ? Preemption::signal : Preemption::cooperative;
    if (where == "static") {
        static Node node{config};
        return run(argv[1], node);
    }
    if (where == "global") {
        global_node = std::make_unique<Node>(config);
        return run(argv[1], *global_node);
    }
    Node node{config};
    return run(argv[1], node);
}
