// SPDX-License-Identifier: BSL-1.0
#include <QtTest>

#include "process_fixture.hpp"

#include <fiberscope/fiberscope.hpp>

#include <algorithm>
#include <atomic>
#include <future>
#include <set>
#include <string>
#include <vector>

using namespace fiberscope;
using namespace fiberscope::test;

namespace {

struct Get {
    using Reply = int;
};
struct GetAndStop {
    using Reply = int;
};
struct Rest {
    Duration time{};
};
struct TimeIsUp {};

/// A counter whose parts misbehave on demand.
class Counter final : public Server<Counter> {
public:
    enum class Terminate { ends, throws };
    using Messages = fiberscope::Messages<Get, GetAndStop, Rest>;

    explicit Counter(Pid observer = {}, Terminate how = Terminate::ends) : observer_{observer}, terminate_{how} {}

    Reply<Get> handle_call(const Get&) { return 42; }
    Reply<GetAndStop> handle_call(const GetAndStop&) {
        stop(Term::atom("enough"));
        return 42;
    }
    void handle_cast(const Rest& rest) { idle_timeout(rest.time); }
    void handle_timeout() { self().send(observer_, TimeIsUp{}); }
    void terminate(const ExitReason&) {
        if (terminate_ == Terminate::throws)
            throw Error{Term::atom("in_terminate")};
    }
    Term state() const {
        if (terminate_ == Terminate::throws)
            throw Error{Term::atom("no_view_today")};
        return Term::tuple({Term::atom("counter"), 42});
    }

private:
    Pid observer_;
    Terminate terminate_;
};

/// Always has more to do.
class Restless final : public Server<Restless> {
public:
    using Messages = fiberscope::Messages<Get>;

    explicit Restless(std::atomic<int>* rounds, bool traps) : rounds_{rounds} {
        self().trap_exit(traps);
        continue_with(Term::atom("more"));
    }
    void handle_continue(const Term& more) {
        ++*rounds_;
        continue_with(more);
    }
    Reply<Get> handle_call(const Get&) { return 1; }
    Term state() const { return Term::atom("restless"); }

private:
    std::atomic<int>* rounds_;
};

constexpr int large_state = 300'000;

/// Shows more of itself than anybody reads at once.
class Large final : public Server<Large> {
public:
    Large() {
        for (int i = 0; i < large_state; ++i) {
            numbers_.emplace_back(i);
            self().put(i, i);
        }
    }
    Term state() const { return Term::list(numbers_); }

private:
    std::vector<Term> numbers_;
};

class Closed final : public Server<Closed> {};

class FailsToStart final : public Server<FailsToStart> {
public:
    FailsToStart() { stop(Term::atom("no_luck")); }
};

std::vector<LogEntry> errors_of(Node& node) {
    std::vector<LogEntry> entries;
    for (const Event& event : node.events_after(0).events)
        if (event.kind == EventKind::log && event.log->level == LogLevel::error)
            entries.push_back(*event.log);
    return entries;
}

Inspection inspect(Node& node, Pid pid, Inspect what, PageRange range) {
    std::promise<Inspection> answer;
    node.inspect({pid}, what, range, [&](std::vector<Inspection> found) { answer.set_value(std::move(found.front())); });
    return answer.get_future().get();
}

} // namespace

// Rules (G01, ...) are those of OTP's gen_server and sys; scenarios of both are in tests/conformance.
class ServerTest final : public QObject {
    Q_OBJECT

private slots:
    void initTestCase_data() { add_scheduler_rows(); }

    void requests_of_sys() { // G12
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count)};
        const Pid server = *node.start(Counter::start());
        compare(to_string(**node.call(server, sys::GetState{})), "{counter,42}");
        QVERIFY(node.call(server, sys::Suspend{}).has_value());
        compare(to_string(node.call(server, Get{}, 20ms).error()), "timeout");
        compare(to_string(**node.call(server, sys::GetState{})), "{counter,42}");
        QVERIFY(node.call(server, sys::Suspend{}).has_value()); // twice is no error
        QVERIFY(node.call(server, sys::Resume{}).has_value());
        QCOMPARE(*node.call(server, Get{}), 42);
        QVERIFY(node.call(server, sys::Suspend{}).has_value());
        QVERIFY(node.call(server, sys::Terminate{Term::atom("now")}).has_value());
        QVERIFY(node.wait_until_quiet(10s));
        QVERIFY(!node.is_alive(server));
    }
    void a_state_without_a_view() {
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count)};
        const Pid without = *node.start(Closed::start());
        compare(to_string(node.call(without, sys::GetState{})->error()), "no_state_view");
        const Pid throwing = *node.start(Counter::start(Pid{}, Counter::Terminate::throws));
        compare(to_string(node.call(throwing, sys::GetState{})->error()), "{callback_failed,{error,no_view_today}}");
        QVERIFY(node.is_alive(throwing));
    }
    void a_suspended_server_rests_though_its_idle_time_is_over_data() {
        QTest::addColumn<bool>("by_sys");
        QTest::newRow("suspended by sys") << true;
        QTest::newRow("suspended as a process") << false;
    }
    void a_suspended_server_rests_though_its_idle_time_is_over() {
        QFETCH_GLOBAL(unsigned, count);
        QFETCH(bool, by_sys);
        Node node{with_schedulers(count)};
        auto me = node.attach();
        const Pid server = *node.start(Counter::start(me->pid()));
        me->cast(server, Rest{100ms});
        QVERIFY(node.wait_until_quiet(10s));
        if (by_sys)
            QVERIFY(node.call(server, sys::Suspend{}).has_value());
        else
            QVERIFY(node.suspend(server));
        me->send_after(150ms, me->pid(), Tick{});
        QVERIFY(me->receive_for<Tick>(10s).has_value()); // by now the idle time would have been over
        QVERIFY(node.wait_until_quiet(10s));
        Snapshot before = node.snapshot();
        me->send_after(50ms, me->pid(), Tick{});
        QVERIFY(me->receive_for<Tick>(10s).has_value());
        const Snapshot after = node.snapshot();
        QVERIFY(after.node.context_switches - before.node.context_switches < 20);
        QVERIFY(!me->receive_for<TimeIsUp>(0s).has_value());
        if (by_sys)
            QVERIFY(node.call(server, sys::Resume{}).has_value());
        else
            QVERIFY(node.resume(server));
        QVERIFY(me->receive_for<TimeIsUp>(10s).has_value());
    }
    void a_reply_is_sent_though_terminate_fails() { // G07
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count)};
        auto me = node.attach();
        const Pid server = *node.start(Counter::start(Pid{}, Counter::Terminate::throws));
        const MonitorRef monitor = me->monitor(server);
        QCOMPARE(*me->try_call(server, GetAndStop{}), 42);
        compare(to_string(reason_of_end(me, server, monitor)), "{error,in_terminate}");
    }
    void an_endless_continue_keeps_nobody_waiting_data() {
        QTest::addColumn<bool>("interrupts");
        QTest::newRow("cooperative") << false;
        QTest::newRow("signals") << true;
    }
    void an_endless_continue_keeps_nobody_waiting() {
        QFETCH(bool, interrupts);
        NodeConfig config = with_schedulers(1);
        config.preemption = interrupts ? Preemption::signal : Preemption::cooperative;
        Node node{config};
        std::atomic<int> rounds{0};
        for (const bool traps : {false, true}) {
            const auto child = Restless::start(&rounds, traps).named("restless");
            const Pid top = *node.start(Supervisor::one_for_one().child("restless", child, {.shutdown = Shutdown{10ms}}));
            const Pid restless = node.whereis("restless");
            std::atomic<int> others{0};
            node.spawn([&](Process& self) {
                while (others < 10) {
                    self.sleep(1ms);
                    ++others;
                }
            });
            QTRY_COMPARE_WITH_TIMEOUT(others.load(), 10, 10'000); // its timers fire
            QVERIFY(rounds > 0);
            compare(to_string(node.call(restless, Get{}, 10ms).error()), "timeout"); // messages come after (G08)
            std::promise<Inspection> answer;
            node.inspect({restless}, Inspect::state, {},
                         [&](std::vector<Inspection> found) { answer.set_value(std::move(found.front())); });
            const std::string state = answer.get_future().get().state;
            QVERIFY2(state == "restless" || (interrupts && state == "busy"), state.c_str()); // a signal comes inside of a handler
            node.suspend(restless);
            QVERIFY(node.wait_until_quiet(10s));
            const int so_far = rounds;
            node.resume(restless);
            QTRY_VERIFY_WITH_TIMEOUT(rounds > so_far, 10'000);
            QVERIFY(node.call(top, TerminateChild{Term::atom("restless")})->has_value());
            QVERIFY(!node.is_alive(restless));
            QVERIFY(node.exit(top, ExitReason::kill()));
        }
        QVERIFY(node.stop().empty());
    }
    void large_states_are_inspected_in_pages() {
        Node node{with_schedulers(1)};
        const Pid large = *node.start(Large::start());
        const Inspection first = inspect(node, large, Inspect::state | Inspect::dictionary, {});
        QVERIFY(first.state_lines > 10'000);
        QCOMPARE(std::count(first.state.begin(), first.state.end(), '\n'), 99);
        QVERIFY(first.state.starts_with("[0,1,2,"));
        QCOMPARE(first.dictionary_count, std::size_t{large_state});
        QCOMPARE(first.dictionary.size(), 100U);
        compare(first.dictionary[1].first, "1"); // by the printed key
        const Inspection last = inspect(node, large, Inspect::state | Inspect::dictionary, {first.state_lines - 1, 100});
        QVERIFY(last.state.ends_with("299999]"));
        QCOMPARE(std::count(last.state.begin(), last.state.end(), '\n'), 0);
        QCOMPARE(last.dictionary.size(), 100U); // there are more keys than lines
        QVERIFY(inspect(node, large, Inspect::state, {first.state_lines, 100}).state.empty());
    }
    void what_a_state_view_throws_is_inspected() {
        Node node{with_schedulers(1)};
        const Pid counter = *node.start(Counter::start(Pid{}, Counter::Terminate::throws));
        const Inspection found = inspect(node, counter, Inspect::state, {});
        QVERIFY(found.state.empty());
        compare(found.state_error, "{error,no_view_today}");
        QVERIFY(node.is_alive(counter));
        node.exit(counter, ExitReason::kill());
        const Pid closed = *node.start(Closed::start());
        QVERIFY(inspect(node, closed, Inspect::state, {}).state_error.empty()); // it has none to show
    }
    void many_links_are_inspected_in_pages() {
        constexpr std::size_t count = 250;
        Node node{with_schedulers(1)};
        const Pid hub = node.spawn([](Process& self) {
            for (std::size_t i = 0; i < count; ++i)
                self.spawn_link([](Process& child) { child.receive<int>(); });
            self.receive<int>();
        });
        QVERIFY(node.wait_until_quiet(10s));
        std::set<Pid> seen;
        for (std::size_t first = 0; first < count; first += 100) {
            const Inspection page = inspect(node, hub, Inspect::links, {first, 100});
            QCOMPARE(page.link_count, count);
            QCOMPARE(page.links.size(), std::min<std::size_t>(100, count - first));
            seen.insert(page.links.begin(), page.links.end());
        }
        QCOMPARE(seen.size(), count);
        node.exit(hub, ExitReason::kill());
    }
    void stop_waits_for_the_end() { // G14
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count)};
        auto me = node.attach();
        Pid server = *node.start(Counter::start());
        QVERIFY(me->stop(server).has_value());
        QVERIFY(!node.is_alive(server));
        compare(to_string(me->stop(server).error()), "noproc");
        compare(to_string(me->stop("nobody").error()), "noproc");
        compare(to_string(me->stop(me->pid()).error()), "calling_self");
        server = *node.start(Counter::start(Pid{}, Counter::Terminate::throws));
        compare(to_string(me->stop(server, ExitReason::shutdown()).error()), "{error,in_terminate}");
        const Pid no_server = node.spawn([](Process& self) { self.receive<Tick>(); });
        compare(to_string(me->stop(no_server, {}, 20ms).error()), "timeout");
        QCOMPARE(me->message_queue_length(), 0U);
    }

    void a_crash_is_reported_as_otp_reports_it() { // S22: gen_server, proc_lib, supervisor, in this order
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count)};
        const Pid top = *node.start(Supervisor::one_for_one().child("counter", Counter::start().named("counter")).named("top"));
        const Pid server = node.whereis("counter");
        QCOMPARE(*node.call("counter", GetAndStop{}), 42);
        QVERIFY(node.wait_until_quiet(10s));
        const auto entries = errors_of(node);
        QCOMPARE(entries.size(), 3U);
        compare(entries[0].title, "SERVER TERMINATING");
        compare(field_of(entries[0], "name"), "counter");
        compare(field_of(entries[0], "last_message"), "GetAndStop {}");
        compare(field_of(entries[0], "state"), "{counter,42}");
        compare(field_of(entries[0], "reason"), "enough");
        compare(entries[1].title, "CRASH REPORT");
        QVERIFY(field_of(entries[1], "initial_call").find("Counter") != std::string::npos);
        compare(field_of(entries[1], "registered_name"), "counter");
        compare(field_of(entries[1], "error_info"), "enough");
        compare(field_of(entries[1], "ancestors"), ("[" + to_string(top) + "]").c_str());
        compare(field_of(entries[1], "links"), ("[" + to_string(top) + "]").c_str());
        compare(field_of(entries[1], "dictionary"), "[]");
        QCOMPARE(entries[1].pid, server);
        compare(entries[2].title, "SUPERVISOR REPORT");
        compare(field_of(entries[2], "supervisor"), "top");
        compare(field_of(entries[2], "errorContext"), "child_terminated");
    }
    void a_failed_start_is_a_crash() {
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count)};
        compare(to_string(node.start(FailsToStart::start()).error()), "no_luck");
        QVERIFY(node.wait_until_quiet(10s));
        const auto entries = errors_of(node);
        QCOMPARE(entries.size(), 1U);
        compare(entries[0].title, "CRASH REPORT");
        compare(field_of(entries[0], "error_info"), "no_luck");
    }
    void a_crash_report_shows_messages_and_dictionary() {
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count)};
        node.spawn([](Process& self) {
            self.put(Term::atom("colour"), Term::atom("red"));
            self.send(self.pid(), Tick{7});
            self.receive(after(0s));
            throw Error{Term::atom("boom")};
        });
        QVERIFY(node.wait_until_quiet(10s));
        const auto entries = errors_of(node);
        QCOMPARE(entries.size(), 1U);
        compare(field_of(entries[0], "messages"), "[Tick {7}]");
        compare(field_of(entries[0], "message_queue_len"), "1");
        compare(field_of(entries[0], "dictionary"), "[{colour,red}]");
    }
};

QTEST_APPLESS_MAIN(ServerTest)
#include "tst_server.moc"
