// SPDX-License-Identifier: BSL-1.0
/// Who is told what the log says.
#include "process_fixture.hpp"

#include <QFile>
#include <QTemporaryFile>

#include <condition_variable>
#include <mutex>

#include <sys/wait.h>
#include <unistd.h>

using namespace fiberscope;
using namespace fiberscope::test;

namespace {

/// What a handler was told. Shared with the handler.
class Told {
public:
    LogHandler handler() {
        return [this](const Event& event) {
            const std::lock_guard lock{mutex_};
            titles_.push_back(event.log->title);
        };
    }
    std::vector<std::string> titles() const {
        const std::lock_guard lock{mutex_};
        return titles_;
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> titles_;
};

/// A gate at which a handler stops.
class Gate {
public:
    void pass() {
        std::unique_lock lock{mutex_};
        ++waiting_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return is_open_; });
    }
    void wait_for_one() {
        std::unique_lock lock{mutex_};
        changed_.wait(lock, [this] { return waiting_ > 0; });
    }
    void open() {
        const std::lock_guard lock{mutex_};
        is_open_ = true;
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    int waiting_ = 0;
    bool is_open_ = false;
};

/// Standard error goes to a file while it lives.
class CaughtStandardError {
public:
    CaughtStandardError() : before_{::dup(STDERR_FILENO)} {
        if (file_.open())
            ::dup2(file_.handle(), STDERR_FILENO);
    }
    ~CaughtStandardError() { restore(); }
    QString text() {
        restore();
        QFile file{file_.fileName()};
        return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString{};
    }

private:
    void restore() {
        if (before_ >= 0) {
            ::dup2(before_, STDERR_FILENO);
            ::close(std::exchange(before_, -1));
        }
    }
    QTemporaryFile file_;
    int before_;
};

using Titles = std::vector<std::string>;

} // namespace

class TestLogHandlers : public QObject {
    Q_OBJECT

private slots:
    void init() { qunsetenv("FIBERSCOPE_LOG"); }
    void a_handler_hears_its_level_and_above_in_order();
    void levels_change_and_handlers_go();
    void ids_are_taken_once();
    void a_handler_that_throws_is_removed();
    void a_handler_may_remove_itself_and_stop_the_node();
    void a_slow_handler_blocks_nobody_and_hears_of_its_loss();
    void removing_a_handler_that_runs_holds_up_no_scheduler();
    void stop_leaves_a_handler_that_is_stuck();
    void warnings_go_to_standard_error_by_default();
    void addresses_of_faults_are_hexadecimal();
    void standard_error_can_be_quiet_data();
    void standard_error_can_be_quiet();
    void a_forked_child_can_stop();
};

void TestLogHandlers::a_handler_hears_its_level_and_above_in_order() {
    Told warnings;
    Told all;
    {
        Node node{with_schedulers(2)};
        node.log(LogLevel::error, "before");
        QVERIFY(node.wait_until_quiet(10s));
        QVERIFY(node.add_log_handler("warnings", LogLevel::warning, warnings.handler()).has_value());
        QVERIFY(node.add_log_handler("all", LogLevel::debug, all.handler()).has_value());
        node.log(LogLevel::info, "one");
        node.log(LogLevel::warning, "two");
        node.log(LogLevel::debug, "three");
        node.log(LogLevel::critical, "four");
        QVERIFY(node.wait_until_quiet(10s));
    } // the last words come before the Node's end
    QCOMPARE(warnings.titles(), (Titles{"two", "four"}));
    QCOMPARE(all.titles(), (Titles{"one", "two", "three", "four"}));
}

void TestLogHandlers::levels_change_and_handlers_go() {
    Told told;
    Node node{with_schedulers(1)};
    QVERIFY(node.add_log_handler("told", std::nullopt, told.handler()).has_value());
    node.log(LogLevel::error, "to nobody");
    QVERIFY(node.wait_until_quiet(10s));
    QVERIFY(node.set_log_handler_level("told", LogLevel::notice).has_value());
    node.log(LogLevel::notice, "heard");
    QTRY_COMPARE(told.titles(), Titles{"heard"});
    QVERIFY(node.remove_log_handler("told").has_value());
    node.log(LogLevel::error, "after it went");
    QVERIFY(node.wait_until_quiet(10s));
    node.stop();
    QCOMPARE(told.titles(), Titles{"heard"});
}

void TestLogHandlers::ids_are_taken_once() {
    Node node{with_schedulers(1)};
    const LogHandler nothing = [](const Event&) {};
    QCOMPARE(to_string(node.add_log_handler("default", LogLevel::error, nothing).error()),
             std::string{"{already_exist,default}"});
    QVERIFY(node.remove_log_handler("default").has_value());
    QVERIFY(node.add_log_handler("default", LogLevel::error, nothing).has_value());
    QCOMPARE(to_string(node.remove_log_handler("file").error()), std::string{"{not_found,file}"});
    QCOMPARE(to_string(node.set_log_handler_level("file", LogLevel::error).error()), std::string{"{not_found,file}"});
    node.stop();
    QCOMPARE(to_string(node.add_log_handler("late", LogLevel::error, nothing).error()), std::string{"node_stopped"});
}

void TestLogHandlers::a_handler_that_throws_is_removed() {
    CaughtStandardError standard_error;
    Told told;
    {
        NodeConfig config = with_schedulers(1);
        config.log_to_stderr.reset();
        Node node{config};
        QVERIFY(node.add_log_handler("fragile", LogLevel::info, [](const Event&) { throw std::runtime_error{"disk full"}; })
                    .has_value());
        QVERIFY(node.add_log_handler("told", LogLevel::info, told.handler()).has_value());
        node.log(LogLevel::info, "one");
        node.log(LogLevel::info, "two");
        QTRY_COMPARE(told.titles().size(), 2U);
        QCOMPARE(to_string(node.remove_log_handler("fragile").error()), std::string{"{not_found,fragile}"});
    }
    QCOMPARE(standard_error.text(),
             QStringLiteral("fiberscope: the log handler fragile failed and is removed: {error,\"disk full\"}\n"));
}

void TestLogHandlers::a_handler_may_remove_itself_and_stop_the_node() {
    Node node{with_schedulers(1)};
    std::atomic<int> calls = 0;
    QVERIFY(node.add_log_handler("once", LogLevel::error,
                                 [&](const Event&) {
                                     ++calls;
                                     node.remove_log_handler("once");
                                     node.stop();
                                 })
                .has_value());
    node.log(LogLevel::error, "the end is near");
    QTRY_VERIFY(node.is_stopped());
    node.stop();
    QCOMPARE(calls.load(), 1);
}

void TestLogHandlers::a_slow_handler_blocks_nobody_and_hears_of_its_loss() {
    Gate gate;
    Told told;
    NodeConfig config = with_schedulers(1);
    config.event_capacity = 16;
    config.log_to_stderr.reset();
    Node node{config};
    QVERIFY(node.add_log_handler("slow", LogLevel::warning,
                                 [&, note = told.handler()](const Event& event) {
                                     note(event);
                                     gate.pass();
                                 })
                .has_value());
    node.log(LogLevel::warning, "first");
    gate.wait_for_one();
    for (int line = 0; line < 100; ++line)
        node.log(LogLevel::warning, "more");
    QVERIFY(node.wait_until_quiet(10s));
    gate.open();
    QTRY_COMPARE(told.titles().size(), 18U); // the first, the loss, and what the ring still held
    QCOMPARE(told.titles()[1], std::string{"EVENTS LOST"});
}

void TestLogHandlers::removing_a_handler_that_runs_holds_up_no_scheduler() {
    Gate gate;
    Node node{with_schedulers(1)};
    ExternalProcess me = node.attach();
    QVERIFY(node.remove_log_handler("default").has_value());
    QVERIFY(node.add_log_handler("slow", LogLevel::error, [&](const Event&) { gate.pass(); }).has_value());
    node.log(LogLevel::error, "slow");
    gate.wait_for_one();
    me->spawn([&node, to = me->pid()](Process& self) {
        const bool removed = node.remove_log_handler("slow").has_value();
        self.send(to, Tick{removed ? 2 : 0});
    });
    me->spawn([to = me->pid()](Process& self) { self.send(to, Tick{1}); });
    QCOMPARE(me->receive_for<Tick>(10s).value_or(Tick{-1}).number, 1);
    gate.open();
    QCOMPARE(me->receive_for<Tick>(10s).value_or(Tick{-1}).number, 2);
}

/// The gate is shut until the Node is gone.
void TestLogHandlers::stop_leaves_a_handler_that_is_stuck() {
    auto gate = std::make_shared<Gate>(); // the handler's thread goes on when the Node is gone
    auto node = std::make_unique<Node>(with_schedulers(1));
    QVERIFY(node->remove_log_handler("default").has_value());
    QVERIFY(node->add_log_handler("stuck", LogLevel::error, [gate](const Event&) { gate->pass(); }).has_value());
    node->log(LogLevel::error, "stuck");
    gate->wait_for_one();
    node.reset();
    gate->open();
}

void TestLogHandlers::warnings_go_to_standard_error_by_default() {
    CaughtStandardError standard_error;
    {
        Node node{with_schedulers(1)};
        node.log(LogLevel::info, "of no interest");
        node.log(LogLevel::warning, "the shop is\nabout to close");
        QVERIFY(node.wait_until_quiet(10s));
        node.spawn([](Process&) { throw Error{Term::atom("boom")}; }, {.name = "clerk"});
        QVERIFY(node.wait_until_quiet(10s));
    }
    const QString text = standard_error.text();
    QVERIFY2(!text.contains("of no interest"), qPrintable(text));
    const QRegularExpression warning{
        R"(^=WARNING REPORT==== \d+-[A-Z][a-z]{2}-\d{4}::\d\d:\d\d:\d\d\.\d{6} ===\n    the shop is\n    about to close\n)"};
    QVERIFY2(text.contains(warning), qPrintable(text));
    const QRegularExpression crash{R"(\n=CRASH REPORT==== \S+ === error\n    initial_call: )"};
    QVERIFY2(text.contains(crash), qPrintable(text));
    QVERIFY2(text.contains("\n    registered_name: clerk\n"), qPrintable(text));
    QVERIFY2(text.contains("\n    error_info: {error,boom}\n"), qPrintable(text));
}

void TestLogHandlers::addresses_of_faults_are_hexadecimal() {
    const Term fault = Term::tuple({Term::atom("fault"), Term::atom("SIGSEGV"), Term::integer(4096)});
    Event event;
    event.kind = EventKind::log;
    event.log = std::make_shared<LogEntry>(LogEntry{LogLevel::error, {}, "CRASH REPORT", {{"error_info", to_string(fault)}}});
    const std::string text = log_text(event);
    QVERIFY2(text.ends_with("\n    error_info: {fault,'SIGSEGV',0x1000}\n"), text.c_str());
}

void TestLogHandlers::standard_error_can_be_quiet_data() {
    QTest::addColumn<QByteArray>("environment");
    QTest::addColumn<bool>("configured");
    QTest::addColumn<bool>("speaks");
    QTest::newRow("by the configuration") << QByteArray{} << false << false;
    QTest::newRow("by the environment") << QByteArray{"none"} << true << false;
    QTest::newRow("the environment is stronger") << QByteArray{"info"} << false << true;
    QTest::newRow("a word that is no level") << QByteArray{"loud"} << false << false;
}

void TestLogHandlers::standard_error_can_be_quiet() {
    QFETCH(QByteArray, environment);
    QFETCH(bool, configured);
    QFETCH(bool, speaks);
    if (!environment.isEmpty())
        qputenv("FIBERSCOPE_LOG", environment);
    CaughtStandardError standard_error;
    {
        NodeConfig config = with_schedulers(1);
        if (!configured)
            config.log_to_stderr.reset();
        Node node{config};
        node.log(LogLevel::info, "hello");
        node.log(LogLevel::error, "world");
        QVERIFY(node.wait_until_quiet(10s));
    }
    const QString text = standard_error.text();
    QCOMPARE(text.contains("hello"), speaks);
    QCOMPARE(text.contains("world"), speaks);
}

/// The child has none of the threads; what it does not wait for cannot hold it.
void TestLogHandlers::a_forked_child_can_stop() {
    Told told;
    Node node{with_schedulers(1)};
    QVERIFY(node.add_log_handler("told", LogLevel::error, told.handler()).has_value());
    node.log(LogLevel::error, "one");
    QTRY_COMPARE(told.titles().size(), 1U);
    const pid_t child = ::fork();
    if (child == 0) {
        node.remove_log_handler("told");
        ::_exit(0);
    }
    int status = 0;
    pid_t ended = 0;
    QTRY_VERIFY(ended != 0 || (ended = ::waitpid(child, &status, WNOHANG)) != 0);
    QCOMPARE(ended, child);
    QCOMPARE(status, 0);
}

QTEST_APPLESS_MAIN(TestLogHandlers)
#include "tst_log_handlers.moc"
