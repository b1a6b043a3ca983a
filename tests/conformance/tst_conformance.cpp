// SPDX-License-Identifier: BSL-1.0
#include <QtTest>

#include "controller.hpp"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>

#include <atomic>
#include <thread>
#include <vector>

namespace {

constexpr unsigned scheduler_counts[] = {1, 2, 4};

struct Case {
    QString path;
    unsigned schedulers;
    QString output;
};

QString contents(const QString& path) {
    QFile file{path};
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QStringLiteral("cannot read %1").arg(path);
}

QString run(const QString& path, unsigned schedulers) {
    try {
        return QString::fromStdString(scenario::run_script(scenario::read_script(path.toStdString()), schedulers));
    } catch (const std::exception& error) {
        return QString::fromUtf8(error.what());
    }
}

} // namespace

/// Each scenario of cases/ prints what a real Erlang/OTP printed for it, on 1, 2 and 4 schedulers.
class ConformanceTest final : public QObject {
    Q_OBJECT

private slots:
    /// Runs all cases side by side, each on a node of its own: most of a case's time is waiting.
    void initTestCase() {
        const QDir folder{QStringLiteral(FIBERSCOPE_CASES)};
        for (const QFileInfo& file : folder.entryInfoList({QStringLiteral("*.scenario")}, QDir::Files, QDir::Name))
            for (const unsigned schedulers : scheduler_counts)
                m_cases.push_back({file.filePath(), schedulers, {}});
        QVERIFY(!m_cases.empty());
        std::atomic<std::size_t> next{0};
        std::vector<std::thread> workers(8);
        for (std::thread& worker : workers)
            worker = std::thread{[&] {
                for (std::size_t i = next++; i < m_cases.size(); i = next++)
                    m_cases[i].output = run(m_cases[i].path, m_cases[i].schedulers);
            }};
        for (std::thread& worker : workers)
            worker.join();
    }

    void prints_what_otp_prints_data() {
        QTest::addColumn<QString>("output");
        QTest::addColumn<QString>("expected");
        for (const Case& each : m_cases) {
            QString expected = each.path;
            expected.replace(QStringLiteral(".scenario"), QStringLiteral(".expected"));
            QTest::addRow("%s, %u schedulers", qPrintable(QFileInfo{each.path}.baseName()), each.schedulers)
                << each.output << contents(expected);
        }
    }
    void prints_what_otp_prints() {
        QFETCH(QString, output);
        QFETCH(QString, expected);
        QCOMPARE(output.split(u'\n'), expected.split(u'\n')); // names the first line that differs
    }

    void refuses_what_is_not_of_the_language_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("complaint");
        QTest::newRow("unknown command") << "spawn a\n\nfly a"
                                         << ":3: unknown command 'fly'";
        QTest::newRow("too few arguments") << "link"
                                           << ":1: 'link' needs more arguments";
        QTest::newRow("too many arguments") << "# a comment\nlink a b"
                                            << ":2: 'link' has too many arguments";
        QTest::newRow("no term") << "send a {b"
                                 << ":1: '{b' is no term: ',' or '}' is missing at character 3";
        QTest::newRow("no option") << "server s colour=red"
                                   << ":1: no option 'colour' here";
        QTest::newRow("no value") << "server s trap"
                                  << ":1: an option looks like KEY=VALUE, not 'trap'";
        QTest::newRow("no number") << "wait soon"
                                   << ":1: 'soon' is no number";
        QTest::newRow("no step") << "server s init=ok/dance"
                                 << ":1: init: no step 'dance'";
        QTest::newRow("no strategy")
            << "sup s one_for_two"
            << ":1: strategy: 'one_for_two' is none of one_for_one, one_for_all, rest_for_one, simple_one_for_one";
        QTest::newRow("an actor's controller") << "a: log"
                                               << ":1: 'log' is a command of the controller: it has no actor";
        QTest::newRow("an actor without a command") << "a: bg"
                                                    << ":1: a command is missing";
    }
    void refuses_what_is_not_of_the_language() {
        QFETCH(QString, text);
        QFETCH(QString, complaint);
        const QTemporaryDir folder;
        QFile file{folder.filePath(QStringLiteral("x.scenario"))};
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(text.toUtf8());
        file.close();
        QCOMPARE(run(file.fileName(), 1), file.fileName() + complaint);
    }
    void a_server_calls_another() {
        const QTemporaryDir folder;
        QFile file{folder.filePath(QStringLiteral("x.scenario"))};
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("spawn c\nserver a\nserver b\n"
                   "c: bg call a {call,b,noreply,infinity} infinity\n" // waits as long as it takes
                   "exit_signal b boom\nresult c\nalive a\n"
                   "server d\nserver e\n"
                   "c: call d {call,e,get,soon}\nalive d\n" // no time
                   "c: call e {call,5,get}\nalive e\n");    // no process
        file.close();
        const QString output = run(file.fileName(), 1);
        for (const char* line : {"result c -> exit {{boom,call},call}\nalive a -> false\n",
                                 "c: call d {call,e,get,soon} -> exit {{error,timeout_value},call}\nalive d -> false\n",
                                 "c: call e {call,5,get} -> exit {{error,badarg},call}\nalive e -> false\n"})
            QVERIFY2(output.contains(QString::fromUtf8(line)), qPrintable(output));
    }
    void says_which_file_cannot_be_read() {
        QCOMPARE(run(QStringLiteral("/nowhere/x.scenario"), 1), QStringLiteral("/nowhere/x.scenario: cannot be read"));
    }

private:
    std::vector<Case> m_cases;
};

QTEST_APPLESS_MAIN(ConformanceTest)
#include "tst_conformance.moc"
