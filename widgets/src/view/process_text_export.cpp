// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/process_text_export.hpp"

#include "model/line_text.hpp"
#include "model/process_columns.hpp"
#include "model/text_format.hpp"

#include <fiberscope/widgets/whole_file.hpp>

#include <QHeaderView>
#include <QIODevice>
#include <QStringList>
#include <QThreadPool>

#include <utility>

namespace fiberscope::widgets {

namespace {

QString titleLine(const QList<ProcessColumn>& columns) {
    QStringList cells;
    for (const auto column : columns)
        cells += QString::fromUtf8(processColumn(column).title);
    return cells.join(QLatin1Char{'\t'}) + QLatin1Char{'\n'};
}

QString rowLine(const ProcessFrame& frame, std::size_t index, const QList<ProcessColumn>& columns) {
    QStringList cells;
    for (const auto column : columns)
        cells += withoutIsolates(processText(frame, index, column));
    return cells.join(QLatin1Char{'\t'}) + QLatin1Char{'\n'};
}

/// Returns one sentence on how it went.
QString writeFrame(const ProcessFrame& frame, const QList<ProcessColumn>& columns, const QString& path) {
    const QString error = writeWhole(path, [&](QIODevice& file) {
        file.write(titleLine(columns).toUtf8());
        for (std::size_t row = 0; row < frame.rowCount(); ++row)
            file.write(rowLine(frame, frame.index(row), columns).toUtf8());
        return true;
    });
    if (!error.isEmpty())
        return lineText(error);
    return QStringLiteral("%1 written to %2").arg(processesText(static_cast<qsizetype>(frame.rowCount())), lineText(path));
}

} // namespace

QList<ProcessColumn> shownColumns(const QHeaderView& header) {
    QList<ProcessColumn> columns;
    for (int visual = 0; visual < header.count(); ++visual)
        if (const int column = header.logicalIndex(visual); !header.isSectionHidden(column))
            columns.push_back(static_cast<ProcessColumn>(column));
    return columns;
}

QString processRowsText(const ProcessFrame& frame, const QList<fiberscope::Pid>& pids, const QList<ProcessColumn>& columns) {
    QString text = titleLine(columns);
    for (const auto pid : pids)
        if (const auto index = frame.sample->find(pid))
            text += rowLine(frame, *index, columns);
    return text;
}

void dumpProcesses(const ProcessFramePtr& frame, const QList<ProcessColumn>& columns, const QString& path,
                   const GuiRelay::Address& reply, std::function<void(const QString&)> done) {
    QThreadPool::globalInstance()->start([frame, columns, path, reply, done = std::move(done)] {
        reply.post([outcome = writeFrame(*frame, columns, path), done] { done(outcome); });
    });
}

} // namespace fiberscope::widgets
