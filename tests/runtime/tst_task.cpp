// SPDX-License-Identifier: BSL-1.0
#include <QtTest>

#include "process_fixture.hpp"

#include <fiberscope/fiberscope.hpp>

#include <string>

using namespace fiberscope;
using namespace fiberscope::test;

namespace {

void compare(const std::string& actual, const char* expected) {
    QCOMPARE(QString::fromStdString(actual), QString{expected});
}

/// Runs `body` as a process and returns how it ended.
template <class Body>
std::string end_of(Node& node, Body body) {
    auto me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor(std::move(body));
    return to_string(reason_of_end(me, pid, monitor));
}

std::string fails(Process&) {
    throw Error{Term::atom("boom")};
}

} // namespace

// The cases are those of Elixir's Task.
class TaskTest final : public QObject {
    Q_OBJECT

private slots:
    void initTestCase_data() { add_scheduler_rows(); }

    void await_gives_the_value() {
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count)};
        auto me = node.attach();
        auto sum = task::async(*me, [] { return 20 + 22; });
        auto text = task::async(*me, [](Process& self) { return to_string(self.pid()); });
        const std::string pid = to_string(text.pid());
        QCOMPARE(text.await(), pid); // in any order
        QCOMPARE(sum.await(), 42);
        task::async(*me, [] {}).await();
        QVERIFY(node.wait_until_quiet(10s));
        QCOMPARE(me->message_queue_length(), 0U);
        QVERIFY_EXCEPTION_THROWN(static_cast<void>(sum.await()), Error); // once
    }
    void a_late_value_never_comes() {
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count)};
        auto me = node.attach();
        auto slow = task::async(*me, [](Process& self) { return self.receive<Tick>().number; });
        compare(to_string(slow.try_await(10ms).error()), "timeout");
        me->send(slow.pid(), Tick{1});
        QVERIFY(node.wait_until_quiet(10s));
        QVERIFY(!node.is_alive(slow.pid()));
        QVERIFY(me->receive(on_any([](const Message&) { return false; }), after(0s, [] { return true; })));
    }
    void yield_may_be_asked_again() {
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count)};
        auto me = node.attach();
        auto waiting = task::async(*me, [](Process& self) { return self.receive<Tick>().number; });
        QVERIFY(!waiting.yield(0s).has_value());
        me->send(waiting.pid(), Tick{7});
        QCOMPARE(**waiting.yield(10s), 7);
    }
    void a_task_that_is_given_up_leaves_nothing() {
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count)};
        auto me = node.attach();
        {
            const auto done = task::async(*me, [] { return 1; });
            const auto crashed = task::async_nolink(*me, fails);
            QVERIFY(node.wait_until_quiet(10s));
            me->receive(on<Tick>([](Tick) {}), after(0s)); // both answers are in the mailbox now
        }
        QVERIFY(me->receive(on_any([](const Message&) { return false; }), after(0s, [] { return true; })));
        QCOMPARE(me->message_queue_length(), 0U);
    }
    void failures() {
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count)};
        auto me = node.attach();
        compare(to_string(task::async_nolink(*me, fails).try_await().error()), "{error,boom}");
        compare(end_of(node, [](Process& self) { task::async_nolink(self, fails).await(); }), "{{error,boom},await}");
        compare(end_of(node, [](Process& self) { task::async(self, fails).await(); }), "{error,boom}"); // by the link
        compare(end_of(node,
                       [](Process& self) {
                           self.trap_exit(true);
                           task::async(self, fails).await();
                       }),
                "{{error,boom},await}");
        compare(
            end_of(node, [](Process& self) { task::async_nolink(self, [](Process& it) { it.receive<Tick>(); }).await(10ms); }),
            "{timeout,await}");
    }
    void shutdown_ends_a_task_but_not_its_owner() {
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count)};
        auto me = node.attach();
        auto waiting = task::async(*me, [](Process& self) { return self.receive<Tick>().number; });
        compare(to_string(waiting.shutdown().error()), "shutdown");
        auto stubborn = task::async(*me, [](Process& self) {
            self.trap_exit(true);
            return self.receive<Tick>().number;
        });
        QVERIFY(node.wait_until_quiet(10s));
        compare(to_string(stubborn.shutdown(10ms).error()), "killed");
        auto brutal = task::async(*me, [](Process& self) { return self.receive<Tick>().number; });
        compare(to_string(brutal.shutdown(Shutdown::brutal_kill).error()), "killed");
        auto done = task::async(*me, [] { return 5; });
        QVERIFY(node.wait_until_quiet(10s));
        QCOMPARE(*done.shutdown(), 5);
        QVERIFY(!me->receive_for<Exit>(0s).has_value());
    }
    void supervised() {
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count)};
        auto me = node.attach();
        const Pid supervisor = *node.start(task::supervisor().named("tasks"));
        auto sum = task::async_nolink(*me, "tasks", [] { return 42; });
        QCOMPARE(sum.await(), 42);
        auto crash = task::async_nolink(*me, "tasks", fails);
        compare(to_string(crash.try_await().error()), "{error,boom}");
        auto waiting = task::async_nolink(*me, "tasks", [](Process& self) { return self.receive<Tick>().number; });
        auto counts = me->try_call("tasks", CountChildren{});
        QCOMPARE(counts->active, 1U); // temporary: those that ended are forgotten
        QVERIFY(me->stop(supervisor, ExitReason::shutdown()).has_value());
        compare(to_string(waiting.try_await().error()), "shutdown");
        compare(end_of(node, [](Process& self) { task::async(self, "tasks", [] { return 1; }); }), "{noproc,call}");
    }
    void a_linked_supervised_task_ends_with_its_owner() {
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count)};
        auto me = node.attach();
        QVERIFY(node.start(task::supervisor().named("tasks")).has_value());
        const Pid observer = me->pid();
        const Pid owner = node.spawn([observer](Process& self) {
            auto waiting = task::async(self, "tasks", [](Process& it) { return it.receive<Tick>().number; });
            self.send(observer, waiting.pid());
            waiting.await(infinity);
        });
        const Pid waiting = me->receive<Pid>();
        QVERIFY(node.wait_until_quiet(10s));
        const MonitorRef monitor = me->monitor(waiting);
        me->exit(owner, Term::atom("enough"));
        compare(to_string(reason_of_end(me, waiting, monitor)), "enough");
    }
};

QTEST_APPLESS_MAIN(TaskTest)
#include "tst_task.moc"
