// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/log_model.hpp"

#include "model/line_text.hpp"
#include "model/number_text.hpp"
#include "model/text_format.hpp"

#include <QThreadPool>

#include <algorithm>
#include <iterator>
#include <utility>

namespace fiberscope::widgets {

namespace {

QString levelText(fiberscope::LogLevel level) {
    return toQString(to_string(level));
}

QString indented(QString text) {
    return text.replace(QLatin1Char{'\n'}, QLatin1String{"\n        "});
}

/// A field below its line. A value of several lines, a stack, begins on a line of its own.
QString fieldText(const QString& name, const QString& value) {
    const bool isBlock = name == QLatin1String{"stack"} || value.contains(QLatin1Char{'\n'});
    return QStringLiteral("\n    %1:%2%3")
        .arg(name, isBlock ? QStringLiteral("\n        ") : QStringLiteral(" "), indented(value));
}

/// The text of a line as it is copied: what was logged in several lines keeps them.
QString copiedText(const LogLine& line) {
    const bool isMessage = line.report && line.report->fields.empty();
    return isMessage ? indented(toQString(line.report->title)) : withoutIsolates(line.text);
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

} // namespace

void LogModel::append(const LogLines& lines, std::uint64_t lost, std::uint64_t skipped) {
    std::vector<std::uint64_t> shown;
    std::uint64_t number = m_firstNumber + m_lines.size();
    for (const auto& line : lines) {
        if (matches(*line))
            shown.push_back(number);
        ++number;
    }
    const int first = rowCount();
    if (!shown.empty())
        beginInsertRows({}, first, first + static_cast<int>(shown.size()) - 1);
    m_lines.insert(m_lines.end(), lines.begin(), lines.end());
    m_shown.insert(m_shown.end(), shown.begin(), shown.end());
    if (!shown.empty())
        endInsertRows();
    trim();
    setDropped(m_dropped + skipped);
    m_lost += lost;
    if (lost > 0)
        emit lostEventsChanged(m_lost);
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
    const auto end = m_lines.begin() + static_cast<std::ptrdiff_t>(excess);
    // thousands of lines take longer to free than the GUI thread has time
    QThreadPool::globalInstance()->start(
        [old = LogLines(std::make_move_iterator(m_lines.begin()), std::make_move_iterator(end))] {});
    m_lines.erase(m_lines.begin(), end);
    m_firstNumber = firstKept;
    if (gone > 0)
        endRemoveRows();
    setDropped(m_dropped + excess);
}

void LogModel::setDropped(std::uint64_t dropped) {
    if (dropped != std::exchange(m_dropped, dropped))
        emit droppedLinesChanged(m_dropped);
}

void LogModel::clear() {
    beginResetModel();
    m_firstNumber += m_lines.size();
    m_lines.clear();
    m_shown.clear();
    endResetModel();
    setDropped(0);
}

void LogModel::setFilter(fiberscope::LogLevel level, const QString& text) {
    beginResetModel();
    m_level = level;
    m_isWord = text.size() > 2 && text.startsWith(QLatin1Char{'"'}) && text.endsWith(QLatin1Char{'"'});
    m_filter = m_isWord ? text.sliced(1, text.size() - 2) : text;
    m_shown.clear();
    std::uint64_t number = m_firstNumber;
    for (const auto& line : m_lines) {
        if (matches(*line))
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
                                      [this](const auto& field) { return isFound(printedText(field.second)); });
}

bool LogModel::isFound(const QString& text) const {
    const QString bare = withoutIsolates(text);
    return m_isWord ? containsWord(bare, m_filter) : bare.contains(m_filter, Qt::CaseInsensitive);
}

const LogLine& LogModel::line(int row) const {
    return *m_lines[m_shown[static_cast<std::size_t>(row)] - m_firstNumber];
}

int LogModel::rowOfNumber(std::uint64_t number) const {
    const auto found = std::lower_bound(m_shown.begin(), m_shown.end(), number);
    return found == m_shown.end() || *found != number ? -1 : static_cast<int>(std::distance(m_shown.begin(), found));
}

const LogLine* LogModel::exitOf(fiberscope::Pid pid) const {
    const auto found =
        std::find_if(m_lines.rbegin(), m_lines.rend(), [pid](const auto& line) { return line->isExit && line->pid == pid; });
    return found == m_lines.rend() ? nullptr : found->get();
}

const LogLine* LogModel::restartOf(fiberscope::Pid pid) const {
    const auto found = std::find_if(m_lines.rbegin(), m_lines.rend(), [pid](const auto& line) { return line->oldPid == pid; });
    return found == m_lines.rend() ? nullptr : found->get();
}

QString LogModel::plainText(int row) const {
    const LogLine& shown = line(row);
    QString text =
        QStringList{clockText(shown.at), levelText(shown.level), withoutIsolates(shown.process), copiedText(shown)}.join(
            QLatin1String{"  "});
    if (shown.report)
        for (const auto& [name, value] : shown.report->fields)
            text += fieldText(toQString(name), printedText(value));
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
