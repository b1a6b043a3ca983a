// SPDX-License-Identifier: BSL-1.0
#include <QDirIterator>
#include <QFile>
#include <QFileInfo>
#include <QHash>
#include <QRegularExpression>
#include <QTest>

namespace {

struct Include {
    int line;
    QString path;
    bool isQuoted;
};

QString sourceDir() {
    return QStringLiteral(FIBERSCOPE_SOURCE_DIR "/");
}

/// Files below `folder` (relative to the sources) whose names match one of the wildcards; paths relative to the sources.
QStringList filesIn(const QString& folder, const QStringList& wildcards) {
    QStringList files;
    QDirIterator iterator{sourceDir() + folder, wildcards, QDir::Files, QDirIterator::Subdirectories};
    while (iterator.hasNext())
        files << QDir{sourceDir()}.relativeFilePath(iterator.next());
    files.sort();
    return files;
}

QStringList sourcesIn(const QString& folder) {
    return filesIn(folder, {"*.hpp", "*.cpp", "*.h", "*.S"});
}

QString textOf(const QString& file) {
    QFile source{sourceDir() + file};
    return source.open(QIODevice::ReadOnly) ? QString::fromUtf8(source.readAll()) : QString{};
}

QList<Include> includesOf(const QString& file) {
    static const QRegularExpression directive{"^\\s*#\\s*include\\s*([<\"])([^>\"]+)[>\"]"};
    QList<Include> includes;
    int line = 0;
    for (const QString& text : textOf(file).split('\n')) {
        ++line;
        if (const auto match = directive.match(text); match.hasMatch())
            includes << Include{line, match.captured(2), match.captured(1) == "\""};
    }
    return includes;
}

QString at(const QString& file, const Include& include, const QString& rule) {
    return QStringLiteral("%1:%2: includes %3: %4").arg(file).arg(include.line).arg(include.path, rule);
}

/// Every include in `folder` that `isForbidden` refuses.
template <class IsForbidden>
QStringList violations(const QString& folder, const QString& rule, IsForbidden isForbidden) {
    QStringList found;
    for (const QString& file : sourcesIn(folder))
        for (const Include& include : includesOf(file))
            if (isForbidden(file, include))
                found << at(file, include, rule);
    return found;
}

bool isQt(const Include& include) {
    static const QRegularExpression qt{"^(Q[A-Z]|Qt|qcustomplot)"};
    return qt.match(include.path).hasMatch();
}

/// The folder of a private include, as in `"scheduler/run_queue.hpp"`.
QString roomOf(const Include& include) {
    return include.isQuoted ? include.path.section('/', 0, 0) : QString{};
}

bool isAllowedInPublicHeader(const Include& include) {
    static const QRegularExpression allowed{"^([a-z_]+|fmt/.+|boost/(system|pfr|intrusive)[/.].+|fiberscope/[a-z_]+\\.hpp)$"};
    return !include.isQuoted && allowed.match(include.path).hasMatch();
}

QString withoutCommentsAndTexts(const QString& source) {
    static const QRegularExpression comment{"//[^\\n]*|/[*].*?[*]/|\"(?:\\\\.|[^\"\\\\])*\"",
                                            QRegularExpression::DotMatchesEverythingOption};
    QString text = source;
    return text.replace(comment, " ");
}

/// The floor of a public header of the runtime, lowest first: words, process, behaviour, observation, node; -1: it has none.
int floorOf(const QString& header) {
    static const QList<QStringList> floors{
        {"build_check", "config", "fault_text", "fields", "isolation", "pid", "preemption", "priority", "target", "term",
         "wait_time"},
        {"message_value", "message_memory", "message", "receive", "result", "process"},
        {"server", "supervision", "supervisor", "application", "sys", "task"},
        {"events", "snapshot", "inspect"},
        {"node_config", "node", "fiberscope"},
    };
    for (int floor = 0; floor < floors.size(); ++floor)
        if (floors[floor].contains(QFileInfo{header}.baseName()))
            return floor;
    return -1;
}

bool isPublicHeader(const Include& include) {
    return !include.isQuoted && include.path.startsWith("fiberscope/") && !include.path.startsWith("fiberscope/widgets/");
}

/// The licence that a file has to name.
QString licenceOf(const QString& file) {
    static const QStringList permissive{"runtime/",        "tests/runtime/",       "tests/conformance/",
                                        "tests/bench/",    "tests/examples/",      "tests/architecture/",
                                        "tests/mistakes/", "tests/CMakeLists.txt", "CMakeLists.txt"};
    for (const QString& prefix : permissive)
        if (file.startsWith(prefix))
            return "BSL-1.0";
    return "GPL-3.0-or-later";
}

} // namespace

#define COMPARE_NONE(found)                                                                                                      \
    do {                                                                                                                         \
        const QStringList list = (found);                                                                                        \
        QVERIFY2(list.isEmpty(), qPrintable('\n' + list.join('\n')));                                                            \
    } while (false)

/// The layers of the house: who may include whom. Each failure names file, line and rule.
class TestLayers : public QObject {
    Q_OBJECT

private slots:
    void findsSources() { QVERIFY(sourcesIn("runtime/include").size() > 5); }

    void runtimeKnowsNoQt() {
        COMPARE_NONE(
            violations("runtime", "the runtime knows neither Qt nor the window", [](const QString&, const Include& include) {
                return isQt(include) || include.path.startsWith("fiberscope/widgets/");
            }));
    }

    void fibersStayInSchedulerAndProcess() {
        COMPARE_NONE(violations("runtime", "only runtime/src/scheduler and runtime/src/process switch stacks",
                                [](const QString& file, const Include& include) {
                                    const bool isFiber =
                                        include.path.startsWith("boost/fiber") || include.path.startsWith("boost/context");
                                    return isFiber && !file.startsWith("runtime/src/scheduler/") &&
                                           !file.startsWith("runtime/src/process/");
                                }));
    }

    void publicHeadersIncludeLittle() {
        COMPARE_NONE(
            violations("runtime/include",
                       "public headers include the standard library, {fmt}, Boost.System, PFR, Intrusive and each other, "
                       "with angle brackets",
                       [](const QString& file, const Include& include) {
                           const bool isInPlaceOfTheSystems = file.contains("/errno/");
                           return !isInPlaceOfTheSystems && !isAllowedInPublicHeader(include);
                       }));
    }

    void publicHeadersHaveFloors() {
        for (const QString& file : sourcesIn("runtime/include"))
            QVERIFY2(floorOf(file) >= 0 || file.contains("/errno/"), qPrintable(file));
        COMPARE_NONE(violations("runtime/include", "words <- process <- behaviour <- observation <- node",
                                [](const QString& file, const Include& include) {
                                    return isPublicHeader(include) && floorOf(include.path) > floorOf(file);
                                }));
    }

    void publicHeadersExportTheirNames() {
        static const QRegularExpression opening{"^namespace (?!FIBERSCOPE_API )fiberscope\\b",
                                                QRegularExpression::MultilineOption};
        QStringList found;
        for (const QString& file : sourcesIn("runtime/include"))
            if (!file.endsWith("config.hpp") && opening.match(textOf(file)).hasMatch())
                found
                    << file +
                           ": open the namespace as `namespace FIBERSCOPE_API fiberscope {`, or a shared library lacks its names";
        COMPARE_NONE(found);
    }

    void arrowsOfTheRuntimeGoOneWay() {
        // who may be included; inspect may include all, and nobody includes inspect
        static const QHash<QString, QStringList> below{
            {"base", {"base"}},
            {"allocation", {"allocation", "base"}},
            {"scheduler", {"scheduler", "base"}},
            {"process", {"process", "scheduler", "base"}},
            {"behaviour", {"behaviour", "process", "scheduler", "base"}},
            {"inspect", {"inspect", "behaviour", "process", "scheduler", "base"}},
        };
        COMPARE_NONE(violations("runtime/src", "behaviour -> process -> scheduler -> base, inspect -> all, nobody -> inspect",
                                [](const QString& file, const Include& include) {
                                    const QString room = file.section('/', 2, 2);
                                    return include.isQuoted && below.contains(room) && !below[room].contains(roomOf(include));
                                }));
    }

    /// Behaviours are made of processes: what processes and schedulers are made of knows nothing of them.
    void roomsBelowBehaviourKnowNoBehaviour() {
        const int behaviour = floorOf("server.hpp");
        static const QStringList rooms{"base", "scheduler", "process"};
        COMPARE_NONE(violations("runtime/src", "base, scheduler and process know neither behaviours nor the Node",
                                [behaviour](const QString& file, const Include& include) {
                                    const bool isNode = include.path == "fiberscope/node.hpp";
                                    return rooms.contains(file.section('/', 2, 2)) && isPublicHeader(include) &&
                                           (isNode || floorOf(include.path) == behaviour);
                                }));
    }

    void widgetsSeePublicHeadersOnly() {
        static const QStringList rooms{"base", "scheduler", "process", "behaviour", "inspect", "workloads"};
        COMPARE_NONE(violations("widgets", "widgets/ sees the runtime's public headers, and nothing of app/",
                                [](const QString&, const Include& include) { return rooms.contains(roomOf(include)); }));
    }

    void arrowsOfTheWidgetsGoOneWay() {
        static const QHash<QString, QStringList> above{{"model", {"view", "dialog"}}, {"view", {"dialog"}}};
        COMPARE_NONE(violations("widgets/src", "model <- view <- dialog", [](const QString& file, const Include& include) {
            return above.value(file.section('/', 2, 2)).contains(roomOf(include));
        }));
    }

    void modelsHaveNoWidgets() {
        static const QRegularExpression widget{
            "^(QtWidgets|Q(Widget|Application|Dialog|Label|Menu|Action|Layout|MainWindow|Header|"
            "Style|StyledItemDelegate|ScrollArea|.*View|.*Button|.*Box|.*Edit|.*Bar)$)"};
        COMPARE_NONE(violations("widgets/src/model", "models know no widget",
                                [](const QString&, const Include& include) { return widget.match(include.path).hasMatch(); }));
    }

    void qCustomPlotStaysInChartSources() {
        const auto isElsewhere = [](const QString& file, const Include& include) {
            const QString name = file.section('/', -1);
            return include.path.contains("qcustomplot") && !(name.contains("chart") && name.endsWith(".cpp"));
        };
        for (const char* const folder : {"widgets", "app"})
            COMPARE_NONE(violations(folder, "qcustomplot.h undefines Qt's keywords: chart .cpp files only", isElsewhere));
    }

    void workloadsAreWrittenAsUsersWould() {
        COMPARE_NONE(violations("app/workloads", "workloads use the runtime's public headers alone, no Qt",
                                [](const QString&, const Include& include) { return isQt(include); }));
    }

    void publicHeadersAvoidQtKeywords() {
        static const QRegularExpression keyword{"\\b(signals|slots|emit|foreach)\\b"};
        QStringList found;
        for (const QString& file : sourcesIn("runtime/include"))
            if (const auto match = keyword.match(withoutCommentsAndTexts(textOf(file))); match.hasMatch())
                found << QStringLiteral("%1: '%2' is a macro in Qt programs").arg(file, match.captured());
        COMPARE_NONE(found);
    }

    void everyFileNamesItsLicence() {
        QStringList files{"CMakeLists.txt"};
        for (const char* const folder : {"runtime", "widgets", "app", "resources", "tests", "packaging"})
            files << filesIn(folder, {"*.hpp", "*.cpp", "*.h", "*.S", "*.svg", "*.sh", "*.cmake", "CMakeLists.txt"});
        QStringList found;
        for (const QString& file : files) {
            const QString head = textOf(file).section('\n', 0, 2);
            if (!head.contains("SPDX-License-Identifier: " + licenceOf(file)))
                found << QStringLiteral("%1: its first lines do not say SPDX-License-Identifier: %2").arg(file, licenceOf(file));
        }
        COMPARE_NONE(found);
    }

    void filesStaySmall() {
        QStringList found;
        for (const char* const folder : {"runtime", "widgets", "app", "resources"})
            for (const QString& file : sourcesIn(folder))
                if (const auto lines = textOf(file).count('\n'); lines > 600)
                    found << QStringLiteral("%1: %2 lines; split it").arg(file).arg(lines);
        COMPARE_NONE(found);
    }

    void everyTopFolderHasItsPage() {
        for (const char* const folder : {"app", "runtime", "widgets", "resources", "tests", "packaging"})
            QVERIFY2(QFile::exists(sourceDir() + folder + "/README.md"), folder);
    }
};

QTEST_APPLESS_MAIN(TestLayers)
#include "tst_layers.moc"
