// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/log_model.hpp"
#include "model/log_reader.hpp"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTest>

using namespace fiberscope;
using namespace fiberscope::widgets;

Q_DECLARE_METATYPE(fiberscope::Event)
Q_DECLARE_METATYPE(fiberscope::EventKind)
Q_DECLARE_METATYPE(fiberscope::ExitReason)

namespace {

Event exitEvent(std::uint32_t slot, ExitReason reason) {
    Event event;
    event.kind = EventKind::exit;
    event.pid = Pid{0, slot, 0};
    event.name = Atom{"worker_" + std::to_string(slot)};
    event.reason = std::move(reason);
    event.age_ms = 5000;
    return event;
}

Event logEvent(LogLevel level, std::string title, std::vector<std::pair<std::string, std::string>> fields = {}) {
    Event event;
    event.kind = EventKind::log;
    event.pid = Pid{0, 7, 0};
    auto entry = std::make_shared<LogEntry>();
    entry->level = level;
    entry->title = std::move(title);
    entry->fields = std::move(fields);
    event.log = std::move(entry);
    return event;
}

EventsSample batchOf(std::vector<Event> events, std::uint64_t lost = 0) {
    auto batch = std::make_shared<EventBatch>();
    batch->events = std::move(events);
    batch->lost = lost;
    return batch;
}

LogLines linesOf(std::vector<Event> events, bool keepsNormalExits = false) {
    KnownNames known;
    return logLines(*batchOf(std::move(events)), keepsNormalExits, LogModel::maxLines, known);
}

QString textAt(const LogModel& model, int row) {
    return model.index(row, LogModel::TextColumn).data().toString();
}

} // namespace

/// Events as lines of the log.
class TestLogModel : public QObject {
    Q_OBJECT

private slots:
    void forcedEndsAreToldApart() {
        LogModel model;
        Event exit;
        exit.kind = EventKind::exit;
        exit.pid = Pid{0, 9, 0};
        exit.label = "burner_1";
        exit.reason = ExitReason::killed();
        exit.abandoned = true;
        Event stuck =
            logEvent(LogLevel::warning, "LONG SCHEDULE", {{"scheduler", "2"}, {"time_ms", "12"}, {"stack", "spin\nmain"}});
        stuck.label = "burner_1";
        model.append(linesOf({exit, stuck}));
        QVERIFY(textAt(model, 0).startsWith(QStringLiteral("burner_1 <0.9.0> exited: killed (abandoned)")));
        QCOMPARE(textAt(model, 1), QStringLiteral("LONG SCHEDULE  scheduler: 2  time_ms: 12"));
    }

    void anExitTellsWhatItsReasonDoesNot() {
        LogModel model;
        Event limit = exitEvent(9, ExitReason::killed());
        limit.note = "heap over 1000000 bytes";
        Event forced = limit;
        forced.abandoned = true;
        model.append(linesOf({limit, forced}));
        QCOMPARE(textAt(model, 0), QStringLiteral("worker_9 <0.9.0> exited: killed (heap over 1000000 bytes) (lived 5 Secs)"));
        QCOMPARE(textAt(model, 1),
                 QStringLiteral("worker_9 <0.9.0> exited: killed (heap over 1000000 bytes, abandoned) (lived 5 Secs)"));
    }

    void anExitKeepsItsStack() {
        LogModel model;
        Event exit = exitEvent(9, Term::atom("stack_overflow"));
        exit.stack_text = "shop::price_of (price.cpp:12)\nshop::sell (till.cpp:30)";
        model.append(linesOf({exit, exitEvent(10, ExitReason::killed())}));
        QVERIFY(!textAt(model, 0).contains('\n'));
        QVERIFY2(
            model.plainText(0).endsWith("\n    stack:\n        shop::price_of (price.cpp:12)\n        shop::sell (till.cpp:30)"),
            qPrintable(model.plainText(0)));
        QVERIFY(!model.plainText(1).contains("stack"));
        model.setFilter(LogLevel::debug, QStringLiteral("till.cpp"));
        QCOMPARE(model.rowCount(), 1);
    }

    void eventsReadAsSentences() {
        LogModel model;
        Event restart;
        restart.kind = EventKind::restart;
        restart.supervisor_name = Atom{"kv_sup"};
        restart.child_id = Atom{"kv_shard_2"};
        restart.name = Atom{"kv_shard_2"};
        restart.old_pid = Pid{0, 90, 0};
        restart.pid = Pid{0, 131, 0};
        restart.reason = ExitReason::killed();
        restart.restart_us = 38;
        Event gaveUp;
        gaveUp.kind = EventKind::gave_up;
        gaveUp.pid = Pid{0, 80, 0};
        gaveUp.supervisor_name = Atom{"crash_sup"};
        gaveUp.child_id = Atom{"crasher"};
        gaveUp.reason = ExitReason::shutdown();
        Event stopped;
        stopped.kind = EventKind::application_stopped;
        stopped.name = Atom{"kv"};
        stopped.reason = ExitReason::shutdown();
        model.append(linesOf({exitEvent(90, ExitReason::killed()), restart, gaveUp, stopped, logEvent(LogLevel::info, "hello")}));
        QCOMPARE(model.rowCount(), 5);
        QVERIFY(textAt(model, 0).startsWith(QStringLiteral("worker_90 <0.90.0> exited: killed")));
        QCOMPARE(textAt(model, 1), QStringLiteral("kv_sup restarted kv_shard_2: <0.90.0> → <0.131.0> after 38 µs (killed)"));
        QCOMPARE(textAt(model, 2), QStringLiteral("crash_sup <0.80.0> gave up: restart intensity reached by crasher (shutdown)"));
        QCOMPARE(textAt(model, 3), QStringLiteral("application kv stopped: shutdown"));
        QCOMPARE(textAt(model, 4), QStringLiteral("hello"));
        QCOMPARE(model.index(1, LogModel::LevelColumn).data().toString(), QStringLiteral("notice"));
        QVERIFY(model.line(1).pid == restart.pid);
    }

    /// By what the event itself tells: the process may have ended since.
    void processesAreNamed_data() {
        QTest::addColumn<Event>("event");
        QTest::addColumn<QString>("process");
        const auto child = "[{pid,<0.7.0>},{id,clerk_5},{restart_type,permanent}]";
        QTest::newRow("progress report") << logEvent(LogLevel::info, "PROGRESS REPORT", {{"started", child}})
                                         << "clerk_5 <0.7.0>";
        QTest::newRow("supervisor report") << logEvent(LogLevel::error, "SUPERVISOR REPORT", {{"offender", child}})
                                           << "clerk_5 <0.7.0>";
        QTest::newRow("another's child") << logEvent(LogLevel::error, "SUPERVISOR REPORT",
                                                     {{"offender", "[{pid,<0.8.0>},{id,a}]"}})
                                         << "<0.7.0>";
        QTest::newRow("label") << logEvent(LogLevel::error, "CRASH REPORT", {{"registered_name", "[]"}, {"label", "clerk 5"}})
                               << "clerk 5 <0.7.0>";
        QTest::newRow("registered name") << logEvent(LogLevel::error, "CRASH REPORT",
                                                     {{"registered_name", "clerk_5"}, {"label", "x"}})
                                         << "clerk_5 <0.7.0>";
        QTest::newRow("caller") << logEvent(LogLevel::warning, "CALL CYCLE", {{"caller", "clerk_5"}}) << "clerk_5 <0.7.0>";
        QTest::newRow("labelled caller") << logEvent(LogLevel::warning, "CALL CYCLE", {{"caller", "clerk 5 <0.7.0>"}})
                                         << "clerk 5 <0.7.0>";
        Event restart;
        restart.kind = EventKind::restart;
        restart.child_id = Atom{"clerk_5"};
        restart.pid = Pid{0, 7, 0};
        QTest::newRow("restart") << restart << "clerk_5 <0.7.0>";
    }
    void processesAreNamed() {
        QFETCH(Event, event);
        QFETCH(QString, process);
        QCOMPARE(logLine(event).process, process);
    }

    void aReportWithoutANameHasThatOfOtherLines() {
        KnownNames known;
        Event report = logEvent(LogLevel::error, "SERVER TERMINATING", {{"reason", "boom"}});
        const auto lines = logLines(*batchOf({report, exitEvent(7, Term::atom("boom"))}), false, LogModel::maxLines, known);
        QCOMPARE(lines[0]->process, "worker_7 <0.7.0>");
        const auto later = logLines(*batchOf({report}), false, LogModel::maxLines, known);
        QCOMPARE(later[0]->process, "worker_7 <0.7.0>");
    }

    void aCallCycleTellsWhoCallsWhom() {
        const Event cycle = logEvent(LogLevel::warning, "CALL CYCLE",
                                     {{"calls", "left -> right -> left"}, {"caller", "left"}, {"outcome", "it waits on"}});
        QCOMPARE(logLine(cycle).text, "CALL CYCLE  calls: left -> right -> left  outcome: it waits on");
    }

    void reportsKeepTheirFields() {
        LogModel model;
        model.append(linesOf({logEvent(LogLevel::error, "SUPERVISOR REPORT", {{"supervisor", "kv_sup"}, {"reason", "killed"}})}));
        QVERIFY(model.line(0).report);
        QVERIFY(textAt(model, 0).contains(QStringLiteral("supervisor: kv_sup")));
        QVERIFY(model.plainText(0).endsWith(QStringLiteral("\n    supervisor: kv_sup\n    reason: killed")));
    }

    void nothingOfAnIdIsCut_data() {
        QTest::addColumn<QString>("offender");
        QTest::addColumn<QString>("shown");
        QTest::newRow("tuple") << "[{pid,<0.9.0>},{id,{worker,{1,2}}},{restart_type,permanent}]"
                               << "{worker,{1,2}} <0.9.0>";
        QTest::newRow("braces in a string") << "[{pid,<0.9.0>},{id,\"a}b\"}]"
                                            << "\"a}b\" <0.9.0>";
        QTest::newRow("angle brackets") << "[{pid,<0.9.0>},{id,'queue<int>'}]"
                                        << "'queue<int>' <0.9.0>";
        QTest::newRow("no process") << "[{pid,undefined},{id,till}]"
                                    << "till undefined";
        QTest::newRow("no such list") << "[{nb_children,3},{id,till}]"
                                      << "[{nb_children,3},{id,till}]";
    }
    void nothingOfAnIdIsCut() {
        QFETCH(QString, offender);
        QFETCH(QString, shown);
        LogModel model;
        model.append(linesOf({logEvent(LogLevel::error, "SUPERVISOR REPORT", {{"offender", offender.toStdString()}})}));
        QCOMPARE(textAt(model, 0), "SUPERVISOR REPORT  offender: " + shown);
        QVERIFY(model.plainText(0).endsWith("\n    offender: " + offender));
        const std::string reason = "{" + std::string(1000, 'a') + ",{b}}";
        model.append(linesOf({logEvent(LogLevel::error, "CRASH REPORT", {{"error_info", reason}})}));
        QVERIFY(textAt(model, 1).endsWith(QString::fromStdString(reason)));
    }

    /// What user code names and logs is a line in the table, in its place, and as it was where it is copied.
    void foreignTextsStayInTheirPlaces() {
        LogModel model;
        const std::string hebrew = "שלום";
        Event exit = exitEvent(9, ExitReason{Term::string("two\nlines")});
        exit.name = Atom{hebrew};
        model.append(linesOf({exit, logEvent(LogLevel::info, "one\ntwo <b>")}));
        const QString isolated = QStringLiteral("\u200E\u2068") + QString::fromStdString(hebrew) + QChar{0x2069};
        QCOMPARE(model.line(0).process, isolated + " <0.9.0>");
        QVERIFY2(textAt(model, 0).startsWith(isolated + " <0.9.0> exited: "), qPrintable(textAt(model, 0)));
        QVERIFY(!textAt(model, 0).contains('\n'));
        QCOMPARE(textAt(model, 1), "one\\ntwo <b>");
        QVERIFY(model.plainText(0).contains(QString::fromStdString(hebrew + " <0.9.0> exited: ")));
        QVERIFY(model.plainText(1).endsWith("one\n        two <b>"));
        model.setFilter(LogLevel::debug, QString::fromStdString('"' + hebrew + " <0.9.0>\""));
        QCOMPARE(model.rowCount(), 1);
    }

    void addressesOfFaultsAreHexadecimal() {
        LogModel model;
        const auto fault = Term::tuple({Term::atom("fault"), Term::atom("SIGSEGV"), Term::integer(255)});
        model.append(
            linesOf({exitEvent(9, fault), logEvent(LogLevel::error, "CRASH REPORT", {{"error_info", to_string(fault)}})}));
        QVERIFY(textAt(model, 0).contains("exited: {fault,'SIGSEGV',0xff}"));
        QCOMPARE(textAt(model, 1), "CRASH REPORT  error_info: {fault,'SIGSEGV',0xff}");
        QVERIFY(model.plainText(1).endsWith("error_info: {fault,'SIGSEGV',0xff}"));
        model.setFilter(LogLevel::debug, "0xff");
        QCOMPARE(model.rowCount(), 2);
    }

    void levels_data() {
        QTest::addColumn<EventKind>("kind");
        QTest::addColumn<ExitReason>("reason");
        QTest::addColumn<QString>("level");
        QTest::newRow("stopped by hand") << EventKind::application_stopped << ExitReason{Term::atom("stopped")} << "notice";
        QTest::newRow("its work is done") << EventKind::application_stopped << ExitReason::normal() << "notice";
        QTest::newRow("its top supervisor gave up") << EventKind::application_stopped << ExitReason::shutdown() << "error";
        QTest::newRow("its top supervisor was killed") << EventKind::application_stopped << ExitReason::killed() << "error";
        QTest::newRow("gave up") << EventKind::gave_up << ExitReason::shutdown() << "error";
        QTest::newRow("started") << EventKind::application_started << ExitReason{} << "info";
        QTest::newRow("restart") << EventKind::restart << ExitReason::killed() << "notice";
        QTest::newRow("abnormal exit") << EventKind::exit << ExitReason::killed() << "warning";
    }
    void levels() {
        QFETCH(EventKind, kind);
        QFETCH(ExitReason, reason);
        LogModel model;
        Event event;
        event.kind = kind;
        event.pid = Pid{0, 9, 0};
        event.name = Atom{"shop"};
        event.reason = reason;
        model.append(linesOf({event}));
        QTEST(model.index(0, LogModel::LevelColumn).data().toString(), "level");
    }

    void droppedLinesAreCountedWhateverTheFilter() {
        LogModel model;
        QSignalSpy dropped{&model, &LogModel::droppedLinesChanged};
        model.append(linesOf(std::vector<Event>(LogModel::maxLines, logEvent(LogLevel::info, "line"))));
        QCOMPARE(dropped.size(), 0);
        model.setFilter(LogLevel::error, {});
        model.append(linesOf({logEvent(LogLevel::info, "line"), logEvent(LogLevel::info, "line")}));
        QCOMPARE(dropped.last().first().toULongLong(), 2ULL);
        model.clear();
        QCOMPARE(dropped.last().first().toULongLong(), 0ULL);
    }

    void whatIsNotEvenReadIsDroppedToo() {
        LogModel model;
        LogReader reader;
        connect(&reader, &LogReader::linesRead, &model, &LogModel::append);
        reader.read(batchOf({}));
        for (int batch = 0; batch < 3; ++batch) {
            std::vector<Event> events(8'000, logEvent(LogLevel::info, "line"));
            events.resize(9'000, exitEvent(2, ExitReason::normal())); // which are no lines
            reader.read(batchOf(std::move(events)));
        }
        QTRY_COMPARE(model.lineCount(), LogModel::maxLines);
        QCOMPARE(model.droppedLines(), 14'000ULL);
    }

    void normalExitsAreLeftOutUnlessKept() {
        LogModel model;
        model.append(linesOf({exitEvent(1, ExitReason::normal()), exitEvent(2, ExitReason::shutdown("idle"))}));
        QCOMPARE(model.rowCount(), 0);
        model.append(linesOf({exitEvent(3, ExitReason::normal())}, true));
        QCOMPARE(model.rowCount(), 1);
    }

    void theFilterHidesAndBringsBack() {
        LogModel model;
        const QAbstractItemModelTester tester{&model, QAbstractItemModelTester::FailureReportingMode::Fatal};
        model.append(linesOf({logEvent(LogLevel::info, "one apple"), logEvent(LogLevel::error, "two Apples"),
                              exitEvent(3, ExitReason::killed())}));
        model.setFilter(LogLevel::debug, QStringLiteral("apple"));
        QCOMPARE(model.rowCount(), 2);
        model.setFilter(LogLevel::error, QStringLiteral("apple"));
        QCOMPARE(model.rowCount(), 1);
        model.setFilter(LogLevel::debug, QStringLiteral("worker_3"));
        QCOMPARE(model.rowCount(), 1);
        model.append(linesOf({exitEvent(33, ExitReason::killed()), exitEvent(4, ExitReason::killed())}));
        QCOMPARE(model.rowCount(), 2);
        model.setFilter(LogLevel::debug, {});
        QCOMPARE(model.rowCount(), 5);
    }

    void aProcessIsFoundWhereverItIsNamed() {
        LogModel model;
        Event restart;
        restart.kind = EventKind::restart;
        restart.pid = Pid{0, 131, 0};
        restart.old_pid = Pid{0, 90, 0};
        restart.supervisor = Pid{0, 80, 0};
        restart.supervisor_name = Atom{"kv_sup"};
        restart.name = Atom{"kv_shard_2"};
        model.append(linesOf({exitEvent(90, ExitReason::killed()), restart,
                              logEvent(LogLevel::error, "SUPERVISOR REPORT", {{"offender", "[{pid,<0.90.0>},{id,kv_shard_2}]"}}),
                              exitEvent(9, ExitReason::killed())}));
        const auto found = [&model](const char* filter) {
            model.setFilter(LogLevel::debug, QString::fromLatin1(filter));
            return model.rowCount();
        };
        QCOMPARE(found("<0.90.0>"), 3);
        QCOMPARE(found("<0.9.0>"), 1);
        QCOMPARE(found("<0.80.0>"), 1);
        QCOMPARE(found("kv_sup"), 1);
        QCOMPARE(found("kv_shard_2"), 2);
        QVERIFY(model.exitOf(Pid{0, 90, 0}) != nullptr && model.exitOf(Pid{0, 131, 0}) == nullptr);
        QVERIFY(model.restartOf(Pid{0, 90, 0})->pid == restart.pid && model.restartOf(Pid{0, 9, 0}) == nullptr);
    }

    void aWordInQuotesIsAWholeWord() {
        LogModel model;
        model.append(linesOf({exitEvent(1, ExitReason::killed()), exitEvent(12, ExitReason::killed()),
                              logEvent(LogLevel::info, "x", {{"registered_name", "worker_1"}})}));
        model.setFilter(LogLevel::debug, QStringLiteral("worker_1"));
        QCOMPARE(model.rowCount(), 3);
        model.setFilter(LogLevel::debug, QStringLiteral("\"worker_1\""));
        QCOMPARE(model.rowCount(), 2);
        model.setFilter(LogLevel::debug, QStringLiteral("\""));
        QCOMPARE(model.rowCount(), 0);
    }

    void aReportNamesItsProcess() {
        LogModel model;
        model.append(linesOf({logEvent(LogLevel::error, "CRASH REPORT", {{"registered_name", "till"}}),
                              logEvent(LogLevel::error, "SUPERVISOR REPORT", {{"offender", "[{pid,<0.9.0>},{id,till}]"}})}));
        QCOMPARE(model.index(0, LogModel::ProcessColumn).data().toString(), QStringLiteral("till <0.7.0>"));
        QVERIFY(textAt(model, 1).endsWith(QStringLiteral("offender: till <0.9.0>")));
    }

    void itIsBoundedAndKeepsTheNewest() {
        LogModel model;
        const QAbstractItemModelTester tester{&model, QAbstractItemModelTester::FailureReportingMode::Fatal};
        model.setFilter(LogLevel::debug, QStringLiteral("7"));
        for (int batch = 0; batch < 9; ++batch) {
            std::vector<Event> events;
            for (int i = 0; i < 1500; ++i)
                events.push_back(logEvent(LogLevel::info, std::to_string(batch * 1500 + i)));
            model.append(linesOf(std::move(events)));
        }
        QCOMPARE(model.lineCount(), LogModel::maxLines);
        model.setFilter(LogLevel::debug, {});
        QCOMPARE(textAt(model, 0), QStringLiteral("3500"));
        QCOMPARE(textAt(model, model.rowCount() - 1), QStringLiteral("13499"));
        model.append(linesOf(std::vector<Event>(20'000, logEvent(LogLevel::info, "flood"))));
        QCOMPARE(model.rowCount(), static_cast<int>(LogModel::maxLines));
    }

    void aBatchCostsOneInsertion() {
        LogModel model;
        QSignalSpy inserted{&model, &QAbstractItemModel::rowsInserted};
        model.append(linesOf(std::vector<Event>(500, logEvent(LogLevel::info, "line"))));
        QCOMPARE(inserted.size(), 1);
    }

    void lossIsToldWhateverTheFilter() {
        LogModel model;
        QSignalSpy lost{&model, &LogModel::lostEventsChanged};
        model.setFilter(LogLevel::error, QStringLiteral("nothing like this"));
        LogReader reader;
        connect(&reader, &LogReader::linesRead, &model, &LogModel::append);
        reader.read(batchOf({logEvent(LogLevel::info, "after the gap")}, 1234));
        QTRY_COMPARE(lost.size(), 1);
        QCOMPARE(model.rowCount(), 1);
        QVERIFY(model.line(0).isLoss);
        QVERIFY(textAt(model, 0).startsWith(QStringLiteral("1,234 events were lost")));
        reader.read(batchOf({}, 6));
        QTRY_COMPARE(lost.size(), 2);
        QCOMPARE(lost.last().first().toULongLong(), 1240ULL);
    }

    void aFloodIsReadInOrderAndElsewhere() {
        LogModel model;
        LogReader reader;
        connect(&reader, &LogReader::linesRead, &model, &LogModel::append);
        QSignalSpy read{&reader, &LogReader::linesRead};
        for (int batch = 0; batch < 20; ++batch) {
            std::vector<Event> events;
            for (int i = 0; i < 1000; ++i)
                events.push_back(logEvent(LogLevel::info, std::to_string(batch * 1000 + i)));
            reader.read(batchOf(std::move(events), 1));
        }
        QCOMPARE(model.rowCount(), 0); // nothing is read before the caller goes on
        QTRY_COMPARE(model.lostEvents(), 20ULL);
        QCOMPARE(read.size(), 2); // the first, and all that came meanwhile at once
        QCOMPARE(model.lineCount(), LogModel::maxLines);
        int number = 19'999;
        for (int row = model.rowCount() - 1; row >= 0; --row)
            if (!model.line(row).isLoss)
                QCOMPARE(textAt(model, row), QString::number(number--));
    }

    void normalExitsThatAreNotShownPushNothingOut() {
        LogModel model;
        LogReader reader;
        connect(&reader, &LogReader::linesRead, &model, &LogModel::append);
        reader.read(batchOf({}));
        reader.read(batchOf({exitEvent(1, ExitReason::killed())}));
        reader.read(batchOf(std::vector<Event>(20'000, exitEvent(2, ExitReason::normal()))));
        QTRY_COMPARE(model.rowCount(), 1);
        QCOMPARE(model.line(0).pid, (Pid{0, 1, 0}));
    }

    void aReaderMayGoWhileItReads() {
        LogReader reader;
        reader.read(batchOf(std::vector<Event>(20'000, exitEvent(2, ExitReason::killed()))));
    }
};

QTEST_GUILESS_MAIN(TestLogModel)
#include "tst_log_model.moc"
