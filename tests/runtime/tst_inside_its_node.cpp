// SPDX-License-Identifier: BSL-1.0
/// Calls of a Node that block the thread, made by one of its own processes; and shared handles of a Node.
#include "process_fixture.hpp"

using namespace fiberscope;
using namespace fiberscope::test;

namespace {

struct Ask {
    using Reply = int;
};

class Oracle final : public Server<Oracle> {
public:
    using Messages = fiberscope::Messages<Ask>;
    Reply<Ask> handle_call(const Ask&) { return 42; }
};

Application shop() {
    return Application{"shop", Supervisor::one_for_one().child("oracle", Oracle::start().named("oracle"))};
}

template <class T>
std::string error_of(const Result<T>& result) {
    return result ? "no error" : to_string(result.error());
}

std::string what_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const std::exception& error) {
        return error.what();
    }
    return "no error";
}

} // namespace

class TestInsideItsNode : public QObject {
    Q_OBJECT

private slots:
    void initTestCase_data() { add_scheduler_rows(); }
    void calls_that_would_block_a_scheduler_say_so();
    void other_threads_and_other_nodes_may();
    void a_small_stack_is_enough_to_look_at_it();
    void a_shared_handle_outlives_its_node();
    void the_end_of_a_shared_handle_stops_nothing();
};

void TestInsideItsNode::calls_that_would_block_a_scheduler_say_so() {
    QFETCH_GLOBAL(unsigned, count);
    Node node{with_schedulers(count)};
    QVERIFY(node.start(shop()).has_value());
    ExternalProcess me = node.attach();
    me->spawn([to = me->pid()](Process& self) {
        Node& own = self.node();
        self.send(to, std::vector<std::string>{error_of(own.call("oracle", Ask{})), error_of(own.start(Oracle::start())),
                                               error_of(own.start(shop())), error_of(own.start_application("shop")),
                                               error_of(own.ensure_all_started("shop")), error_of(own.stop_application("shop")),
                                               what_of([&] { own.wait_until_quiet(1s); })});
    });
    const auto errors = me->receive_for<std::vector<std::string>>(5s);
    QVERIFY(errors.has_value());
    QCOMPARE(errors->front(), std::string{R"({badarg,"Node::call inside a process of the node: use self.call"})"});
    for (const std::string& error : *errors)
        QVERIFY2(error.starts_with("{badarg,\"Node::") && error.find(" inside a process of the node: use ") != std::string::npos,
                 error.c_str());
    const auto batch = node.events_after(0);
    const auto reports = std::count_if(batch.events.begin(), batch.events.end(), [](const Event& event) {
        return event.log != nullptr && event.log->title.find("inside a process of the node") != std::string::npos;
    });
    QCOMPARE(static_cast<std::size_t>(reports), errors->size());
    QVERIFY(!node.is_stopped());
}

void TestInsideItsNode::other_threads_and_other_nodes_may() {
    QFETCH_GLOBAL(unsigned, count);
    Node node{with_schedulers(count)};
    Node other{with_schedulers(1)};
    QVERIFY(node.start(shop()).has_value());
    QVERIFY(other.start(shop()).has_value());
    ExternalProcess me = node.attach();
    me->spawn([to = me->pid(), &other](Process& self) {
        self.send(to, *self.blocking([&] { return self.node().call("oracle", Ask{}); }) + *other.call("oracle", Ask{}));
    });
    const auto sum = me->receive_for<int>(5s);
    QVERIFY(sum.has_value());
    QCOMPARE(*sum, 84);
}

/// Names of functions are looked up on disk, which takes more stack than a process has, and more time than a scheduler.
void TestInsideItsNode::a_small_stack_is_enough_to_look_at_it() {
    QFETCH_GLOBAL(unsigned, count);
    Node node{with_schedulers(count)};
    ExternalProcess me = node.attach();
    const auto looks = [to = me->pid()](Process& self) {
        const Pid ended = self.spawn([](Process& child) { child.receive<Tick>(); });
        self.monitor(ended);
        self.exit(ended, ExitReason::kill());
        self.receive<Down>();
        std::vector<std::string> seen;
        const Snapshot all = self.node().snapshot();
        for (const ProcessRow& row : all.processes)
            if (row.pid == self.pid())
                seen.emplace_back(name_of(row.initial_function));
        for (const Event& event : self.node().events_after(0).events)
            if (event.kind == EventKind::exit && event.pid == ended)
                seen.emplace_back(name_of(event.initial_function));
        self.send(to, std::move(seen));
    };
    const auto [pid, monitor] = me->spawn_monitor(looks, {.stack_bytes = 16 * 1024});
    const auto seen = me->receive_for<std::vector<std::string>>(10s);
    QVERIFY2(seen.has_value(), to_string(reason_of_end(me, pid, monitor)).c_str());
    QCOMPARE(seen->size(), std::size_t{2});
    for (const std::string& name : *seen)
        QVERIFY2(name.find("a_small_stack_is_enough_to_look_at_it") != std::string::npos, name.c_str());
}

void TestInsideItsNode::a_shared_handle_outlives_its_node() {
    QFETCH_GLOBAL(unsigned, count);
    auto node = std::make_unique<Node>(with_schedulers(count));
    QVERIFY(node->start(shop()).has_value());
    Node shared = node->share();
    QCOMPARE(shared.id(), node->id());
    QCOMPARE(*shared.call("oracle", Ask{}), 42);
    const Pid oracle = shared.whereis("oracle");
    node.reset();
    QVERIFY(shared.is_stopped());
    QCOMPARE(error_of(shared.call("oracle", Ask{})), std::string{"node_stopped"});
    QCOMPARE(error_of(shared.start(shop())), std::string{"node_stopped"});
    QVERIFY(!shared.is_alive(oracle));
    QCOMPARE(shared.snapshot().node.stopped_because, std::string{"stopped"});
    QVERIFY(!shared.events_after(0).events.empty());
    QVERIFY(shared.stop().empty());
}

void TestInsideItsNode::the_end_of_a_shared_handle_stops_nothing() {
    QFETCH_GLOBAL(unsigned, count);
    Node node{with_schedulers(count)};
    QVERIFY(node.start(shop()).has_value());
    { const Node shared = node.share(); }
    QCOMPARE(*node.call("oracle", Ask{}), 42);
}

QTEST_APPLESS_MAIN(TestInsideItsNode)
#include "tst_inside_its_node.moc"
