// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/report_html.hpp"

#include "model/log_model.hpp"
#include "model/number_text.hpp"
#include "model/text_format.hpp"

#include <QPalette>
#include <QRegularExpression>

namespace fiberscope::widgets {

namespace {

QString row(const QString& name, const QString& value, const QString& faint) {
    return QStringLiteral("<tr><td style='color:%3; padding-right:14px'>%1</td><td>%2</td></tr>")
        .arg(name.toHtmlEscaped(), withPidLinks(value), faint);
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
            html += row(QString::fromStdString(name), QString::fromStdString(value), faint);
    return html + QLatin1String{"</table>"};
}

} // namespace fiberscope::widgets
