// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/report_html.hpp"

#include "model/log_model.hpp"
#include "model/number_text.hpp"
#include "model/stack_rows.hpp"
#include "model/text_format.hpp"

#include <fiberscope/events.hpp>
#include <fiberscope/term.hpp>

#include <QColor>
#include <QFontDatabase>
#include <QPalette>
#include <QRegularExpression>
#include <QStringList>

#include <string>
#include <utility>
#include <vector>

namespace fiberscope::widgets {

namespace {

QString row(const QString& name, const QString& value, const QString& faint) {
    return QStringLiteral("<tr><td style='color:%3; padding-right:14px'>%1</td><td>%2</td></tr>")
        .arg(name.toHtmlEscaped(), withPidLinks(value).replace(QLatin1Char{'\n'}, QLatin1String{"<br>"}), faint);
}

/// The elements of a list of pairs with atoms in front (`[{pid,<0.90.0>},{id,till}]`); empty for any other text.
std::vector<std::pair<QString, QString>> pairsOf(const std::string& value, std::uint32_t node) {
    std::vector<std::pair<QString, QString>> pairs;
    if (!value.starts_with("[{"))
        return pairs;
    const auto term = fiberscope::Term::parse(value, node);
    if (!term)
        return pairs;
    for (const fiberscope::Term& element : term->elements()) {
        const auto parts = element.elements();
        if (element.kind() != fiberscope::Term::Kind::tuple || parts.size() != 2 || !parts[0].is_atom())
            return {};
        pairs.emplace_back(toQString(parts[0].as_atom().name()), QString::fromStdString(to_string(parts[1])));
    }
    return pairs;
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
        return stackRow(QString::fromStdString(name), QString::fromStdString(value), faint);
    const auto pairs = pairsOf(value, node);
    if (pairs.empty())
        return row(QString::fromStdString(name), QString::fromStdString(value), faint);
    QString html = row(QString::fromStdString(name), {}, faint);
    for (const auto& [key, text] : pairs)
        html += row(QStringLiteral("\u00a0\u00a0\u00a0\u00a0") + key, text, faint);
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

/// Between text and ground. (The colour of placeholders is that by its opacity, which rich text does not know.)
QColor faintColor(const QPalette& palette) {
    const QColor text = palette.color(QPalette::Text);
    const QColor base = palette.color(QPalette::Base);
    const auto mixed = [](int of_text, int of_base) { return (3 * of_text + 2 * of_base) / 5; };
    return {mixed(text.red(), base.red()), mixed(text.green(), base.green()), mixed(text.blue(), base.blue())};
}

} // namespace

QString withPidLinks(const QString& text) {
    static const QRegularExpression pid{QStringLiteral("&lt;(\\d+\\.\\d+\\.\\d+)&gt;")};
    return text.toHtmlEscaped().replace(pid, QStringLiteral("<a href='pid:\\1'>&lt;\\1&gt;</a>"));
}

QString reportHtml(const LogLine& line, const QPalette& palette) {
    const QString faint = faintColor(palette).name();
    const QString title = line.report ? QString::fromStdString(line.report->title) : line.text;
    QString html = QStringLiteral("<p><b>%1</b></p><table cellspacing='0' cellpadding='1'>").arg(withPidLinks(title));
    html += row(LogModel::tr("time"), clockText(line.at), faint);
    html += row(LogModel::tr("level"), toQString(to_string(line.level)), faint);
    if (!line.process.isEmpty())
        html += row(LogModel::tr("process"), line.process, faint);
    if (line.report)
        html += reportRows(*line.report, line.pid.node(), faint);
    if (!line.stack.isEmpty())
        html += stackRow(LogModel::tr("stack"), line.stack, faint);
    return html + QLatin1String{"</table>"};
}

} // namespace fiberscope::widgets
