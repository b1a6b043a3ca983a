// SPDX-License-Identifier: GPL-3.0-or-later
#include "command_line.hpp"

#include "workloads/workload.hpp"

#include <QCommandLineParser>
#include <QDir>
#include <QFileInfo>
#include <QSet>

namespace fiberscope::app {
namespace {

/// Adds the options and hands out their values. The first wrong value is kept as the error; later ones change nothing.
class Reader {
public:
    explicit Reader(const QStringList& arguments);

    const QString& error() const { return m_error; }
    bool isSet(const QString& option) const { return m_parser.isSet(option); }
    QString text(const QString& option) const { return m_parser.value(option); }
    QString helpText() const;

    std::uint32_t schedulers();
    QStringList workloads();
    std::optional<std::chrono::milliseconds> seconds(const QString& option, double min, double max);
    std::optional<QSize> size();
    QString file(const QString& option);
    QString picture();
    QString tab();

private:
    void fail(const QString& error) {
        if (m_error.isEmpty())
            m_error = error;
    }

    QCommandLineParser m_parser;
    QString m_error;
};

Reader::Reader(const QStringList& arguments) {
    m_parser.setApplicationDescription("Shows the processes of a BEAM-like runtime, alive.");
    m_parser.addOptions({
        {"schedulers", "Scheduler threads (default: one a core).", "N"},
        {"workload", "Starts a workload; may be given several times (default: kv).", "NAME[:ARG]"},
        {"tab", "Opens this tab, as in --tab Processes.", "NAME"},
        {"refresh", "Time between two refreshes of the tables (default: as last time; at first 1).", "SECONDS"},
        {"size", "Size of the window.", "WxH"},
        {"screenshot", "Writes a picture of the window off-screen, and ends (-: to standard output).", "FILE.png"},
        {"dump", "Writes what the window knows as JSON off-screen, and ends (-: to standard output).", "FILE.json"},
        {"after", "When --screenshot and --dump write (default: 3).", "SECONDS"},
        {"list-workloads", "Lists the workloads, and ends."},
        {{"v", "version"}, "Prints the version, and ends."},
        {{"h", "help"}, "Prints this, and ends."},
    });
    if (!m_parser.parse(arguments))
        fail(m_parser.errorText());
    else if (!m_parser.positionalArguments().isEmpty())
        fail(QStringLiteral("unexpected argument '%1'").arg(m_parser.positionalArguments().constFirst()));
}

QString Reader::helpText() const {
    const QString text = m_parser.helpText();
    // the first line names the executable's path
    return "Usage: fiberscope [options]" + text.mid(text.indexOf('\n'));
}

std::uint32_t Reader::schedulers() {
    if (!isSet("schedulers"))
        return 0;
    bool isNumber = false;
    const uint count = text("schedulers").toUInt(&isNumber);
    if (!isNumber || count < 1 || count > 255)
        fail(QStringLiteral("--schedulers: '%1' is not a number from 1 to 255").arg(text("schedulers")));
    return count;
}

QStringList Reader::workloads() {
    if (!isSet("workload"))
        return {"kv"};
    const QStringList workloads = m_parser.values("workload");
    QSet<QString> names;
    for (const QString& workload : workloads) {
        if (const auto application = parse_workload(workload.toStdString()); !application)
            fail(QString::fromStdString(application.error()));
        const QString name = workload.section(':', 0, 0);
        if (names.contains(name))
            fail(QStringLiteral("workload %1 is given twice").arg(name));
        names.insert(name);
    }
    return workloads;
}

std::optional<std::chrono::milliseconds> Reader::seconds(const QString& option, double min, double max) {
    if (!isSet(option))
        return std::nullopt;
    bool isNumber = false;
    const double seconds = text(option).toDouble(&isNumber);
    if (!isNumber || !(seconds >= min && seconds <= max)) {
        fail(QStringLiteral("--%1: '%2' is not a number of seconds from %3 to %4").arg(option, text(option)).arg(min).arg(max));
        return std::nullopt;
    }
    return std::chrono::milliseconds{qRound64(seconds * 1000)};
}

std::optional<QSize> Reader::size() {
    if (!isSet("size"))
        return std::nullopt;
    const QStringList sides = text("size").split('x');
    QSize size;
    if (sides.size() == 2)
        size = {sides[0].toInt(), sides[1].toInt()};
    if (size.width() < 200 || size.height() < 150 || size.width() > 16384 || size.height() > 16384)
        fail(QStringLiteral("--size: '%1' is not a size such as 1200x800, from 200x150 to 16384x16384").arg(text("size")));
    return size;
}

QString Reader::file(const QString& option) {
    if (isSet(option) && text(option).isEmpty())
        fail(QStringLiteral("--%1: the file has no name").arg(option));
    return text(option);
}

QString Reader::picture() {
    const QString name = file("screenshot");
    const QString suffix = QFileInfo{name}.suffix();
    if (!suffix.isEmpty() && suffix.compare("png", Qt::CaseInsensitive) != 0)
        fail(QStringLiteral("--screenshot: '%1' has to end in .png, which is what is written").arg(name));
    return name;
}

QString Reader::tab() {
    if (isSet("tab") && text("tab").isEmpty())
        fail(QStringLiteral("--tab: the tab has no name"));
    return text("tab");
}

/// Whether two names are of one file, by other paths, too.
bool isSameFile(const QString& left, const QString& right) {
    const auto whole = [](const QString& name) {
        const QFileInfo file{name};
        return file.exists() ? file.canonicalFilePath() : QDir::cleanPath(file.absoluteFilePath());
    };
    return whole(left) == whole(right);
}

} // namespace

CommandLine parseCommandLine(const QStringList& arguments) {
    Reader reader{arguments};
    if (!reader.error().isEmpty())
        return Refusal{reader.error()};
    if (reader.isSet("help"))
        return Answer{reader.helpText()};
    if (reader.isSet("version"))
        return Answer{QStringLiteral("fiberscope " FIBERSCOPE_VERSION "\n")};
    if (reader.isSet("list-workloads"))
        return Answer{QString::fromStdString(list_workloads())};

    Options options;
    options.schedulers = reader.schedulers();
    options.workloads = reader.workloads();
    options.tab = reader.tab();
    options.refresh = reader.seconds("refresh", 0.1, 3600);
    options.size = reader.size();
    options.screenshot = reader.picture();
    options.dump = reader.file("dump");
    options.after = reader.seconds("after", 0, 86400).value_or(options.after);
    if (!reader.error().isEmpty())
        return Refusal{reader.error()};
    if (!options.dump.isEmpty() && !options.screenshot.isEmpty() && isSameFile(options.dump, options.screenshot))
        return Refusal{QStringLiteral("--screenshot and --dump name one file: '%1'").arg(options.dump)};
    if (reader.isSet("after") && !options.isHeadless())
        return Refusal{QStringLiteral("--after says when --screenshot and --dump write, and neither is given")};
    return options;
}

} // namespace fiberscope::app
