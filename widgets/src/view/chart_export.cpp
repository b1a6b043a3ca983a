// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/chart_export.hpp"

#include "model/load_history.hpp"
#include "model/number_text.hpp"
#include "view/chart.hpp"

#include <fiberscope/widgets/whole_file.hpp>

#include <QIODevice>
#include <QObject>
#include <QPalette>
#include <QPdfWriter>
#include <QPixmap>
#include <QTextStream>
#include <QWidget>
#include <qcustomplot.h>

#include <cmath>

namespace fiberscope::widgets {

namespace {

constexpr int pngScale = 2;
constexpr int pdfMargin = 12; ///< in pixels of the window

QString quoted(QString text) {
    return QLatin1Char{'"'} + text.replace(QLatin1Char{'"'}, QLatin1String{"\"\""}) + QLatin1Char{'"'};
}

QPalette paperPalette() {
    QPalette palette{Qt::white};
    palette.setColor(QPalette::Window, Qt::white);
    palette.setColor(QPalette::Base, Qt::white);
    palette.setColor(QPalette::Text, Qt::black);
    palette.setColor(QPalette::WindowText, Qt::black);
    return palette;
}

bool drawPdf(QWidget& parent, const QList<Chart*>& charts, QIODevice& file) {
    QPdfWriter writer{&file};
    writer.setTitle(QObject::tr("Load Charts"));
    writer.setResolution(96);
    const QSizeF pixels{parent.width() + 2.0 * pdfMargin, parent.height() + 2.0 * pdfMargin};
    writer.setPageSize(QPageSize{pixels * 72.0 / 96.0, QPageSize::Point});
    writer.setPageMargins(QMarginsF{});
    QCPPainter painter{&writer};
    const QPalette paper = paperPalette();
    for (Chart* chart : charts)
        chart->drawOn(painter, QRect{chart->mapTo(&parent, QPoint{pdfMargin, pdfMargin}), chart->size()}, paper);
    return painter.end();
}

void writeCsv(const QList<Chart*>& charts, const LoadHistory& history, QIODevice& file) {
    QTextStream out{&file};
    out << "time,uptime_s";
    for (const Chart* chart : charts)
        for (int line = 0; line < chart->lineCount(); ++line)
            out << ',' << quoted(chart->title() + QLatin1String{": "} + chart->lineName(line));
    out << '\n';
    for (const LoadPoint& point : history.points()) {
        out << clockText(history.clockOf(point.uptimeSeconds)) << ',' << QString::number(point.uptimeSeconds, 'f', 3);
        for (const Chart* chart : charts)
            for (int line = 0; line < chart->lineCount(); ++line) {
                const double value = chart->lineValue(line, point);
                out << ',' << (std::isnan(value) ? QString{} : QString::number(value, 'g', 8));
            }
        out << '\n';
    }
}

} // namespace

QString exportPng(QWidget& charts, const QString& path) {
    QPixmap picture{charts.size() * pngScale};
    picture.setDevicePixelRatio(pngScale);
    picture.fill(charts.palette().color(QPalette::Window));
    charts.render(&picture);
    return writeWhole(path, [&](QIODevice& file) { return picture.save(&file, "PNG"); });
}

QString exportPdf(QWidget& parent, const QList<Chart*>& charts, const QString& path) {
    return writeWhole(path, [&](QIODevice& file) { return drawPdf(parent, charts, file); });
}

QString exportCsv(const QList<Chart*>& charts, const LoadHistory& history, const QString& path) {
    return writeWhole(path, [&](QIODevice& file) {
        writeCsv(charts, history, file);
        return true;
    });
}

} // namespace fiberscope::widgets
