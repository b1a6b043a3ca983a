// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/log_model.hpp"

#include "model/event_text.hpp"
#include "model/number_text.hpp"
#include "model/text_format.hpp"

#include <QRegularExpression>

#include <algorithm>
#include <iterator>

namespace fiberscope::widgets {

namespace {

QString levelText(fiberscope::LogLevel level) {
    return toQString(to_string(level));
}

LogLine lossLine(std::uint64_t lost, std::chrono::system_clock::time_point at) {
    LogLine line;
    line.at = at;
    line.level = fiberscope::LogLevel::critical;
    line.text = LogModel::tr("%1 events were lost here: they came faster than they could be read").arg(countText(lost));
    line.isLoss = true;
    return line;
}

/// A child's fields (`[{pid,<0.90.0>},{id,store},...]`) as `store <0.90.0>`.
QString childText(const QString& fields) {
    static const QRegularExpression pidAndId{QStringLiteral(R"(\{pid,([^}]*)\},\{id,([^}]*)\})")};
    const auto match = pidAndId.match(fields);
    return match.hasMatch() ? QStringLiteral("%1 %2").arg(match.captured(2), match.captured(1)) : fields;
}

/// A report's title says only its kind; the most telling fields make the line readable.
QString reportText(const fiberscope::LogEntry& report) {
    QStringList parts{QString::fromStdString(report.title)};
    for (const char* wanted : {"supervisor", "errorContext", "registered_name", "error_info", "limit", "reason", "application",
                               "exited", "started", "offender", "scheduler", "time_ms"})
        for (const auto& [name, value] : report.fields)
            if (name == wanted && value != "[]")
                parts.append(
                    QStringLiteral("%1: %2").arg(QString::fromStdString(name), childText(QString::fromStdString(value))));
    return parts.join(QLatin1String{"  "});
}

/// A field below its line. A value of several lines, a stack, begins on a line of its own.
QString fieldText(const QString& name, QString value) {
    const bool isBlock = name == QLatin1String{"stack"} || value.contains(QLatin1Char{'\n'});
    value.replace(QLatin1Char{'\n'}, QLatin1String{"\n        "});
    return QStringLiteral("\n    %1:%2%3").arg(name, isBlock ? QStringLiteral("\n        ") : QStringLiteral(" "), value);
}

/// The value of a field; empty if there is none.
QString fieldOf(const fiberscope::LogEntry& report, std::string_view wanted) {
    for (const auto& [name, value] : report.fields)
        if (name == wanted && value != "[]")
            return QString::fromStdString(value);
    return {};
}

bool isPartOfWord(const QString& text, qsizetype at) {
    if (at < 0 || at >= text.size())
        return false;
    return text[at].isLetterOrNumber() || text[at] == QLatin1Char{'_'} || text[at] == QLatin1Char{'@'};
}

bool containsWord(const QString& text, const QString& word) {
    for (qsizetype at = 0; (at = text.indexOf(word, at, Qt::CaseInsensitive)) >= 0; ++at)
        if (!isPartOfWord(text, at - 1) && !isPartOfWord(text, at + word.size()))
            return true;
    return false;
}

QString processName(const fiberscope::Event& event) {
    if (event.kind == fiberscope::EventKind::gave_up)
        return event.supervisor_name ? toQString(event.supervisor_name.name()) : QString{};
    if (event.kind == fiberscope::EventKind::log && !event.name && event.label.empty())
        return event.log ? fieldOf(*event.log, "registered_name") : QString{};
    return toQString(eventProcessName(event));
}

} // namespace

LogLine logLine(const fiberscope::Event& event) {
    LogLine line;
    line.at = event.at;
    line.level = eventLevel(event);
    line.pid = event.pid;
    const bool isApplications =
        event.kind == fiberscope::EventKind::application_started || event.kind == fiberscope::EventKind::application_stopped;
    if (!isApplications) {
        line.name = processName(event);
        line.process = namedPidText(line.name, event.pid);
    }
    if (event.kind == fiberscope::EventKind::restart) {
        line.oldPid = event.old_pid;
        line.supervisor = event.supervisor;
        line.supervisorName = event.supervisor_name ? toQString(event.supervisor_name.name()) : QString{};
    }
    line.isExit = event.kind == fiberscope::EventKind::exit;
    line.stack = QString::fromStdString(event.stack_text);
    line.text = eventText(event);
    if (event.log && !event.log->fields.empty()) {
        line.report = event.log;
        line.text = reportText(*event.log);
    }
    return line;
}

void LogModel::append(const fiberscope::EventBatch& batch) {
    std::vector<LogLine> lines;
    if (batch.lost > 0) {
        m_lost += batch.lost;
        lines.push_back(lossLine(batch.lost, batch.events.empty() ? std::chrono::system_clock::now() : batch.events.front().at));
    }
    // of more events than fit only the last can be shown
    const std::size_t first = batch.events.size() > maxLines ? batch.events.size() - maxLines : 0;
    for (std::size_t i = first; i < batch.events.size(); ++i) {
        const fiberscope::Event& event = batch.events[i];
        const bool isNormalExit = event.kind == fiberscope::EventKind::exit && event.reason.is_clean();
        if (!isNormalExit || m_keepsNormalExits)
            lines.push_back(logLine(event));
    }
    addLines(std::move(lines));
    if (batch.lost > 0)
        emit lostEventsChanged(m_lost);
}

void LogModel::addLines(std::vector<LogLine> lines) {
    if (lines.empty())
        return;
    std::vector<std::uint64_t> shown;
    std::uint64_t number = m_firstNumber + m_lines.size();
    for (const LogLine& line : lines) {
        if (matches(line))
            shown.push_back(number);
        ++number;
    }
    const int first = rowCount();
    if (!shown.empty())
        beginInsertRows({}, first, first + static_cast<int>(shown.size()) - 1);
    std::move(lines.begin(), lines.end(), std::back_inserter(m_lines));
    m_shown.insert(m_shown.end(), shown.begin(), shown.end());
    if (!shown.empty())
        endInsertRows();
    trim();
}

void LogModel::trim() {
    if (m_lines.size() <= maxLines)
        return;
    const std::size_t excess = m_lines.size() - maxLines;
    const std::uint64_t firstKept = m_firstNumber + excess;
    const auto kept = std::lower_bound(m_shown.begin(), m_shown.end(), firstKept);
    const auto gone = static_cast<int>(std::distance(m_shown.begin(), kept));
    if (gone > 0)
        beginRemoveRows({}, 0, gone - 1);
    m_shown.erase(m_shown.begin(), kept);
    m_lines.erase(m_lines.begin(), m_lines.begin() + static_cast<std::ptrdiff_t>(excess));
    m_firstNumber = firstKept;
    if (gone > 0)
        endRemoveRows();
}

void LogModel::clear() {
    beginResetModel();
    m_firstNumber += m_lines.size();
    m_lines.clear();
    m_shown.clear();
    endResetModel();
}

void LogModel::setFilter(fiberscope::LogLevel level, const QString& text) {
    beginResetModel();
    m_level = level;
    m_isWord = text.size() > 2 && text.startsWith(QLatin1Char{'"'}) && text.endsWith(QLatin1Char{'"'});
    m_filter = m_isWord ? text.sliced(1, text.size() - 2) : text;
    m_shown.clear();
    std::uint64_t number = m_firstNumber;
    for (const LogLine& line : m_lines) {
        if (matches(line))
            m_shown.push_back(number);
        ++number;
    }
    endResetModel();
}

bool LogModel::matches(const LogLine& line) const {
    if (line.isLoss)
        return true;
    if (line.level < m_level)
        return false;
    if (m_filter.isEmpty() || isFound(line.process) || isFound(line.text) || isFound(line.stack))
        return true;
    if (line.supervisor && (isFound(pidText(line.supervisor)) || isFound(line.supervisorName)))
        return true;
    return line.report && std::any_of(line.report->fields.begin(), line.report->fields.end(),
                                      [this](const auto& field) { return isFound(QString::fromStdString(field.second)); });
}

bool LogModel::isFound(const QString& text) const {
    return m_isWord ? containsWord(text, m_filter) : text.contains(m_filter, Qt::CaseInsensitive);
}

const LogLine& LogModel::line(int row) const {
    return m_lines[m_shown[static_cast<std::size_t>(row)] - m_firstNumber];
}

int LogModel::rowOfNumber(std::uint64_t number) const {
    const auto found = std::lower_bound(m_shown.begin(), m_shown.end(), number);
    return found == m_shown.end() || *found != number ? -1 : static_cast<int>(std::distance(m_shown.begin(), found));
}

const LogLine* LogModel::exitOf(fiberscope::Pid pid) const {
    const auto found =
        std::find_if(m_lines.rbegin(), m_lines.rend(), [pid](const LogLine& line) { return line.isExit && line.pid == pid; });
    return found == m_lines.rend() ? nullptr : &*found;
}

const LogLine* LogModel::restartOf(fiberscope::Pid pid) const {
    const auto found = std::find_if(m_lines.rbegin(), m_lines.rend(), [pid](const LogLine& line) { return line.oldPid == pid; });
    return found == m_lines.rend() ? nullptr : &*found;
}

QString LogModel::plainText(int row) const {
    const LogLine& shown = line(row);
    QString text = QStringList{clockText(shown.at), levelText(shown.level), shown.process, shown.text}.join(QLatin1String{"  "});
    if (shown.report)
        for (const auto& [name, value] : shown.report->fields)
            text += fieldText(QString::fromStdString(name), QString::fromStdString(value));
    if (!shown.stack.isEmpty())
        text += fieldText(QStringLiteral("stack"), shown.stack);
    return text;
}

int LogModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_shown.size());
}

int LogModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant LogModel::data(const QModelIndex& index, int role) const {
    if (!index.isValid() || role != Qt::DisplayRole)
        return {};
    const LogLine& shown = line(index.row());
    switch (index.column()) {
    case TimeColumn: return clockText(shown.at);
    case LevelColumn: return levelText(shown.level);
    case ProcessColumn: return shown.process;
    case TextColumn: return shown.text;
    default: return {};
    }
}

QVariant LogModel::headerData(int section, Qt::Orientation orientation, int role) const {
    static const QStringList titles{tr("Time"), tr("Level"), tr("Process"), tr("Event")};
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole || section >= ColumnCount)
        return {};
    return titles[section];
}

} // namespace fiberscope::widgets
