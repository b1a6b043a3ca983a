// SPDX-License-Identifier: BSL-1.0
/// A process that uses up its stack or faults ends alone, whoever guards the stacks.
#include "faulty_bodies.hpp"
#include "runaways.hpp"
#include "sanitizers.hpp"

#include <algorithm>
#include <fstream>

using namespace fiberscope;
using namespace fiberscope::test;

namespace {

using Body = void (*)(Process&);

NodeConfig guarded(StackGuards guards) {
    NodeConfig config = with_schedulers(1);
    config.stack_guards = guards;
    return config;
}

NodeConfig trapping(unsigned schedulers) {
    NodeConfig config = with_schedulers(schedulers);
    config.trap_faults = true;
    return config;
}

bool has_advice() {
    return Node{with_schedulers(1)}.snapshot().node.stack_guards.find("MADV") != std::string::npos &&
           Node{with_schedulers(1)}.snapshot().node.stack_guards.find("mprotect") == std::string::npos;
}

/// Spawns `body` and says why it ended.
std::string end_of_body(ExternalProcess& me, Body body, Pid* process = nullptr) {
    const auto [pid, monitor] = me->spawn_monitor(body);
    if (process != nullptr)
        *process = pid;
    return to_string(reason_of_end(me, pid, monitor));
}

std::uint64_t resident_bytes() {
    std::ifstream statm{"/proc/self/statm"};
    std::uint64_t total = 0;
    std::uint64_t resident = 0;
    statm >> total >> resident;
    return resident * 4096;
}

/// Keeps data on its stack, checks them, and answers.
void neighbour(Process& self) {
    volatile int data[1000];
    for (int i = 0; i < 1000; ++i)
        data[i] = i;
    for (;;)
        self.receive(on<Tick>([&](Tick tick) {
            long sum = 0;
            for (int i = 0; i < 1000; ++i)
                sum += data[i];
            self.send(self.parent(), Tock{sum == 499'500 ? tick.number : -1});
        }));
}

} // namespace

class TestIsolation : public QObject {
    Q_OBJECT

private slots:
    void an_overflow_ends_one_process_data();
    void an_overflow_ends_one_process();
    void stdio_is_usable_after_overflows_in_it();
    void a_library_that_has_overflowed_and_returned_ends_the_process();
    void a_large_stack_goes_deep();
    void overflows_are_told_with_their_stack();
    void a_handler_that_overflows_ends_its_server();
    void stacks_are_used_again();
    void deep_use_is_given_back();
    void a_fault_ends_one_process_data();
    void a_fault_ends_one_process();
    void faults_are_told_with_their_stack();
    void a_fault_of_a_killed_process_keeps_its_reason();
    void guards_that_do_not_exist_are_refused();
};

void TestIsolation::an_overflow_ends_one_process_data() {
    QTest::addColumn<StackGuards>("guards");
    QTest::addColumn<Body>("body");
    struct Kind {
        const char* name;
        Body body;
    };
    const Kind kinds[] = {{"own code", overflow_in_own_code},     {"strides", overflow_in_strides},
                          {"stdio", overflow_in_stdio},           {"callbacks", overflow_in_callbacks},
                          {"runtime", overflow_in_runtime_calls}, {"regex", overflow_in_regex},
                          {"throws", overflow_in_throws}};
    for (const Kind& kind : kinds) {
        if (has_advice())
            QTest::addRow("%s, advice", kind.name) << StackGuards::advice << kind.body;
        QTest::addRow("%s, protection", kind.name) << StackGuards::protection << kind.body;
    }
    // without guards, a process is looked at when it gives way
    QTest::addRow("runtime, checks") << StackGuards::checks << static_cast<Body>(overflow_in_runtime_calls);
}

void TestIsolation::an_overflow_ends_one_process() {
    QFETCH(StackGuards, guards);
    QFETCH(Body, body);
    Node node{guarded(guards)};
    ExternalProcess me = node.attach();
    const Pid beside = me->spawn(neighbour);
    for (int round = 0; round < 20; ++round) {
        QCOMPARE(end_of_body(me, body), std::string{"stack_overflow"});
        while (me->receive_for<Tick>(0s)) {
        }
        me->send(beside, Tick{round});
        QCOMPARE(me->receive<Tock>().number, round);
    }
    QCOMPARE(node.snapshot().node.overflows, 20U);
    QCOMPARE(node.snapshot().node.crashes, 20U);
}

void TestIsolation::stdio_is_usable_after_overflows_in_it() {
    Node node{with_schedulers(2)};
    ExternalProcess me = node.attach();
    for (int round = 0; round < 50; ++round) {
        QCOMPARE(end_of_body(me, overflow_in_stdio), std::string{"stack_overflow"});
        QVERIFY(::ftrylockfile(null_stream()) == 0); // this thread can have the lock that the process held
        ::funlockfile(null_stream());
    }
}

void TestIsolation::a_library_that_has_overflowed_and_returned_ends_the_process() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const auto body = [](Process&) {
        // leaves less than the library wants, and nothing of its own to come back to but the end
        const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
        const std::size_t bytes = 60 * 1024 - here % 1024;
        auto* frame = static_cast<volatile char*>(__builtin_alloca(bytes));
        frame[0] = 0;
        std::fprintf(null_stream(), "%.200f\n", 1.5);
    };
    const auto [pid, monitor] = me->spawn_monitor(body);
    const std::string reason = to_string(reason_of_end(me, pid, monitor));
    QVERIFY2(reason == "stack_overflow" || reason == "normal", reason.c_str()); // as much as was left
    QCOMPARE(end_of_body(me, overflow_in_own_code), std::string{"stack_overflow"});
}

void TestIsolation::a_large_stack_goes_deep() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const auto body = [](Process&) {
        struct Diver {
            static int dive(int depth) {
                volatile char frame[512];
                frame[0] = 1;
                return depth == 0 ? 0 : dive(depth - 1) + frame[0];
            }
        };
        if (Diver::dive(1000) != 1000)
            throw std::runtime_error{"wrong"};
    };
    for (const std::size_t bytes : {std::size_t{64} * 1024, std::size_t{2} << 20U}) {
        const auto [pid, monitor] = me->spawn_monitor(body, {.stack_bytes = bytes});
        QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{bytes < 1'000'000 ? "stack_overflow" : "normal"});
    }
}

void TestIsolation::overflows_are_told_with_their_stack() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    Pid process;
    QCOMPARE(end_of_body(me, overflow_in_own_code, &process), std::string{"stack_overflow"});
    const Event end = exit_event_of(node, process);
    QVERIFY(end.abandoned);
    QVERIFY2(end.stack_text.find("dive") != std::string::npos, end.stack_text.c_str());
    QVERIFY2(end.stack_text.find("overflow_in_own_code") != std::string::npos, end.stack_text.c_str());
    QVERIFY2(end.stack_text.find("frames left out") != std::string::npos, end.stack_text.c_str());
    QVERIFY2(end.stack_text.find("faulty_bodies.hpp:") != std::string::npos, end.stack_text.c_str());
}

namespace {

/// A server that can be told to use up its stack.
struct Diver : Server<Diver> {
    struct Dive {
        using Reply = int;
    };
    struct Greet {
        using Reply = int;
    };
    using Messages = fiberscope::Messages<Dive, Greet>;
    Reply<Dive> handle_call(const Dive&) { return dive(0); }
    Reply<Greet> handle_call(const Greet&) { return 42; }
};

} // namespace

void TestIsolation::a_handler_that_overflows_ends_its_server() {
    Node node{with_schedulers(2)};
    QVERIFY(node.start(Application{
        "app", Supervisor::one_for_one({.intensity = 100, .period = 1s}).child("diver", Diver::start().named("diver"))}));
    for (int round = 0; round < 10; ++round) {
        const auto answer = node.call("diver", Diver::Dive{});
        QVERIFY(!answer);
        QCOMPARE(to_string(answer.error()), std::string{"stack_overflow"});
        QTRY_VERIFY(node.whereis("diver") != Pid{});
        QTRY_VERIFY(node.call("diver", Diver::Greet{}).has_value());
    }
}

void TestIsolation::stacks_are_used_again() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    end_of_body(me, overflow_in_own_code);
    const std::uint64_t reserved = node.snapshot().node.stacks_bytes;
    for (int round = 0; round < 1000; ++round)
        QCOMPARE(end_of_body(me, overflow_in_own_code), std::string{"stack_overflow"});
    QCOMPARE(node.snapshot().node.stacks_bytes, reserved);
    QTRY_COMPARE(node.snapshot().schedulers[0].started_processes, 0U);
}

void TestIsolation::deep_use_is_given_back() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    constexpr std::size_t deep_bytes = std::size_t{4} << 20U;
    std::atomic<std::uint64_t> while_deep{0};
    const auto deep = [&while_deep](Process&) {
        auto* frame = static_cast<volatile char*>(__builtin_alloca(deep_bytes));
        for (std::size_t at = 0; at < deep_bytes; at += 4096)
            frame[at] = 1;
        while_deep = resident_bytes();
    };
    const auto [pid, monitor] = me->spawn_monitor(deep, {.stack_bytes = 2 * deep_bytes});
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"normal"});
    QTRY_VERIFY(resident_bytes() + deep_bytes / 2 < while_deep); // its fiber idles on, with the top pages only
}

void TestIsolation::a_fault_ends_one_process_data() {
    QTest::addColumn<Body>("body");
    QTest::addColumn<std::string>("reason"); ///< its beginning
    QTest::addRow("null") << static_cast<Body>(fault_at_null) << std::string{"{fault,'SIGSEGV',0}"};
    QTest::addRow("call") << static_cast<Body>(fault_in_call) << std::string{"{fault,'SIGSEGV',0}"};
    QTest::addRow("division") << static_cast<Body>(fault_in_division) << std::string{"{fault,'SIGFPE',"};
    QTest::addRow("instruction") << static_cast<Body>(fault_of_instruction) << std::string{"{fault,'SIGILL',"};
#if !defined(FIBERSCOPE_ADDRESS_SANITIZER) // which has these functions in its own library
    QTest::addRow("memset") << static_cast<Body>(fault_in_memset) << std::string{"{fault,'SIGSEGV',0}"};
    QTest::addRow("string") << static_cast<Body>(fault_in_string) << std::string{"{fault,'SIGSEGV',"};
#endif
}

void TestIsolation::a_fault_ends_one_process() {
    QFETCH(Body, body);
    QFETCH(std::string, reason);
    Node node{trapping(1)};
    ExternalProcess me = node.attach();
    const Pid beside = me->spawn(neighbour);
    for (int round = 0; round < 20; ++round) {
        const std::string end = end_of_body(me, body);
        QVERIFY2(end.starts_with(reason), end.c_str());
        me->send(beside, Tick{round});
        QCOMPARE(me->receive<Tock>().number, round);
    }
    QCOMPARE(node.snapshot().node.faults, 20U);
    QCOMPARE(node.snapshot().node.abandoned, 20U);
}

void TestIsolation::faults_are_told_with_their_stack() {
    Node node{trapping(1)};
    ExternalProcess me = node.attach();
    for (const auto& [body, function] :
         {std::pair<Body, const char*>{fault_at_null, "write_to"}, {fault_in_division, "divide"}, {fault_in_call, "call"}}) {
        Pid process;
        end_of_body(me, body, &process);
        const Event end = exit_event_of(node, process);
        const std::string innermost = end.stack_text.substr(0, end.stack_text.find('\n'));
        QVERIFY2(innermost.find(function) != std::string::npos, end.stack_text.c_str());
        QVERIFY2(innermost.find("faulty_bodies.hpp:") != std::string::npos, end.stack_text.c_str());
    }
}

void TestIsolation::a_fault_of_a_killed_process_keeps_its_reason() {
    Node node{trapping(1)};
    ExternalProcess me = node.attach();
    const auto body = [](Process& self) {
        struct Faulty {
            ~Faulty() { write_to(nullptr); }
        } const faulty;
        self.receive<Tick>();
    };
    const auto [pid, monitor] = me->spawn_monitor(body);
    me->exit(pid, ExitReason::kill());
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"killed"});
}

void TestIsolation::guards_that_do_not_exist_are_refused() {
    if (has_advice())
        QSKIP("all kinds of guards exist here");
    QVERIFY_EXCEPTION_THROWN(Node{guarded(StackGuards::advice)}, std::system_error);
}

QTEST_APPLESS_MAIN(TestIsolation)
#include "tst_isolation.moc"
