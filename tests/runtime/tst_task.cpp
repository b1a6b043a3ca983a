// SPDX-License-Identifier: BSL-1.0
#include <QtTest>

#include "process_fixture.hpp"

#include <fiberscope/fiberscope.hpp>

#include <future>
#include <memory>
#include <optional>
#include <string>

using namespace fiberscope;
using namespace fiberscope::test;

namespace {

/// Runs `body` as a process and returns how it ended.
template <class Body>
std::string end_of(Node& node, Body body) {
    auto me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor(std::move(body));
    return to_string(reason_of_end(me, pid, monitor));
}

struct Begin {
    using Reply = Pid;
};
struct Collect {
    using Reply = int;
};
struct Ask {
    using Reply = Down;
};

/// Begins a task in one handler and fetches its value in another.
class Keeper final : public Server<Keeper> {
public:
    using Messages = fiberscope::Messages<Begin, Collect, Ask, Tick>;

    Reply<Begin> handle_call(const Begin&) {
        task_.emplace(task::async(self(), [](Process& it) { return it.receive<Tick>().number; }));
        return task_->pid();
    }
    Reply<Collect> handle_call(const Collect&) { return task_->await(); }
    Reply<Ask> handle_call(const Ask&) { return Down{MonitorRef{7}, self().pid(), Term::atom("a_value"), {}}; }
    void handle_info(const Tick& tick) { ticks_ += tick.number; }
    Term state() const { return Term::integer(ticks_); }

private:
    std::optional<Task<int>> task_;
    int ticks_ = 0;
};

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
            me->receive(on<Tick>([](Tick) {}), after(0s)); // both answers have come now
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
    void a_linked_supervised_task_may_be_done_at_once() {
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count)};
        auto me = node.attach();
        QVERIFY(node.start(task::supervisor().named("tasks")).has_value());
        for (int i = 0; i < 200; ++i)
            QCOMPARE(task::async(*me, "tasks", [i] { return i; }).await(), i);
        QCOMPARE(me->message_queue_length(), 0U);
    }

    // -- its value is no message ----

    void a_server_keeps_a_task_over_its_handlers() {
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count)};
        const Pid keeper = *node.start(Keeper::start());
        const Pid begun = *node.call(keeper, Begin{});
        QVERIFY(node.send(begun, Tick{42}));
        QVERIFY(node.wait_until_quiet(10s)); // the value has come while the server was idle
        QVERIFY(node.send(keeper, Tick{1}));
        compare(to_string(**node.call(keeper, sys::GetState{})), "1");
        QCOMPARE(*node.call(keeper, Collect{}), 42);
        QVERIFY(node.is_alive(keeper));
    }
    void no_receive_takes_it() {
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count)};
        auto me = node.attach();
        auto number = task::async(*me, [] { return 1; });
        auto crashed = task::async_nolink(*me, fails);
        QVERIFY(node.wait_until_quiet(10s));
        QVERIFY(!me->receive_for<int>(10ms).has_value()); // both have come by now
        QVERIFY(me->receive(on_any([](const Message&) { return false; }), after(0s, [] { return true; })));
        QVERIFY(!me->receive_for<Down>(0s).has_value());
        QCOMPARE(me->message_queue_length(), 0U);
        QCOMPARE(number.await(), 1);
        compare(to_string(crashed.try_await().error()), "{error,boom}");
    }
    void no_observer_sees_it() {
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count)};
        const Pid owner = node.spawn([](Process& self) {
            auto value = task::async(self, [] { return std::string{"secret"}; });
            self.receive<Tick>();
            value.await();
        });
        QVERIFY(node.wait_until_quiet(10s));
        std::promise<Inspection> answer;
        node.inspect({owner}, Inspect::messages, {},
                     [&](std::vector<Inspection> found) { answer.set_value(std::move(found.front())); });
        const Inspection found = answer.get_future().get();
        QCOMPARE(found.message_count, std::size_t{0});
        QVERIFY(found.messages.empty());
    }
    void a_message_to_a_task_waits_for_it() {
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count)};
        auto me = node.attach();
        auto sum = task::async(*me, [](Process& self) {
            const int length = static_cast<int>(self.message_queue_length());
            return length * 100 + self.receive<int>() + self.receive<Down>().reason.is_normal() + self.receive<int>();
        });
        me->send(sum.pid(), 1);
        me->send(sum.pid(), Down{MonitorRef{1}, me->pid(), ExitReason::normal(), {}});
        me->send(sum.pid(), 2);
        QCOMPARE(sum.await() % 100, 4); // the user's own, whatever their type
    }
    void a_reply_may_be_of_any_type() {
        QFETCH_GLOBAL(unsigned, count);
        Node node{with_schedulers(count)};
        auto me = node.attach();
        const Pid keeper = *node.start(Keeper::start());
        const auto down = me->try_call(keeper, Ask{});
        QVERIFY(down.has_value()); // a value, no failure
        compare(to_string(down->reason), "a_value");
        auto returned = task::async(*me, [] { return Down{MonitorRef{8}, {}, Term::atom("mine"), {}}; });
        compare(to_string(returned.await().reason), "mine");
    }
    void what_is_never_fetched_is_destroyed() {
        QFETCH_GLOBAL(unsigned, count);
        const auto value = std::make_shared<const int>(1);
        Node node{with_schedulers(count)};
        for (const bool is_given_up : {false, true}) {
            const Pid owner = node.spawn([value, is_given_up](Process& self) {
                auto task = task::async(self, [value] { return value; });
                self.receive<Tick>();
                if (is_given_up)
                    std::terminate(); // no destructor runs
            });
            QVERIFY(node.wait_until_quiet(10s));
            QCOMPARE(value.use_count(), 3L); // the owner's closure, and what has come
            node.send(owner, Tick{});
            QVERIFY(node.wait_until_quiet(10s));
            QVERIFY(!node.is_alive(owner));
            QCOMPARE(value.use_count(), is_given_up ? 2L : 1L); // a closure that is given up is forgotten
        }
    }
};

QTEST_APPLESS_MAIN(TaskTest)
#include "tst_task.moc"
