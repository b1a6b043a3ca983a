// SPDX-License-Identifier: BSL-1.0
/// The program's signal handlers are borrowed: for as long as a Node wants them, if any does.
#include "process_fixture.hpp"

#include <csignal>

using namespace fiberscope;
using namespace fiberscope::test;

namespace {

constexpr std::array borrowed_signals{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGURG};

void* handler_of(int signal) {
    struct sigaction now {};
    ::sigaction(signal, nullptr, &now);
    return (now.sa_flags & SA_SIGINFO) != 0 ? reinterpret_cast<void*>(now.sa_sigaction) : reinterpret_cast<void*>(now.sa_handler);
}

std::vector<void*> all_handlers() {
    std::vector<void*> handlers;
    for (const int signal : borrowed_signals)
        handlers.push_back(handler_of(signal));
    return handlers;
}

std::atomic<int> seen = 0;
void (*below)(int, siginfo_t*, void*) = nullptr;

void count(int) {
    ++seen;
}
/// As a library does that wants to know of a signal, too.
void count_and_pass_on(int signal, siginfo_t* info, void* context) {
    ++seen;
    if (below != nullptr)
        below(signal, info, context);
}

NodeConfig without_handlers() {
    NodeConfig config = with_schedulers(1);
    config.signal_handlers = false;
    return config;
}

} // namespace

class TestSignalHandlers : public QObject {
    Q_OBJECT

private slots:
    void init() { seen = 0; }
    void the_last_node_puts_back_what_was_there();
    void a_handler_of_the_programs_own_comes_back();
    void one_that_was_put_before_ours_stays();
    void the_next_node_has_its_own_after_the_program_took_them_away();
    void they_can_be_refused();
    void nodes_may_come_and_go_at_once();
};

void TestSignalHandlers::the_last_node_puts_back_what_was_there() {
    const auto before = all_handlers();
    {
        Node first{with_schedulers(1)};
        const auto ours = all_handlers();
        for (std::size_t i = 0; i < ours.size(); ++i)
            QVERIFY2(ours[i] != before[i], ::strsignal(borrowed_signals[i]));
        { const Node second{with_schedulers(1)}; }
        QCOMPARE(all_handlers(), ours);
        first.stop();
        QCOMPARE(all_handlers(), before);
    }
    QCOMPARE(all_handlers(), before);
    {
        const Node again{with_schedulers(1)};
        QVERIFY(all_handlers() != before);
    }
    QCOMPARE(all_handlers(), before);
}

void TestSignalHandlers::a_handler_of_the_programs_own_comes_back() {
    const auto before = std::signal(SIGURG, &count);
    {
        const Node node{with_schedulers(1)};
        QVERIFY(handler_of(SIGURG) != reinterpret_cast<void*>(&count));
        std::raise(SIGURG); // not for a scheduler: passed on
        QCOMPARE(seen.load(), 1);
    }
    QCOMPARE(handler_of(SIGURG), reinterpret_cast<void*>(&count));
    std::signal(SIGURG, before);
}

void TestSignalHandlers::one_that_was_put_before_ours_stays() {
    struct sigaction before {};
    ::sigaction(SIGURG, nullptr, &before);
    for (int round = 0; round < 2; ++round) { // the second Node must not be put before who calls ours
        const Node node{with_schedulers(1)};
        if (round == 0) {
            struct sigaction theirs {};
            theirs.sa_sigaction = &count_and_pass_on;
            theirs.sa_flags = SA_SIGINFO;
            struct sigaction ours {};
            ::sigaction(SIGURG, &theirs, &ours);
            below = ours.sa_sigaction;
        }
        std::raise(SIGURG);
        QCOMPARE(seen.load(), round + 1);
    }
    QCOMPARE(handler_of(SIGURG), reinterpret_cast<void*>(&count_and_pass_on));
    struct sigaction ours {};
    ours.sa_sigaction = std::exchange(below, nullptr);
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    ::sigaction(SIGURG, &ours, nullptr); // they go as they came
    { const Node node{with_schedulers(1)}; }
    QCOMPARE(handler_of(SIGURG), reinterpret_cast<void*>(before.sa_handler));
}

void TestSignalHandlers::the_next_node_has_its_own_after_the_program_took_them_away() {
    std::array<struct sigaction, borrowed_signals.size()> before{};
    for (std::size_t i = 0; i < before.size(); ++i)
        ::sigaction(borrowed_signals[i], nullptr, &before[i]);
    for (void (*none)(int) : {SIG_DFL, SIG_IGN}) {
        {
            const Node node{with_schedulers(1)};
            for (const int signal : borrowed_signals)
                std::signal(signal, none);
        }
        const auto without = all_handlers();
        {
            const Node node{with_schedulers(1)};
            const auto ours = all_handlers();
            for (std::size_t i = 0; i < ours.size(); ++i)
                QVERIFY2(ours[i] != without[i], ::strsignal(borrowed_signals[i]));
        }
        QCOMPARE(all_handlers(), without);
    }
    for (std::size_t i = 0; i < before.size(); ++i)
        ::sigaction(borrowed_signals[i], &before[i], nullptr);
}

void TestSignalHandlers::they_can_be_refused() {
    const auto before = all_handlers();
    NodeConfig config = without_handlers();
    config.preemption = Preemption::signal;
    Node node{config};
    QCOMPARE(all_handlers(), before);
    QCOMPARE(node.preemption(), Preemption::cooperative);
    QCOMPARE(node.set_preemption(Preemption::signal), Preemption::cooperative);
    const std::string shown = node.snapshot().node.preemption;
    QVERIFY2(shown.find("no signals: the node is to install no signal handlers") != std::string::npos, shown.c_str());
    ExternalProcess me = node.attach();
    me->spawn([to = me->pid()](Process& self) { self.send(to, Tick{7}); }, {.preemption = Preemption::signal});
    QCOMPARE(me->receive_for<Tick>(10s).value_or(Tick{}).number, 7);
    config.trap_faults = true;
    QVERIFY_EXCEPTION_THROWN(Node{config}, std::invalid_argument);
}

void TestSignalHandlers::nodes_may_come_and_go_at_once() {
    const auto before = all_handlers();
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 4; ++thread)
        threads.emplace_back([] {
            for (int round = 0; round < 25; ++round)
                const Node node{with_schedulers(1)};
        });
    for (std::thread& thread : threads)
        thread.join();
    QCOMPARE(all_handlers(), before);
}

QTEST_APPLESS_MAIN(TestSignalHandlers)
#include "tst_signal_handlers.moc"
