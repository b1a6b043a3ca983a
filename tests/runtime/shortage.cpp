// SPDX-License-Identifier: BSL-1.0
/// Lets the system run short of threads or of address space, for this process only, and prints what a Node makes of that: a
/// line a fact. `shortage NAME`; 77 if it cannot be made to run short here. Run by tst_shortage.
#include <fiberscope/fiberscope.hpp>

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <latch>
#include <memory>
#include <new>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

using namespace fiberscope;
using namespace std::chrono_literals;

namespace {

constexpr int cannot_be_tried = 77;

struct Ask {
    using Reply = int;
};
struct Answering : Server<Answering> {
    using Messages = fiberscope::Messages<Ask>;
    Reply<Ask> handle_call(const Ask&) { return 1; }
};

void set_limit(__rlimit_resource what, rlim_t most) {
    rlimit limit{};
    ::getrlimit(what, &limit);
    limit.rlim_cur = std::min(most, limit.rlim_max);
    ::setrlimit(what, &limit);
}

/// While it lives this process gets no thread beyond the first `most` of its user.
class FewThreads {
public:
    explicit FewThreads(rlim_t most = 1) { set_limit(RLIMIT_NPROC, most); }
    ~FewThreads() { set_limit(RLIMIT_NPROC, RLIM_INFINITY); }
    FewThreads(const FewThreads&) = delete;
    FewThreads& operator=(const FewThreads&) = delete;
};

bool can_make_thread() {
    try {
        std::thread{[] {}}.join();
        return true;
    } catch (const std::system_error&) {
        return false;
    }
}

/// Root and its like are not limited.
bool leave_root() {
    constexpr uid_t nobody = 65534;
    return ::getuid() != 0 || (::setgid(nobody) == 0 && ::setuid(nobody) == 0);
}

bool threads_can_be_limited() {
    const FewThreads none;
    return leave_root() && !can_make_thread();
}

std::string end_of(ExternalProcess& me, MonitorRef monitor) {
    auto down = me->receive(
        on<Down>([monitor](const Down& each) { return each.ref == monitor; }, [](Down each) { return to_string(each.reason); }),
        after(5s, [] { return std::string{"no end"}; }));
    return down.substr(0, down.find(',')); // without the words of the system
}

void print_blocking_pool(Node& node) {
    const bool is_quiet = node.wait_until_quiet(5s);
    const NodeRow row = node.snapshot().node;
    fmt::print("quiet {}, busy {}, waiting {}\n", is_quiet, row.blocking_threads, row.blocking_jobs_waiting);
}

// -- threads ----

void calls_without_threads() {
    Node node{{.schedulers = 2}};
    ExternalProcess me = node.attach();
    const auto call = [](Process& self) { self.exit(Term::integer(self.blocking([] { return 7; }))); };
    {
        const FewThreads none;
        for (int i = 0; i < 3; ++i)
            fmt::print("without: {}\n", end_of(me, me->spawn_monitor(call).second));
        print_blocking_pool(node);
    }
    fmt::print("with: {}\n", end_of(me, me->spawn_monitor(call).second));
    print_blocking_pool(node);
    fmt::print("left {}\n", node.stop(5s).size());
}

void calls_wait_for_the_threads_there_are() {
    Node node{{.schedulers = 2}};
    ExternalProcess me = node.attach();
    std::latch is_running{1};
    std::latch may_end{1};
    const auto holder = me->spawn_monitor([&](Process& self) {
        self.blocking([&] {
            is_running.count_down();
            may_end.wait();
        });
    });
    is_running.wait();
    const FewThreads none;
    std::array<MonitorRef, 3> others;
    for (MonitorRef& other : others)
        other = me->spawn_monitor([](Process& self) { self.exit(Term::integer(self.blocking([] { return 7; }))); }).second;
    while (node.snapshot().node.blocking_jobs_waiting < others.size())
        std::this_thread::yield();
    may_end.count_down();
    fmt::print("first: {}\n", end_of(me, holder.second));
    for (const MonitorRef other : others)
        fmt::print("other: {}\n", end_of(me, other));
    print_blocking_pool(node);
}

void inspection_without_threads() {
    Node node{{.schedulers = 1}};
    ExternalProcess me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor([](Process& self) { self.receive<int>(); });
    node.wait_until_quiet(5s);
    const FewThreads none;
    std::latch is_answered{1};
    node.inspect({pid}, Inspect::stack, {}, [&](const std::vector<Inspection>& answers) {
        fmt::print("answers {}, alive {}\n", answers.size(), answers.front().alive);
        is_answered.count_down();
    });
    is_answered.wait();
    node.send(pid, 1);
    fmt::print("inspected: {}\n", end_of(me, monitor));
}

void nodes_with_few_threads() {
    int refused = 0;
    int started = 0;
    for (rlim_t most = 1; most < 16; ++most) {
        const FewThreads few{most};
        try {
            Node node{{.schedulers = 3}};
            started += node.wait_until_quiet(5s) ? 1 : 0;
        } catch (const std::system_error&) {
            ++refused;
        }
    }
    fmt::print("refused some {}, others work {}\n", refused > 0, refused + started == 15);
    Node node{{.schedulers = 3}};
    fmt::print("afterwards: {}\n", node.start(Answering::start().named("server")).has_value());
    fmt::print("left {}\n", node.stop(5s).size());
}

/// The end of a permanent application stops the Node, which takes a thread.
void node_stops_once_there_is_a_thread() {
    Node node{{.schedulers = 1}};
    fmt::print("started {}\n",
               node.start(Application{"app", Answering::start().named("top")}.restart_type(RestartType::permanent)).has_value());
    {
        const FewThreads none;
        node.exit(node.whereis("top"), ExitReason::kill());
        while (!node.applications().empty())
            std::this_thread::yield();
        fmt::print("stopped {}\n", node.is_stopped());
    }
    for (int i = 0; i < 5000 && !node.is_stopped(); ++i)
        std::this_thread::sleep_for(1ms);
    fmt::print("stopped {}\n", node.is_stopped());
}

// -- stacks ----

/// Address space for `more_mib` from now on.
void limit_address_space(std::size_t more_mib) {
    std::FILE* file = std::fopen("/proc/self/statm", "r");
    unsigned long pages = 0;
    if (file == nullptr || std::fscanf(file, "%lu", &pages) != 1)
        std::_Exit(cannot_be_tried);
    std::fclose(file);
    set_limit(RLIMIT_AS, pages * static_cast<rlim_t>(::sysconf(_SC_PAGESIZE)) + (rlim_t{more_mib} << 20U));
}

void processes_without_stacks() {
    Node node{{.schedulers = 2}};
    const Pid server = *node.start(Answering::start().named("server"));
    ExternalProcess me = node.attach();
    limit_address_space(300);
    std::string end = "none";
    int spawned = 0;
    while (end == "none" && ++spawned < 100'000) {
        me->spawn_monitor([](Process& self) { self.receive<int>(); });
        if (spawned % 100 == 0)
            node.wait_until_quiet(5s);
        if (auto down = me->receive_for<Down>(0s))
            end = to_string(down->reason);
    }
    fmt::print("ended: {}\n", end);
    constexpr std::size_t some_bytes = std::size_t{24} << 20U;
    const std::unique_ptr<std::byte[]> memory{new (std::nothrow) std::byte[some_bytes]};
    fmt::print("others have memory: {}\n", memory != nullptr);
    bool answers = true;
    for (int i = 0; i < 1000; ++i)
        answers = answers && node.call(server, Ask{}).has_value();
    fmt::print("server answers {}\n", answers);
    const auto link = me->spawn_monitor([](Process& self) { self.receive<int>(); });
    fmt::print("another: {}\n", end_of(me, link.second));
    fmt::print("a server: {}\n", to_string(node.start(Answering::start()).error()));
    for (const ProcessRow& row : node.snapshot().processes)
        node.send(row.pid, 1);
    node.wait_until_quiet(5s);
    const auto later = me->spawn_monitor([](Process&) {});
    fmt::print("when some have ended: {}\n", end_of(me, later.second));
    fmt::print("left {}\n", node.stop(5s).size());
}

void nodes_without_address_space() {
    int refused = 0;
    for (std::size_t mib = 0; mib < 160; mib += 8) {
        limit_address_space(mib);
        try {
            Node node{{.schedulers = 2}};
        } catch (const std::system_error&) {
            ++refused;
        } catch (const std::bad_alloc&) {
            ++refused;
        }
        set_limit(RLIMIT_AS, RLIM_INFINITY);
    }
    fmt::print("refused some {}\n", refused > 0);
    Node node{{.schedulers = 2}};
    fmt::print("afterwards: {}\n", node.start(Answering::start().named("server")).has_value());
}

struct Scenario {
    std::string_view name;
    void (*run)();
    bool needs_thread_limit;
};
constexpr std::array scenarios{
    Scenario{"calls_without_threads", &calls_without_threads, true},
    Scenario{"calls_wait_for_the_threads_there_are", &calls_wait_for_the_threads_there_are, true},
    Scenario{"inspection_without_threads", &inspection_without_threads, true},
    Scenario{"nodes_with_few_threads", &nodes_with_few_threads, true},
    Scenario{"node_stops_once_there_is_a_thread", &node_stops_once_there_is_a_thread, true},
    Scenario{"processes_without_stacks", &processes_without_stacks, false},
    Scenario{"nodes_without_address_space", &nodes_without_address_space, false},
};

} // namespace

int main(int, char** arguments) {
    for (const Scenario& scenario : scenarios)
        if (scenario.name == arguments[1]) {
            if (scenario.needs_thread_limit && !threads_can_be_limited())
                return cannot_be_tried;
            scenario.run();
            return 0;
        }
    return 1;
}
