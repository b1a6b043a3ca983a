// SPDX-License-Identifier: BSL-1.0
/// Names that are only looked up: they come from anywhere, in any number, and leave nothing behind.
#include "process_fixture.hpp"
#include "servers.hpp"

#include <future>

using namespace fiberscope;
using namespace fiberscope::test;

namespace {

std::uint32_t atoms_of(const Node& node) {
    Snapshot snapshot;
    node.counters(snapshot);
    return snapshot.node.atom_count;
}

/// Each text once in the program's life.
std::string new_name() {
    static std::atomic<int> count{0};
    return "name_" + std::to_string(++count);
}

} // namespace

class TestNames : public QObject {
    Q_OBJECT

private slots:
    void looking_up_makes_no_atoms();
    void a_name_is_found_once_it_is_registered();
    void a_name_is_looked_up_when_the_call_runs();
    void timers_keep_the_name();
    void monitors_tell_the_name();
};

void TestNames::looking_up_makes_no_atoms() {
    Node node{with_schedulers(2)};
    ExternalProcess me = node.attach();
    node.call(new_name(), Get{}); // atoms of errors
    const std::uint32_t before = atoms_of(node);
    for (int i = 0; i < 100; ++i) {
        QVERIFY(!node.whereis(new_name()));
        QVERIFY(!node.send(new_name(), Tick{}));
        QVERIFY(!node.cast(new_name(), Tick{}));
        QCOMPARE(to_string(node.call(new_name(), Get{}).error()), std::string{"noproc"});
        QVERIFY(!me->whereis(new_name()));
        QCOMPARE(to_string(me->try_call(new_name(), Get{}).error()), std::string{"noproc"});
        QCOMPARE(to_string(me->stop(new_name()).error()), std::string{"noproc"});
        me->cast(new_name(), Tick{});
        QVERIFY_EXCEPTION_THROWN(me->send(new_name(), Tick{}), Error);
        QVERIFY_EXCEPTION_THROWN(me->unregister_name(new_name()), Error);
    }
    QCOMPARE(atoms_of(node), before);
}

void TestNames::a_name_is_found_once_it_is_registered() {
    Node node{with_schedulers(2)};
    const std::string name = new_name();
    const Target target{name};
    const Name asked{name};
    QVERIFY(!node.whereis(asked));
    QVERIFY(!node.send(target, Tick{}));
    const auto started = node.start(Shelf::start().named(name));
    QVERIFY(started);
    QCOMPARE(node.whereis(asked), *started);
    QCOMPARE(*node.call(target, Get{}), 7);
}

void TestNames::a_name_is_looked_up_when_the_call_runs() {
    Node node{with_schedulers(1)};
    const std::string name = new_name();
    std::atomic<bool> may_go_on{false};
    std::atomic<bool> is_busy{false};
    node.spawn([&](Process&) { // nobody else runs before the name is there
        is_busy = true;
        while (!may_go_on) {
        }
    });
    QTRY_VERIFY(is_busy);
    std::promise<int> value;
    node.call_async(name, Get{}, 5s, [&value](Result<int> result) { value.set_value(result ? *result : -1); });
    const Pid shelf = node.spawn([](Process& self) { self.receive<Tick>(); }, {.name = name});
    may_go_on = true;
    node.exit(shelf, ExitReason::kill());
    QCOMPARE(value.get_future().get(), -1); // it has reached the process, which has ended
    QVERIFY(Atom::existing(name));
}

void TestNames::timers_keep_the_name() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const std::string name = new_name();
    me->send_after(500ms, name, Tick{3});
    me->register_name(name); // in time, unless this thread stands still for so long
    QCOMPARE(me->receive_for<Tick>(10s).value_or(Tick{}).number, 3);
}

void TestNames::monitors_tell_the_name() {
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    const std::string name = new_name();
    me->monitor(name);
    const auto down = me->receive_for<Down>(10s);
    QVERIFY(down);
    QCOMPARE(std::string{down->name.name()}, name);
    QCOMPARE(to_string(down->reason), std::string{"noproc"});
}

QTEST_APPLESS_MAIN(TestNames)
#include "tst_names.moc"
