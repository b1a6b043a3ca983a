// SPDX-License-Identifier: GPL-3.0-or-later
#include "workloads/faults.hpp"
#include "workloads/workload.hpp"

#include <fiberscope/fiberscope.hpp>

#include <QElapsedTimer>
#include <QFile>
#include <QMap>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>

#include <future>
#include <optional>

using namespace fiberscope;
using namespace fiberscope::app;
using namespace std::chrono_literals;

namespace {

/// A node with one workload on it; `stops()` checks that nothing of it is left.
class Stage {
public:
    explicit Stage(const std::string& workload) : m_name{workload.substr(0, workload.find(':'))} {
        m_node.wait_until_quiet(5s);
        m_processesBefore = m_node.process_count();
        const auto started = m_node.start(*parse_workload(workload));
        m_started = started.has_value();
        if (!started)
            qWarning("%s does not start: %s", workload.c_str(), to_string(started.error()).c_str());
    }

    Node& node() { return m_node; }
    bool started() const { return m_started; }
    std::uint32_t newProcesses() const { return m_node.process_count() - m_processesBefore; }

    bool isRunning() const {
        for (const ApplicationInfo& application : m_node.applications())
            if (application.name == Atom{m_name})
                return true;
        return false;
    }
    bool stops() {
        const bool stopped = m_node.stop_application(m_name).has_value();
        return stopped && QTest::qWaitFor([this] { return newProcesses() == 0; }, 10'000) && !isRunning();
    }

    Inspection inspect(Pid pid) {
        std::promise<Inspection> answer;
        m_node.inspect({pid}, Inspect::state | Inspect::dictionary, {},
                       [&answer](std::vector<Inspection> inspections) { answer.set_value(std::move(inspections.at(0))); });
        return answer.get_future().get();
    }
    /// A number of a server's state view, as in `{reads,12}`; -1 if it has none.
    qint64 stateNumber(const char* server, const char* key) {
        const auto state = QString::fromStdString(inspect(m_node.whereis(server)).state);
        const auto match = QRegularExpression{QStringLiteral("\\{%1,(\\d+)\\}").arg(key)}.match(state);
        return match.hasMatch() ? match.captured(1).toLongLong() : -1;
    }
    std::optional<ProcessRow> row(const Atom& name) {
        for (const ProcessRow& row : m_node.snapshot().processes)
            if (row.registered_name == name.id())
                return row;
        return std::nullopt;
    }
    /// The first log line that starts so; empty if there is none yet.
    QString logLine(const QString& start) {
        for (const Event& event : m_node.events_after(0).events)
            if (event.log && QString::fromStdString(event.log->title).startsWith(start))
                return QString::fromStdString(event.log->title);
        return {};
    }
    std::optional<Event> exitOf(Pid pid) {
        for (const Event& event : m_node.events_after(0).events)
            if (event.kind == EventKind::exit && event.pid == pid)
                return event;
        return std::nullopt;
    }
    int count(EventKind kind, const std::function<bool(const Event&)>& wanted) {
        int found = 0;
        for (const Event& event : m_node.events_after(0).events)
            found += event.kind == kind && wanted(event) ? 1 : 0;
        return found;
    }

private:
    static NodeConfig config() {
        NodeConfig config;
        config.preemption = Preemption::signal; // as the program does
        config.trap_faults = true;
        config.schedulers = 2;
        return config;
    }

    Node m_node{config()};
    std::string m_name;
    std::uint32_t m_processesBefore = 0;
    bool m_started = false;
};

/// Counted in another way than the workload does: by regular expressions, in one go.
QString independentSummary(const QString& folder) {
    static const QRegularExpression space{"[ \t\n\v\f\r]+"};
    static const QRegularExpression around{"^[\\x00-/:-@\\[-`{-\\x7f]+|[\\x00-/:-@\\[-`{-\\x7f]+$"};
    QMap<QString, int> counts;
    int words = 0;
    int texts = 0;
    int skipped = 0;
    for (const QFileInfo& info : QDir{folder}.entryInfoList(QDir::Files)) {
        QFile file{info.filePath()};
        const QByteArray bytes = file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray{};
        ++(bytes.contains('\0') ? skipped : texts);
        if (bytes.contains('\0'))
            continue;
        for (QString word : QString::fromLatin1(bytes).split(space, Qt::SkipEmptyParts)) {
            ++words;
            word.remove(around);
            for (QChar& c : word)
                c = c < QChar{128} ? c.toLower() : c;
            if (!word.isEmpty())
                ++counts[word];
        }
    }
    QList<QPair<int, QString>> order; // most frequent first, then by the alphabet
    for (auto count = counts.begin(); count != counts.end(); ++count)
        order << QPair{-count.value(), count.key()};
    std::sort(order.begin(), order.end());
    QStringList top;
    for (const auto& [count, word] : order.mid(0, 10))
        top << QStringLiteral("%1 %2").arg(word).arg(-count);
    return QStringLiteral("wordcount: %1 words, %2 distinct, in %3 text files of %4 (%5 skipped); most frequent: %6")
        .arg(words)
        .arg(counts.size())
        .arg(texts)
        .arg(folder)
        .arg(skipped)
        .arg(top.join(", "));
}

void write(const QString& name, const QByteArray& bytes) {
    QFile file{name};
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(bytes);
}

} // namespace

class TestWorkloads : public QObject {
    Q_OBJECT

private slots:
    void everyOneStartsAndStops_data() {
        QTest::addColumn<QString>("workload");
        for (const Workload& workload : workloads())
            QTest::newRow(std::string{workload.name}.c_str()) << QString::fromUtf8(workload.name.data(), workload.name.size());
    }
    void everyOneStartsAndStops() {
        QFETCH(QString, workload);
        Stage stage{workload.toStdString()};
        QVERIFY(stage.started());
        QVERIFY(stage.isRunning());
        QVERIFY(stage.newProcesses() > 1);
        const auto again = stage.node().start(*parse_workload(workload.toStdString()));
        QVERIFY(!again);
        QCOMPARE(to_string(again.error()), "{already_started," + workload.toStdString() + "}");
        QVERIFY(stage.stops());
        QVERIFY(stage.node().start(*parse_workload(workload.toStdString())));
        QVERIFY(stage.stops());
    }

    void kvServesGently() {
        Stage stage{"kv:3"};
        QVERIFY(stage.started());
        for (const char* const name : {"kv_sup", "kv_shard_1", "kv_shard_2", "kv_shard_3", "kv_clients", "kv_janitor"})
            QVERIFY2(stage.node().whereis(name), name);
        for (const char* const shard : {"kv_shard_1", "kv_shard_2", "kv_shard_3"}) {
            QTRY_VERIFY(stage.stateNumber(shard, "writes") > 0);
            QTRY_VERIFY(stage.stateNumber(shard, "reads") > 0);
        }
        QElapsedTimer timer;
        timer.start();
        const auto before = stage.node().snapshot().node.messages;
        QTRY_VERIFY(timer.elapsed() > 2000);
        const auto messages = stage.node().snapshot().node.messages - before;
        const double perSecond = static_cast<double>(messages) * 1000 / static_cast<double>(timer.elapsed());
        QVERIFY2(perSecond > 200 && perSecond < 1500, qPrintable(QString::number(perSecond)));
        QVERIFY(stage.stops());
    }

    void wordcountAgreesWithAnotherCount() {
        Stage stage{"wordcount:3x/usr/share/common-licenses"};
        QVERIFY(stage.started());
        QTRY_VERIFY_WITH_TIMEOUT(!stage.logLine("wordcount: ").isEmpty(), 30'000);
        QCOMPARE(stage.logLine("wordcount: "), independentSummary("/usr/share/common-licenses"));
        QTRY_VERIFY(stage.stateNumber("wordcount_result", "words") > 10'000);
        QVERIFY(stage.stops());
    }

    void wordcountTakesOddFiles() {
        const QTemporaryDir folder;
        write(folder.filePath("a.txt"), "The cat, the (cat) -- and\t\tTHE dog.\r\nCaf\xc3\xa9 'caf\xc3\xa9'\n");
        write(folder.filePath("b.txt"), "");
        write(folder.filePath("c.txt"), "no line end");
        write(folder.filePath("d.bin"), QByteArray{"the\0the", 7});
        Stage stage{"wordcount:" + folder.path().toStdString()};
        QVERIFY(stage.started());
        QTRY_VERIFY(!stage.logLine("wordcount: ").isEmpty());
        const QString line = stage.logLine("wordcount: ");
        QVERIFY2(line.startsWith("wordcount: 13 words, 8 distinct, in 3 text files of "), qPrintable(line));
        QVERIFY2(line.contains("(1 skipped); most frequent: the 3, caf\u00e9 2, cat 2, and 1"), qPrintable(line));
        QVERIFY(stage.stops());
    }

    void ringPassesItsToken() {
        Stage stage{"ring:50x5000"};
        QVERIFY(stage.started());
        QTRY_VERIFY(stage.logLine("ring: 5000 hops around 50 processes in ").endsWith(" ns a hop"));
        QCOMPARE(stage.newProcesses() >= 52, true);
        // the ring lives and dies as one: its master is restarted with all its members
        const Pid master = stage.node().whereis("ring_master");
        stage.node().exit(master, ExitReason::kill());
        QTRY_VERIFY(stage.node().whereis("ring_master") && stage.node().whereis("ring_master") != master);
        QVERIFY(stage.stops());
    }

    void chatFansOut() {
        Stage stage{"chat:2x5"};
        QVERIFY(stage.started());
        QTRY_COMPARE(stage.stateNumber("chat_room_1", "members"), 5);
        QTRY_VERIFY(stage.stateNumber("chat_room_1", "lines") > 0);
        stage.node().exit(stage.node().whereis("chat_room_2"), ExitReason::kill());
        QTRY_COMPARE(stage.stateNumber("chat_room_2", "members"), 5); // they come back
        QVERIFY(stage.stops());
    }

    void burnComputes() {
        Stage stage{"burn:2"};
        QVERIFY(stage.started());
        const auto busy = [&stage] {
            std::uint64_t busy_ns = 0;
            for (const SchedulerRow& row : stage.node().snapshot().schedulers)
                busy_ns += row.busy_ns;
            return busy_ns;
        };
        const auto before = busy();
        QTRY_VERIFY(busy() > before + 500'000'000);
        QVERIFY(stage.stops());
    }

    /// Its burners call nothing, and yet others get their turn and a kill restarts them.
    void burnCanBeKilled() {
        Stage stage{"burn:6"};
        QVERIFY(stage.started());
        const auto isOurs = [](const Event& event) { return event.supervisor_name == Atom{"burn_sup"}; };
        const auto haveAllBegun = [&stage] {
            const Snapshot all = stage.node().snapshot();
            return std::count_if(all.processes.begin(), all.processes.end(), [&all](const ProcessRow& row) {
                       return display_name(all, row).substr(0, 7) == "burner_" && row.cpu_ns > 0;
                   }) == 6;
        };
        QTRY_VERIFY(haveAllBegun());
        const Snapshot snapshot = stage.node().snapshot();
        const auto burner = std::find_if(snapshot.processes.begin(), snapshot.processes.end(),
                                         [&](const ProcessRow& row) { return display_name(snapshot, row) == "burner_3"; });
        QVERIFY(burner != snapshot.processes.end());
        stage.node().exit(burner->pid, ExitReason::kill());
        QTRY_COMPARE(stage.count(EventKind::restart, isOurs), 1);
        QCOMPARE(stage.count(EventKind::exit, [&](const Event& event) { return event.pid == burner->pid && event.abandoned; }),
                 1);
        QVERIFY(stage.stops());
    }

    /// The log tells the response times with preemption by signals, and after it was switched off and on again.
    void greedyIsHeldBackBySignals() {
        Stage stage{"greedy:50"};
        QVERIFY(stage.started());
        const auto reports = [&stage](const char* mode) {
            return stage.count(EventKind::log, [mode](const Event& event) {
                return event.log->title.find("greedy, ") == 0 && event.log->title.find(mode) != std::string::npos;
            });
        };
        QTRY_VERIFY_WITH_TIMEOUT(reports("signals: 50 of 50 ") > 0, 10'000);
        stage.node().set_preemption(Preemption::cooperative);
        const auto isStuck = [&stage] {
            const Snapshot snapshot = stage.node().snapshot();
            return std::any_of(snapshot.schedulers.begin(), snapshot.schedulers.end(),
                               [](const SchedulerRow& row) { return row.is_stuck; });
        };
        QTRY_VERIFY(isStuck());
        const Snapshot snapshot = stage.node().snapshot();
        QVERIFY(std::any_of(snapshot.processes.begin(), snapshot.processes.end(),
                            [](const ProcessRow& row) { return row.is_starving(); }));
        stage.node().set_preemption(Preemption::signal);
        QTRY_VERIFY(!isStuck());
        QVERIFY(stage.stops());
    }

    void deadlockTimesOut_data() {
        QTest::addColumn<bool>("oneIsLate");
        QTest::newRow("both in time") << false;
        QTest::newRow("one is late") << true;
    }

    void deadlockTimesOut() {
        QFETCH(bool, oneIsLate);
        Stage stage{"deadlock"};
        QVERIFY(stage.started());
        if (oneIsLate) {
            const Pid late = stage.node().whereis(Atom{"deadlock_right"});
            stage.node().suspend(late);
            const auto isAskedFor = [&] { // by its own time, and by the other one
                const Snapshot snapshot = stage.node().snapshot();
                const auto row = std::ranges::find(snapshot.processes, late, &ProcessRow::pid);
                return row != snapshot.processes.end() && row->message_queue_length >= 2;
            };
            QTRY_VERIFY_WITH_TIMEOUT(isAskedFor(), 10'000);
            stage.node().resume(late);
        }
        const auto isOurs = [](const Event& event) { return event.supervisor_name == Atom{"deadlock_sup"}; };
        QTRY_VERIFY_WITH_TIMEOUT(stage.count(EventKind::restart, isOurs) >= 2, 15'000); // one_for_all: both
        QVERIFY(stage.count(EventKind::exit, [](const Event& event) { return to_string(event.reason) == "{timeout,call}"; }) >=
                1);
        QVERIFY(stage.stops());
    }

    void crashloopGivesUp() {
        Stage stage{"crashloop"};
        QVERIFY(stage.started());
        QTRY_VERIFY(!stage.isRunning());
        QCOMPARE(stage.count(EventKind::exit,
                             [](const Event& event) {
                                 return event.name == Atom{"crashloop_child"} && to_string(event.reason) == "{error,\"boom\"}";
                             }),
                 4);
        const auto isOurs = [](const Event& event) { return event.supervisor_name == Atom{"crashloop_sup"}; };
        QCOMPARE(stage.count(EventKind::restart, isOurs), 3);
        QCOMPARE(stage.count(EventKind::gave_up, isOurs), 1);
        QTRY_COMPARE(stage.newProcesses(), 0U);
    }

    void aProvokedFaultEndsItsProcess_data() {
        QTest::addColumn<QString>("reason");
        QTest::addColumn<QString>("note");
        QTest::addColumn<bool>("abandoned");
        const auto row = [](const char* fault, const char* reason, const char* note, bool abandoned) {
            QTest::newRow(fault) << reason << note << abandoned;
        };
        row("overflow", "stack_overflow", "", true);
        row("overflow_in_libc", "stack_overflow", "", true);
        row("throw", R"(\{error,"till 13 is jammed"\})", "", false);
        row("terminate", R"(\{terminate,\{error,"7 pence are missing"\}\})", "", true);
        row("null", R"(\{fault,'SIGSEGV',0\})", "", true);
        row("divide", R"(\{fault,'SIGFPE',[1-9]\d*\})", "", true);
        row("illegal", R"(\{fault,'SIGILL',[1-9]\d*\})", "", true);
        row("queue", "killed", "message queue over 10000", false);
        row("heap", "killed", "heap over 1000000 bytes", false);
    }
    /// Twice each: its supervisor restarts it as good as new.
    void aProvokedFaultEndsItsProcess() {
        QFETCH(QString, reason);
        QFETCH(QString, note);
        QFETCH(bool, abandoned);
        Stage stage{"faults"};
        QVERIFY(stage.started());
        const Atom name{std::string{"faults_"} + QTest::currentDataTag()};
        const QRegularExpression wanted{QRegularExpression::anchoredPattern(reason)};
        for (int times = 1; times <= 2; ++times) {
            const Pid before = stage.node().whereis(name);
            QVERIFY(stage.node().send(before, faults::Provoke{}));
            QTRY_VERIFY(stage.node().whereis(name) && stage.node().whereis(name) != before);
            const auto exit = stage.exitOf(before);
            QVERIFY(exit);
            QVERIFY2(wanted.match(QString::fromStdString(to_string(exit->reason))).hasMatch(), to_string(exit->reason).c_str());
            QVERIFY2(exit->note.starts_with(note.toStdString()) && exit->note.empty() == note.isEmpty(), exit->note.c_str());
            QCOMPARE(exit->abandoned, abandoned);
        }
        QVERIFY(stage.stops());
    }

    /// And nothing but its own processes ends by it.
    void faultsComeAtRandom() {
        Stage stage{"faults:random=10"};
        QVERIFY(stage.started());
        const Pid supervisor = stage.node().whereis("faults_sup");
        for (const faults::Fault& fault : faults::all())
            QTRY_VERIFY_WITH_TIMEOUT(
                stage.count(EventKind::restart, [&](const Event& event) { return event.name == fault.process(); }) > 0, 30'000);
        QCOMPARE(stage.node().whereis("faults_sup").bits(), supervisor.bits());
        QCOMPARE(stage.count(EventKind::exit, [](const Event& event) { return event.name == Atom{"faults_chaos"}; }), 0);
        QVERIFY(stage.stops());
    }

    void floodFillsAMailbox() {
        Stage stage{"flood:2"};
        QVERIFY(stage.started());
        QTRY_VERIFY(stage.row("flood_consumer") && stage.row("flood_consumer")->message_queue_length > 3000);
        QVERIFY(stage.row("flood_consumer")->message_queue_length < 50'000);
        QVERIFY(stage.stops());
    }

    void idleFills() {
        Stage stage{"idle:2500"};
        QVERIFY(stage.started());
        // three groups, their supervisor and the application's master beside them; the filler has ended
        QTRY_VERIFY(!stage.logLine("idle: 2500 servers wait").isEmpty());
        QTRY_COMPARE(stage.newProcesses(), 2500U + 3U + 1U + 1U);
        QVERIFY(stage.stops());
    }
};

QTEST_GUILESS_MAIN(TestWorkloads)
#include "tst_workloads.moc"
