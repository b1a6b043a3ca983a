// SPDX-License-Identifier: GPL-3.0-or-later
#include "command_line.hpp"

#include <QDir>
#include <QFile>
#include <QImage>
#include <QJsonDocument>
#include <QProcess>
#include <QTemporaryDir>
#include <QTest>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>

using namespace fiberscope::app;
using namespace std::chrono_literals;

namespace {

struct Run {
    int exitStatus = -1;
    QString output;
    QString errors;
};

/// Runs the program to its end, without a display unless `environment` has one.
Run runProgram(const QStringList& arguments, const QMap<QString, QString>& environment = {},
               const std::function<void()>& before = {}) {
    QProcess process;
    process.setChildProcessModifier(before);
    auto variables = QProcessEnvironment::systemEnvironment();
    for (const char* const name : {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"})
        variables.remove(name);
    const QTemporaryDir runtimeDirectory; // Qt warns if there is none
    variables.insert("XDG_RUNTIME_DIR", runtimeDirectory.path());
    for (auto variable = environment.begin(); variable != environment.end(); ++variable)
        variables.insert(variable.key(), variable.value());
    process.setProcessEnvironment(variables);
    process.start(FIBERSCOPE_PROGRAM, arguments);
    if (!process.waitForFinished(60'000) || process.exitStatus() != QProcess::NormalExit)
        return {};
    return {process.exitCode(), QString::fromUtf8(process.readAllStandardOutput()),
            QString::fromUtf8(process.readAllStandardError())};
}

Options parsed(const QStringList& arguments) {
    const CommandLine commandLine = parseCommandLine(QStringList{"fiberscope"} + arguments);
    if (const auto* const refusal = std::get_if<Refusal>(&commandLine))
        qWarning() << refusal->line;
    return std::get<Options>(commandLine);
}

} // namespace

class TestCommandLine : public QObject {
    Q_OBJECT

private slots:
    void defaults() {
        const Options options = parsed({});
        QCOMPARE(options.schedulers, 0U);
        QCOMPARE(options.workloads, QStringList{"kv"});
        QVERIFY(options.tab.isEmpty());
        QVERIFY(!options.refresh);
        QVERIFY(!options.size);
        QVERIFY(!options.isHeadless());
        QCOMPARE(options.after, 3000ms);
    }

    void everyOption() {
        const Options options =
            parsed({"--schedulers", "3", "--workload", "kv:8", "--workload", "ring:10x5", "--tab", "Log", "--refresh", "0.5",
                    "--size", "900x700", "--screenshot", "a.png", "--dump", "b.json", "--after", "1.25"});
        QCOMPARE(options.schedulers, 3U);
        QCOMPARE(options.workloads, QStringList({"kv:8", "ring:10x5"}));
        QCOMPARE(options.tab, QString{"Log"});
        QCOMPARE(*options.refresh, 500ms);
        QCOMPARE(*options.size, QSize(900, 700));
        QCOMPARE(options.screenshot, QString{"a.png"});
        QCOMPARE(options.dump, QString{"b.json"});
        QCOMPARE(options.after, 1250ms);
        QVERIFY(options.isHeadless());
    }

    void refusals_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("line");
        const auto row = [](const QStringList& arguments, const QString& line) {
            QTest::newRow(qPrintable(arguments.join(' '))) << arguments << line;
        };
        row({"--colour"}, "Unknown option 'colour'.");
        row({"--tab"}, "Missing value after '--tab'.");
        row({"extra"}, "unexpected argument 'extra'");
        row({"--schedulers", "0"}, "--schedulers: '0' is not a number from 1 to 255");
        row({"--schedulers", "two"}, "--schedulers: 'two' is not a number from 1 to 255");
        row({"--schedulers", "256"}, "--schedulers: '256' is not a number from 1 to 255");
        row({"--refresh", "0"}, "--refresh: '0' is not a number of seconds from 0.1 to 3600");
        row({"--refresh", "nan"}, "--refresh: 'nan' is not a number of seconds from 0.1 to 3600");
        row({"--after", "-1"}, "--after: '-1' is not a number of seconds from 0 to 86400");
        row({"--size", "800"}, "--size: '800' is not a size such as 1200x800, from 200x150 to 16384x16384");
        row({"--size", "10x10"}, "--size: '10x10' is not a size such as 1200x800, from 200x150 to 16384x16384");
        row({"--screenshot", ""}, "--screenshot: the file has no name");
        row({"--workload", "kvv"}, "there is no workload 'kvv' (--list-workloads lists them)");
        row({"--workload", "kv:"}, "workload kv: nothing follows the ':'");
        row({"--workload", "kv:0"}, "workload kv: '0' is not a number of shards from 1 to 1024");
        row({"--workload", "kv:4x"}, "workload kv: '4x' is not a number of shards from 1 to 1024");
        row({"--workload", "ring:5x0"}, "workload ring: '5x0': '0' is not a number of hops from 1 to 1000000000");
        row({"--workload", "ring:x"}, "workload ring: 'x' is neither a number of members nor that, an x and a number of hops");
        row({"--workload", "ring:5x"}, "workload ring: '5x' is neither a number of members nor that, an x and a number of hops");
        row({"--workload", "wordcount:/no/such"}, "workload wordcount: '/no/such' is not a folder");
        row({"--workload", "wordcount:2x/no/such"}, "workload wordcount: '/no/such' is not a folder");
        row({"--workload", "wordcount:0x/tmp"}, "workload wordcount: '0' is not a number of passes from 1 to 1000000");
        row({"--workload", "crashloop:3"}, "workload crashloop: it takes no argument, so not '3'");
        row({"--workload", "idle:1000001"}, "workload idle: '1000001' is not a number of servers from 1 to 1000000");
        row({"--workload", "faults:sometimes"}, "workload faults: 'sometimes' is neither manual nor random nor random=MS");
        row({"--workload", "faults:randomly"}, "workload faults: 'randomly' is neither manual nor random nor random=MS");
        row({"--workload", "faults:random="}, "workload faults: '' is not a number of milliseconds from 1 to 60000");
        row({"--workload", "faults:random=0"}, "workload faults: '0' is not a number of milliseconds from 1 to 60000");
        row({"--workload", "kv", "--workload", "kv:2"}, "workload kv is given twice");
        row({"--dump", "/no/such/folder/x.json"}, "/no/such/folder/x.json cannot be written: No such file or directory");
        row({"--dump", "/tmp"}, "/tmp cannot be written: Is a directory");
        row({"--dump", "x", "--screenshot", "x"}, "--screenshot and --dump name one file: 'x'");
        row({"--dump", "./x", "--screenshot", "x"}, "--screenshot and --dump name one file: './x'");
        row({"--screenshot", "x.jpg"}, "--screenshot: 'x.jpg' has to end in .png, which is what is written");
        row({"--tab", ""}, "--tab: the tab has no name");
        row({"--after", "2"}, "--after says when --screenshot and --dump write, and neither is given");
        row({"--tab", "Nothing", "--dump", "x.json"},
            "--tab: there is no tab 'Nothing', but System, Load Charts, Schedulers, Applications, Processes, Log");
    }

    void refusals() {
        QFETCH(QStringList, arguments);
        QFETCH(QString, line);
        const Run run = runProgram(arguments);
        QCOMPARE(run.errors, "fiberscope: " + line + '\n');
        QCOMPARE(run.exitStatus, 2);
        QVERIFY(run.output.isEmpty());
    }

    void noDisplay() {
        const QString advice =
            "; start it from a desktop session, or write files without one: --screenshot FILE.png, --dump FILE.json\n";
        const Run none = runProgram({});
        QCOMPARE(none.errors, "fiberscope: no display: DISPLAY is not set" + advice);
        QCOMPARE(none.exitStatus, 2);
        const Run dead = runProgram({}, {{"DISPLAY", ":9876"}});
        QCOMPARE(dead.errors, "fiberscope: the display ':9876' does not open" + advice);
        QCOMPARE(dead.exitStatus, 2);
    }

    void answers() {
        const Run list = runProgram({"--list-workloads"});
        QCOMPARE(list.exitStatus, 0);
        QCOMPARE(list.output.count('\n'), 11);
        QVERIFY(list.output.startsWith("kv[:SHARDS] "));
        QVERIFY(list.errors.isEmpty());
        const Run version = runProgram({"--version"});
        QVERIFY(version.output.startsWith("fiberscope "));
        const Run help = runProgram({"--help"});
        QCOMPARE(help.exitStatus, 0);
        QVERIFY(help.output.startsWith("Usage: fiberscope [options]\n"));
        for (const char* const option : {"schedulers", "workload", "tab", "refresh", "size", "screenshot", "dump", "after"})
            QVERIFY2(help.output.contains(QStringLiteral("--") + option), option);
    }

    void writesFilesWithoutDisplay() {
        const QTemporaryDir folder;
        const QString picture = folder.filePath("w.png");
        const QString dump = folder.filePath("d.json");
        const Run run = runProgram({"--workload", "ring:10x100", "--workload", "kv:2", "--screenshot", picture, "--dump", dump,
                                    "--after", "1", "--size", "1000x700"});
        QCOMPARE(run.errors, QString{});
        QCOMPARE(run.exitStatus, 0);
        QCOMPARE(QImage{picture}.size(), QSize(1000, 700));
        QFile file{dump};
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY(QJsonDocument::fromJson(file.readAll()).isObject());
    }

    void aFullDiskLeavesNoFile_data() {
        QTest::addColumn<QString>("option");
        QTest::newRow("dump") << "--dump";
        QTest::newRow("screenshot") << "--screenshot";
    }
    void aFullDiskLeavesNoFile() {
        QFETCH(QString, option);
        const QTemporaryDir folder;
        const QString name = folder.filePath("file");
        const Run run = runProgram({option, name, "--after", "0"}, {}, [] {
            const rlimit none{100, 100};
            setrlimit(RLIMIT_FSIZE, &none);
        });
        QCOMPARE(run.errors, QStringLiteral("fiberscope: %1 cannot be written: File too large\n").arg(name));
        QCOMPARE(run.exitStatus, 2);
        QVERIFY(QDir{folder.path()}.isEmpty(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot));
    }

    void standardOutputTakesADump_data() {
        QTest::addColumn<QString>("name");
        for (const char* const name : {"-", "/dev/stdout", "/dev/fd/1"})
            QTest::newRow(name) << name;
    }
    void standardOutputTakesADump() {
        QFETCH(QString, name);
        const Run run = runProgram({"--dump", name, "--after", "0"});
        QCOMPARE(run.errors, QString{});
        QCOMPARE(run.exitStatus, 0);
        QVERIFY(QJsonDocument::fromJson(run.output.toUtf8()).isObject());
    }

    void aClosedStandardOutputIsSaid_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("dump") << QStringList{"--dump", "-", "--after", "0"};
        QTest::newRow("answer") << QStringList{"--list-workloads"};
    }
    void aClosedStandardOutputIsSaid() {
        QFETCH(QStringList, arguments);
        const Run run = runProgram(arguments, {}, [] { ::close(STDOUT_FILENO); });
        QCOMPARE(run.errors, QString{"fiberscope: standard output cannot be written: Bad file descriptor\n"});
        QCOMPARE(run.exitStatus, 2);
    }

    void aFifoTakesADump() {
        const QTemporaryDir folder;
        const QString name = folder.filePath("fifo");
        QCOMPARE(::mkfifo(qPrintable(name), 0600), 0);
        QProcess reader;
        reader.start("cat", {name});
        const Run run = runProgram({"--dump", name, "--after", "0"});
        QCOMPARE(run.errors, QString{});
        QVERIFY(reader.waitForFinished());
        QVERIFY(QJsonDocument::fromJson(reader.readAllStandardOutput()).isObject());
    }

    void aSignalEndsTheWaitForAReader() {
        const QTemporaryDir folder;
        const QString name = folder.filePath("fifo");
        QCOMPARE(::mkfifo(qPrintable(name), 0600), 0);
        QProcess program;
        program.start(FIBERSCOPE_PROGRAM, {"--screenshot", name, "--after", "0"});
        QVERIFY(program.waitForStarted());
        QVERIFY(!program.waitForFinished(2000)); // nothing else tells that it waits
        program.terminate();
        QVERIFY(program.waitForFinished());
        QCOMPARE(program.exitStatus(), QProcess::NormalExit);
        QCOMPARE(program.exitCode(), 1);
    }
};

QTEST_GUILESS_MAIN(TestCommandLine)
#include "tst_command_line.moc"
