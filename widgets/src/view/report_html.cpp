// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/report_html.hpp"

#include "model/line_text.hpp"
#include "model/log_model.hpp"
#include "model/number_text.hpp"
#include "model/report_fields.hpp"
#include "model/stack_rows.hpp"
#include "model/text_format.hpp"
#include "view/chart_colors.hpp"

#include <fiberscope/events.hpp>

#include <QColor>
#include <QFontDatabase>
#include <QPalette>
#include <QRegularExpression>
#include <QStringList>

#include <string>
#include <utility>

namespace fiberscope::widgets {

namespace {

/// As HTML; pids are links.
QString withPidLinks(const QString& text) {
    static const QRegularExpression pid{QStringLiteral("&lt;(\\d+\\.\\d+\\.\\d+)&gt;")};
    return text.toHtmlEscaped().replace(pid, QStringLiteral("<a href='pid:\\1'>&lt;\\1&gt;</a>"));
}

/// A text of one line or several.
QString linesHtml(const QString& text) {
    QStringList lines;
    for (const QString& line : text.split(QLatin1Char{'\n'}))
        lines += withPidLinks(wholeLineText(line));
    return lines.join(QLatin1String{"<br>"});
}

QString row(const QString& name, const QString& html, const QString& faint) {
    return QStringLiteral("<tr><td style='color:%3; padding-right:14px'>%1</td><td>%2</td></tr>")
        .arg(name.toHtmlEscaped(), html, faint);
}

/// A stack: a line a frame, in letters of one width, its place faint.
QString stackRow(const QString& name, const QString& stack, const QString& faint) {
    QStringList lines;
    for (const QString& line : stack.split(QLatin1Char{'\n'})) {
        const auto [function, place] = splitStackLine(line);
        lines += function.toHtmlEscaped() +
                 (place.isEmpty() ? QString{}
                                  : QStringLiteral("  <span style='color:%1'>%2</span>").arg(faint, place.toHtmlEscaped()));
    }
    const QString font = QFontDatabase::systemFont(QFontDatabase::FixedFont).family();
    return QStringLiteral("<tr><td style='color:%1; padding-right:14px'>%2</td><td style='white-space:pre; "
                          "font-family:\"%3\"'>%4</td></tr>")
        .arg(faint, name.toHtmlEscaped(), font, lines.join(QLatin1String{"<br>"}));
}

/// A field of a report; what is a list of pairs itself takes a row a pair.
QString fieldRows(const std::string& name, const std::string& value, std::uint32_t node, const QString& faint) {
    if (name == "stack")
        return stackRow(toQString(name), toQString(value), faint);
    const auto pairs = pairsOf(value, node);
    if (pairs.empty())
        return row(toQString(name), linesHtml(printedText(value)), faint);
    QString html = row(toQString(name), {}, faint);
    for (const auto& [key, text] : pairs)
        html += row(QStringLiteral("\u00a0\u00a0\u00a0\u00a0") + key, linesHtml(text), faint);
    return html;
}

/// The stack follows the reason, where a crash report has one, as in OTP: the rest may be long.
QString reportRows(const fiberscope::LogEntry& report, std::uint32_t node, const QString& faint) {
    QString upToReason;
    QString stack;
    QString rest;
    for (const auto& [name, value] : report.fields) {
        (name == "stack" ? stack : rest) += fieldRows(name, value, node, faint);
        if (name == "error_info")
            upToReason = std::exchange(rest, {});
    }
    return upToReason.isEmpty() ? rest + stack : upToReason + stack + rest;
}

} // namespace

QString reportHtml(const LogLine& line, const QPalette& palette) {
    const QString faint = faintColor(palette).name();
    const QString title = line.report ? linesHtml(toQString(line.report->title)) : withPidLinks(line.text);
    QString html = QStringLiteral("<p><b>%1</b></p><table cellspacing='0' cellpadding='1'>").arg(title);
    html += row(LogModel::tr("time"), clockText(line.at), faint);
    html += row(LogModel::tr("level"), toQString(to_string(line.level)), faint);
    if (!line.process.isEmpty())
        html += row(LogModel::tr("process"), withPidLinks(line.process), faint);
    if (line.report)
        html += reportRows(*line.report, line.pid.node(), faint);
    if (!line.stack.isEmpty())
        html += stackRow(LogModel::tr("stack"), line.stack, faint);
    return html + QLatin1String{"</table>"};
}

} // namespace fiberscope::widgets
