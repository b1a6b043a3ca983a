// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/report_html.hpp"

#include "model/log_model.hpp"
#include "model/number_text.hpp"
#include "model/text_format.hpp"

#include <fiberscope/term.hpp>

#include <QPalette>
#include <QRegularExpression>

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

/// A field of a report; what is a list of pairs itself takes a row a pair.
QString fieldRows(const std::string& name, const std::string& value, std::uint32_t node, const QString& faint) {
    const auto pairs = pairsOf(value, node);
    if (pairs.empty())
        return row(QString::fromStdString(name), QString::fromStdString(value), faint);
    QString html = row(QString::fromStdString(name), {}, faint);
    for (const auto& [key, text] : pairs)
        html += row(QStringLiteral("\u00a0\u00a0\u00a0\u00a0") + key, text, faint);
    return html;
}

} // namespace

QString withPidLinks(const QString& text) {
    static const QRegularExpression pid{QStringLiteral("&lt;(\\d+\\.\\d+\\.\\d+)&gt;")};
    return text.toHtmlEscaped().replace(pid, QStringLiteral("<a href='pid:\\1'>&lt;\\1&gt;</a>"));
}

QString reportHtml(const LogLine& line, const QPalette& palette) {
    const QString faint = palette.color(QPalette::PlaceholderText).name();
    const QString title = line.report ? QString::fromStdString(line.report->title) : line.text;
    QString html = QStringLiteral("<p><b>%1</b></p><table cellspacing='0' cellpadding='1'>").arg(withPidLinks(title));
    html += row(LogModel::tr("time"), clockText(line.at), faint);
    html += row(LogModel::tr("level"), toQString(to_string(line.level)), faint);
    if (!line.process.isEmpty())
        html += row(LogModel::tr("process"), line.process, faint);
    if (line.report)
        for (const auto& [name, value] : line.report->fields)
            html += fieldRows(name, value, line.pid.node(), faint);
    return html + QLatin1String{"</table>"};
}

} // namespace fiberscope::widgets
