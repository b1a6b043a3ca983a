// SPDX-License-Identifier: BSL-1.0
/// User code that the runtime calls in the middle of its own may throw: that is the end of one process at most.
#include "failing_code.hpp"

#include <algorithm>

using namespace fiberscope;
using namespace fiberscope::test;
using namespace std::chrono_literals;

namespace {

/// Throws where it is moved out of the mailbox.
struct ThrowsWhenTaken {
    int moves = 0;
    ThrowsWhenTaken() = default;
    ThrowsWhenTaken(ThrowsWhenTaken&& other) : moves{other.moves + 1} {
        if (moves > 1 && current_process() != nullptr && other.is_sent)
            fail("moved");
        is_sent = true;
    }
    ThrowsWhenTaken& operator=(ThrowsWhenTaken&&) = delete;
    ~ThrowsWhenTaken() = default;
    bool is_sent = false;
};

struct Unprintable {
    int number = 0;
};
[[noreturn]] std::ostream& operator<<(std::ostream& /*out*/, const Unprintable& /*message*/) {
    throw 1; // NOLINT(hicpp-exception-baseclass)
}

/// Its formatter does what it must not.
struct ReceivesWhenPrinted {
    int number = 0;
};
std::ostream& operator<<(std::ostream& out, const ReceivesWhenPrinted& /*message*/) {
    const auto other = current_process()->receive_for<Tick>(0s);
    return out << (other ? "took" : "found nothing");
}

} // namespace

template <>
struct fiberscope::is_message<ThrowsWhenTaken> : std::true_type {};

class TestCallbacks : public QObject {
    Q_OBJECT

private slots:
    void guards_and_handlers_that_throw_data() { add_scheduler_rows(); }
    void guards_and_handlers_that_throw();
    void guards_only_look();
    void formatters_only_look();
    void handlers_of_servers_that_throw_data();
    void handlers_of_servers_that_throw();
    void state_views_that_throw();
    void handlers_of_inspections_that_throw();
};

void TestCallbacks::guards_and_handlers_that_throw() {
    QFETCH(unsigned, count);
    Node node{with_schedulers(count)};
    ExternalProcess me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor([](Process& self) {
        const auto refuse = [](const Tick&) -> bool { throw std::runtime_error{"guard"}; };
        for (int i = 0; i < 2; ++i)
            try {
                self.receive(on<Tick>(refuse, [](Tick) {}));
                return;
            } catch (const std::runtime_error&) { // the message is where it was
            }
        try {
            self.receive(on<Tick>([](Tick) { fail("handler"); }));
            return;
        } catch (const std::runtime_error&) { // this one has taken it
        }
        QVERIFY(!self.receive_for<Tick>(0s));
        try {
            self.receive(on<ThrowsWhenTaken>([](ThrowsWhenTaken) {}));
            return;
        } catch (const std::runtime_error&) {
        }
        QVERIFY(!self.receive_for<ThrowsWhenTaken>(0s));
        self.receive(on<Tock>([](const Tock&) -> bool { throw 3; }, [](Tock) {})); // NOLINT(hicpp-exception-baseclass)
    });
    me->send(pid, Tick{1});
    me->send(pid, ThrowsWhenTaken{});
    me->send(pid, Tock{1});
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"{nocatch,int}"});
    QCOMPARE(node.snapshot().node.abandoned, 0U);
}

/// What a guard took out of the mailbox would be gone below the receive that it works for.
void TestCallbacks::guards_only_look() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor([](Process& self) {
        std::string refused;
        const auto guard = [&](const Tick&) {
            try {
                self.receive<Tick>();
            } catch (const Error& error) {
                refused = to_string(error.term);
            }
            return true;
        };
        const int number = self.receive(on<Tick>(guard, [](Tick tick) { return tick.number; }));
        QCOMPARE(refused, std::string{"badarg"});
        QCOMPARE(number, 1);
        QCOMPARE(self.receive<Tick>().number, 2);
        self.receive(on<Tick>([&](const Tick&) { return self.receive<Tick>().number > 0; }, [](Tick) {}));
    });
    for (int number = 1; number <= 3; ++number)
        me->send(pid, Tick{number});
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"{error,badarg}"});
}

void TestCallbacks::formatters_only_look() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor([](Process& self) {
        self.receive<Tock>();
        QCOMPARE(self.message_queue_length(), std::size_t{3});
        fail("crash");
    });
    me->send(pid, ReceivesWhenPrinted{1});
    me->send(pid, Unprintable{1});
    me->send(pid, Tick{1});
    const auto messages = inspected(node, pid, Inspect::messages).messages;
    QCOMPARE(messages.size(), std::size_t{3});
    QCOMPARE(messages[0].text, std::string{"<unprintable ReceivesWhenPrinted>"});
    QCOMPARE(messages[1].text, std::string{"<unprintable Unprintable>"});
    me->send(pid, Tock{});
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{R"({error,"crash"})"});
    std::string printed;
    for (const Event& event : node.events_after(0).events)
        if (event.log != nullptr && event.log->title == "CRASH REPORT")
            for (const auto& [key, value] : event.log->fields)
                if (key == "messages")
                    printed = value;
    QCOMPARE(
        printed,
        std::string{"[ReceivesWhenPrinted <unprintable ReceivesWhenPrinted>,Unprintable <unprintable Unprintable>,Tick {1}]"});
}

void TestCallbacks::handlers_of_servers_that_throw_data() {
    QTest::addColumn<QString>("where");
    QTest::addColumn<QString>("reason");
    QTest::newRow("handle_cast") << "cast"
                                 << "{nocatch,int}";
    QTest::newRow("handle_continue") << "continue"
                                     << R"({error,"continue"})";
    QTest::newRow("handle_timeout") << "timeout"
                                    << R"({error,"timeout"})";
    QTest::newRow("terminate") << "terminate"
                               << R"({error,"terminate"})";
}

void TestCallbacks::handlers_of_servers_that_throw() {
    QFETCH(QString, where);
    QFETCH(QString, reason);
    Node node{with_schedulers(2)};
    ExternalProcess me = node.attach();
    const Pid server = *node.start(Thrower::start());
    const MonitorRef monitor = me->monitor(server);
    me->cast(server, Thrower::ThrowIn{where.toStdString()});
    QCOMPARE(QString::fromStdString(to_string(reason_of_end(me, server, monitor))), reason);
    QCOMPARE(node.snapshot().node.abandoned, 0U);
}

void TestCallbacks::state_views_that_throw() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const Pid server = *node.start(Thrower::start());
    QCOMPARE(inspected(node, server, Inspect::state).state, std::string{"fine"});
    me->cast(server, Thrower::ThrowIn{"state"});
    QCOMPARE(me->call(server, Thrower::Ask{}), 42);
    QTRY_COMPARE(inspected(node, server, Inspect::state).state, std::string{}); // while it still answers: busy
    QCOMPARE(me->call(server, Thrower::Ask{}), 42);
}

void TestCallbacks::handlers_of_inspections_that_throw() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const auto [pid, monitor] = me->spawn_monitor([](Process& self) { self.exit(Term::integer(self.receive<Tick>().number)); });
    const auto times_told = [&node] {
        const EventBatch batch = node.events_after(0);
        return std::count_if(batch.events.begin(), batch.events.end(), [](const Event& event) {
            return event.log != nullptr && event.log->title == "INSPECTION HANDLER FAILED" &&
                   event.log->fields.front().second == "{error,\"asker\"}";
        });
    };
    const auto handler = [](const std::vector<Inspection>&) { fail("asker"); };
    node.inspect({pid}, Inspect::links, {}, handler);
    node.inspect({pid}, Inspect::stack, {}, handler); // answered in the blocking pool
    QTRY_COMPARE(times_told(), 2);
    me->send(pid, Tick{5});
    QCOMPARE(to_string(reason_of_end(me, pid, monitor)), std::string{"5"});
    node.inspect({pid}, Inspect::links, {}, handler); // a dead one is answered in the asker's thread
    QCOMPARE(times_told(), 3);
}

QTEST_APPLESS_MAIN(TestCallbacks)
#include "tst_callbacks.moc"
