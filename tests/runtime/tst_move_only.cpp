// SPDX-License-Identifier: BSL-1.0
/// Messages and bodies that can be moved, but not copied; messages that hold messages of their own type.
#include "process_fixture.hpp"

using namespace fiberscope;
using namespace fiberscope::test;

namespace {

struct Tree {
    int value = 0;
    std::vector<Tree> children;
    std::unique_ptr<Tree> next;
};

int sum(const Tree& tree) {
    int total = tree.value + (tree.next != nullptr ? sum(*tree.next) : 0);
    for (const Tree& child : tree.children)
        total += sum(child);
    return total;
}

Tree some_tree() {
    Tree tree{1, {}, std::make_unique<Tree>()};
    tree.next->value = 40;
    tree.children.emplace_back().value = 1;
    return tree;
}

struct Hello {
    int run;
    Pid from;
};

} // namespace

class TestMoveOnly : public QObject {
    Q_OBJECT

private slots:
    void initTestCase_data() { add_scheduler_rows(); }
    void init() {
        QFETCH_GLOBAL(unsigned, count);
        node_ = std::make_unique<Node>(with_schedulers(count));
    }
    void cleanup() { node_.reset(); }

    void a_tree_is_a_message() {
        ExternalProcess me = node_->attach();
        me->spawn([to = me->pid(), tree = some_tree()](Process& self) mutable { self.send(to, std::move(tree)); });
        const auto tree = me->receive_for<Tree>(10s);
        QVERIFY(tree.has_value());
        QCOMPARE(sum(*tree), 42);
    }
    void each_start_of_a_child_calls_the_body_that_there_is() {
        ExternalProcess me = node_->attach();
        auto body = [to = me->pid(), runs = std::make_unique<int>(0)](Process& self) {
            self.send(to, Hello{++*runs, self.pid()});
            self.receive<Tick>();
        };
        QVERIFY(node_->start(Supervisor::one_for_one().child("greeter", std::move(body))).has_value());
        for (const int run : {1, 2}) {
            const auto hello = me->receive_for<Hello>(10s);
            QVERIFY(hello.has_value());
            QCOMPARE(hello->run, run);
            if (run == 1)
                node_->exit(hello->from, ExitReason::kill());
        }
    }
    void a_supervised_task_may_be_move_only() {
        QVERIFY(node_->start(task::supervisor().named("tasks")).has_value());
        ExternalProcess me = node_->attach();
        me->spawn([to = me->pid()](Process& self) {
            auto task = task::async_nolink(self, "tasks", [tree = some_tree()] { return sum(tree); });
            self.send(to, task.await());
        });
        QCOMPARE(me->receive_for<int>(10s).value_or(0), 42);
    }

private:
    std::unique_ptr<Node> node_;
};

QTEST_APPLESS_MAIN(TestMoveOnly)
#include "tst_move_only.moc"
