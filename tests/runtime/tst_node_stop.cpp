// SPDX-License-Identifier: BSL-1.0
/// The end of a Node: who hears of it, and how long it takes.
#include "process_fixture.hpp"
#include "servers.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <string>

using namespace fiberscope;
using namespace fiberscope::test;

namespace {

/// Ends for nothing but a kill.
void stubborn(Process& self) {
    self.trap_exit(true);
    for (;;)
        self.receive<Exit>();
}

/// Tells that it was ended in order, which a kill does not let it do.
struct Orderly : Server<Orderly> {
    using Messages = fiberscope::Messages<Get>;
    explicit Orderly(std::atomic<int>* ended) : ended_{ended} { self().trap_exit(true); }
    Reply<Get> handle_call(const Get&) { return 7; }
    void terminate(const ExitReason&) { ++*ended_; }

    std::atomic<int>* ended_;
};

/// The reason with which the calls of an attached thread end.
template <class Function>
std::string exit_of(Function function) {
    try {
        function();
    } catch (const ProcessExit& exit) {
        return to_string(exit.reason);
    }
    return "none";
}

} // namespace

class NodeStopTest final : public QObject {
    Q_OBJECT

private slots:
    void initTestCase_data() { add_scheduler_rows(); }

    // -- who has asked ----

    void asynchronous_calls_are_answered() {
        QFETCH_GLOBAL(unsigned, count);
        constexpr int calls = 20;
        Node node{with_schedulers(count)};
        const Pid server = *node.start(Silent::start());
        std::atomic<int> answers{0};
        for (int i = 0; i < calls; ++i)
            node.call_async(server, Get{}, infinity, [&answers](const Result<int>& answer) {
                answers += answer ? 100 : 1; // node_stopped, or killed: how the server ended
            });
        const auto never = [](Process& /*supervisor*/) -> Result<Pid> { current_process()->sleep(1h), throw 1; };
        node.start_async(Application{"slow", Supervisor::one_for_one().child("never", StartFunction{never})},
                         [&answers](const Result<std::monostate>& answer) { answers += answer ? 100 : 1; });
        QTRY_VERIFY_WITH_TIMEOUT(node.process_count() >= calls + 4, 10'000); // logger, server, master, supervisor, askers
        QVERIFY(node.stop(2s).empty());
        QCOMPARE(answers.load(), calls + 1);
    }
    void a_completion_that_throws_ends_nothing() {
        Node node;
        node.stop_async(1s, [](const std::vector<Pid>& /*left*/) { throw std::runtime_error{"gone"}; });
        const auto is_told = [&node] {
            const auto events = node.events_after(0).events;
            return std::any_of(events.begin(), events.end(), [](const Event& event) {
                return event.log != nullptr && event.log->title == "COMPLETION OF A STOP FAILED";
            });
        };
        QTRY_VERIFY_WITH_TIMEOUT(is_told(), 10'000);
    }
    void the_last_lines_of_the_log_are_written() {
        QFETCH_GLOBAL(unsigned, count);
        constexpr int lines = 200;
        Node node{with_schedulers(count)};
        for (int i = 0; i < lines; ++i)
            node.log(LogLevel::error, "last words");
        QVERIFY(node.stop(1s).empty());
        const auto events = node.events_after(0).events;
        QCOMPARE(std::count_if(events.begin(), events.end(),
                               [](const Event& event) { return event.log != nullptr && event.log->title == "last words"; }),
                 lines);
    }

    // -- attached threads ----

    void an_attached_thread_hears_of_it() {
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count)};
        QVERIFY(node.start(Silent::start().named("silent")).has_value());
        std::promise<void> is_attached;
        auto thread = std::async(std::launch::async, [&] {
            auto me = node.attach();
            me->trap_exit(true); // what ends it cannot be trapped
            is_attached.set_value();
            const std::string first = exit_of([&] { me->receive<Tick>(); });
            std::string later;
            for (const auto& each : {exit_of([&] { me->receive_for<Tick>(1h); }), exit_of([&] { me->sleep(1h); }),
                                     exit_of([&] { me->call("silent", Get{}, infinity); }),
                                     exit_of([&] { me->send(me->pid(), Tick{}); }), exit_of([&] { me->spawn(stubborn); })})
                later += each + " ";
            return first + ": " + later;
        });
        is_attached.get_future().wait();
        QVERIFY(node.stop(10s).empty()); // neither waited for nor left
        QCOMPARE(thread.get(), std::string{"killed: killed killed killed killed killed "});
    }
    void a_call_from_outside_is_answered() {
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count)};
        const Pid server = *node.start(Silent::start());
        auto thread = std::async(std::launch::async, [&] { return node.call(server, Get{}, infinity); });
        const auto waiting = [&] { return !node.snapshot().processes.empty() && node.process_count() >= 3; };
        QTRY_VERIFY_WITH_TIMEOUT(waiting(), 10'000); // logger, server, and the thread
        node.stop(10s);
        const std::string reason = to_string(thread.get().error());
        QVERIFY2(reason == "node_stopped" || reason == "killed", reason.c_str()); // by what came first
    }
    void a_permanent_application_that_ends_it_is_heard_of() {
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count)};
        auto me = node.attach();
        const auto failing = [](Process& self) {
            self.receive<Tick>();
            throw Error{Term::atom("broken")};
        };
        QVERIFY(node.start(Application{"shop",
                                       Supervisor::one_for_one({.intensity = 0}).child("worker", failing, {}, {.name = "worker"})}
                               .restart_type(RestartType::permanent))
                    .has_value());
        me->send("worker", Tick{});
        QCOMPARE(exit_of([&] { me->receive<Tick>(); }), std::string{"killed"});
        QVERIFY(node.is_stopped());
    }
    void it_may_outlive_its_node() {
        QFETCH_GLOBAL(unsigned, count);
        auto node = std::make_unique<Node>(with_schedulers(count));
        auto me = node->attach();
        const Pid child = me->spawn_link([](Process& self) { self.receive<Tick>(); });
        node.reset();
        QCOMPARE(exit_of([&] { me->receive<Tick>(); }), std::string{"killed"});
        QVERIFY(!me->is_alive(child));
    }
    void nobody_attaches_any_more() {
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count)};
        node.stop();
        QVERIFY_EXCEPTION_THROWN(node.attach(), Error);
    }

    // -- suspended processes ----

    /// Supervisors and masters trap exits: suspended, they would not do their part, and their children would be killed when the
    /// time is up.
    void whoever_is_suspended_ends_in_order_data() {
        QTest::addColumn<bool>("is_quiet");
        QTest::newRow("suspended") << true;
        QTest::newRow("while they are suspended") << false;
    }
    void whoever_is_suspended_ends_in_order() {
        QFETCH_GLOBAL(unsigned, count);
        QFETCH(bool, is_quiet);
        Node node{with_schedulers(count)};
        std::atomic<int> ended{0};
        for (const char* const name : {"first", "second"})
            QVERIFY(
                node.start(Application{name, Supervisor::one_for_one().child("orderly", Orderly::start(&ended))}).has_value());
        Snapshot all = node.snapshot();
        for (int times = 0; times < 2; ++times) // counted
            for (const ProcessRow& process : all.processes)
                node.suspend(process.pid);
        if (is_quiet)
            QVERIFY(node.wait_until_quiet(10s));
        QVERIFY(node.stop(10s).empty());
        QCOMPARE(ended.load(), 2);
    }
    /// By one that is then asked to end in order, itself: nobody is suspended any more.
    void nobody_is_suspended_while_it_stops() {
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count)};
        std::atomic<int> ended{0};
        const auto suspends_all = [&node](Process& self) {
            self.trap_exit(true);
            self.receive<Exit>();
            for (const ProcessRow& process : node.snapshot().processes)
                if (process.pid != self.pid())
                    node.suspend(process.pid);
        };
        const ChildOptions in_its_own_time{.shutdown = Shutdown::infinity}; // a snapshot looks names up on disk
        QVERIFY(node.start(Application{"app", Supervisor::one_for_one()
                                                  .child("orderly", Orderly::start(&ended), in_its_own_time)
                                                  .child("suspends", suspends_all, in_its_own_time)})
                    .has_value());
        QVERIFY(node.stop(60s).empty());
        QCOMPARE(ended.load(), 1);
    }

    // -- the deadline ----

    void applications_do_not_take_all_of_it() {
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count)};
        std::atomic<int> destroyed{0};
        const auto body = [&destroyed](Process& self) {
            const Witness witness{destroyed};
            stubborn(self);
        };
        const auto child = [&](bool waits_for_ever) {
            return Supervisor::one_for_one().child("stubborn", body,
                                                   {.shutdown = waits_for_ever ? Shutdown::infinity : Shutdown{1ms}});
        };
        QVERIFY(node.start(Application{"first", child(false)}).has_value());
        QVERIFY(node.start(Application{"second", child(true)}).has_value());
        node.spawn(body);
        QVERIFY(node.wait_until_quiet(10s));
        QVERIFY(node.stop(400ms).empty());
        QCOMPARE(destroyed.load(), 3);
    }
    void applications_end_in_order_with_a_full_table() {
        std::atomic<int> ended{0};
        NodeConfig config = with_schedulers(1);
        config.process_limit = 16;
        Node node{config};
        QVERIFY(node.start(Application{"shop", Supervisor::one_for_one().child("orderly", Orderly::start(&ended))}));
        ExternalProcess me = node.attach();
        QVERIFY_EXCEPTION_THROWN(for (;;) me->spawn([](Process& self) { self.receive<Tick>(); }), Error);
        QVERIFY(node.stop(10s).empty());
        QCOMPARE(ended.load(), 1);
    }
    void only_who_cannot_be_ended_is_left() {
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count + 1)};
        const auto has_begun = std::make_shared<std::atomic<bool>>(false);
        const auto may_end = std::make_shared<std::atomic<bool>>(false); // it may outlive this test
        const Pid runaway = node.spawn([has_begun, may_end](Process&) {
            *has_begun = true;
            while (!*may_end) {
            }
        });
        QTRY_VERIFY(has_begun->load());
        QCOMPARE(node.stop(1s), std::vector<Pid>{runaway});
        *may_end = true;
    }
    void a_short_one_is_enough_for_what_can_be_ended_data() {
        QTest::addColumn<int>("deadline_ms");
        QTest::newRow("none") << 0;
        QTest::newRow("1 ms") << 1;
    }
    void a_short_one_is_enough_for_what_can_be_ended() {
        QFETCH_GLOBAL(unsigned, count);
        QFETCH(int, deadline_ms);
        Node node{with_schedulers(count)};
        std::atomic<int> destroyed{0};
        for (int i = 0; i < 100; ++i)
            node.spawn([&destroyed](Process& self) {
                const Witness witness{destroyed};
                stubborn(self);
            });
        QVERIFY(node.start(Application{"app", Supervisor::one_for_one().child("stubborn", stubborn)}).has_value());
        QVERIFY(node.wait_until_quiet(10s));
        std::atomic<bool> computes{false};
        std::atomic<bool> goes_on{true};
        node.spawn([&](Process& self) { // and reaches safe points
            const Witness witness{destroyed};
            for (computes = true; goes_on;)
                self.poll();
        });
        QTRY_VERIFY_WITH_TIMEOUT(computes.load(), 10'000);
        const auto began = std::chrono::steady_clock::now();
        const auto left = node.stop(std::chrono::milliseconds{deadline_ms});
        goes_on = false;
        QVERIFY(left.empty());
        QCOMPARE(destroyed.load(), 101);
        QVERIFY(std::chrono::steady_clock::now() - began < 5s);
    }
};

QTEST_APPLESS_MAIN(NodeStopTest)
#include "tst_node_stop.moc"
