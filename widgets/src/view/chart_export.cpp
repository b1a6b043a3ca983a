// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/chart_export.hpp"

#include "model/load_history.hpp"
#include "model/number_text.hpp"
#include "view/chart.hpp"

#include <QFile>
#include <QObject>
#include <QPalette>
#include <QPdfWriter>
#include <QPixmap>
#include <QSaveFile>
#include <QTextStream>
#include <QWidget>
#include <qcustomplot.h>

#include <cmath>

namespace fiberscope::widgets {

namespace {

constexpr int pngScale = 2;
constexpr int pdfMargin = 12; ///< in pixels of the window

QString cannotWrite(const QString& path, const QString& why) {
    return QObject::tr("%1 cannot be written: %2").arg(path, why);
}

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

} // namespace

QString exportPng(QWidget& charts, const QString& path) {
    QPixmap picture{charts.size() * pngScale};
    picture.setDevicePixelRatio(pngScale);
    picture.fill(charts.palette().color(QPalette::Window));
    charts.render(&picture);
    return picture.save(path, "PNG") ? QString{} : cannotWrite(path, QObject::tr("the folder is missing or not writable"));
}

QString exportPdf(QWidget& parent, const QList<Chart*>& charts, const QString& path) {
    QFile file{path};
    if (!file.open(QIODevice::WriteOnly))
        return cannotWrite(path, file.errorString());
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
    return painter.end() ? QString{} : cannotWrite(path, QObject::tr("the page could not be drawn"));
}

QString exportCsv(const QList<Chart*>& charts, const LoadHistory& history, const QString& path) {
    QSaveFile file{path};
    if (!file.open(QIODevice::WriteOnly | QIODevice::Text))
        return cannotWrite(path, file.errorString());
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
    out.flush();
    return file.commit() ? QString{} : cannotWrite(path, file.errorString());
}

} // namespace fiberscope::widgets
