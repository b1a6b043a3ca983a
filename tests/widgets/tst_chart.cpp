// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/chart.hpp"
#include "view/chart_colors.hpp"
#include "view/chart_legend.hpp"

#include <QImage>
#include <QTest>

using namespace fiberscope;
using namespace fiberscope::widgets;
using namespace std::chrono_literals;

namespace {

void addExits(LoadMarks& marks, int count, double uptimeSeconds) {
    Event exit;
    exit.kind = EventKind::exit;
    exit.reason = ExitReason::killed();
    for (int i = 0; i < count; ++i)
        marks.add(exit, uptimeSeconds);
}

/// How much of a chart of a minute is in the colour of exits.
qsizetype inkOf(const LoadMarks& marks) {
    Chart chart{QStringLiteral("Load")};
    chart.resize(1280, 300);
    chart.setLength(60s);
    chart.setMarks(marks);
    chart.redraw(60);
    const QImage picture = chart.grab().toImage();
    const QRgb ink = ChartColors{chart.palette()}.killMark.rgb();
    qsizetype pixels = 0;
    for (int y = 0; y < picture.height(); ++y)
        for (int x = 0; x < picture.width(); ++x)
            pixels += picture.pixel(x, y) == ink ? 1 : 0;
    return pixels;
}

} // namespace

/// What a chart draws beside its lines.
class TestChart : public QObject {
    Q_OBJECT

private slots:
    /// A panel's chart says what is up and what is left, unless it is too small for that.
    void axesOfAPanelHaveLabels() {
        const auto ink = [](QSize size) {
            Chart chart{QStringLiteral("load"), Chart::Form::compact};
            LoadHistory history;
            chart.addLine(QStringLiteral("load"), 0, [](const LoadPoint&) { return 50.0; });
            chart.setMinimumTop(100);
            chart.resize(size);
            chart.take(history);
            chart.redraw(60);
            const QImage image = chart.grab(QRect{2, 0, 16, size.height()}).toImage();
            int pixels = 0;
            for (int x = 0; x < image.width(); ++x)
                for (int y = 4; y < image.height() - 4; ++y)
                    pixels += qGray(image.pixel(x, y)) < 100 ? 1 : 0;
            return pixels;
        };
        QVERIFY2(ink({400, 300}) > 20, qPrintable(QString::number(ink({400, 300}))));
        QCOMPARE(ink({400, 80}), 0);
    }

    /// The number of the newest mark covers no other, and is whole.
    void numbersAtTheRightEdgeAreWhole_data() {
        QTest::addColumn<double>("newest");
        for (const double newest : {59.9, 59.5, 59.0})
            QTest::addRow("%.1f", newest) << newest;
    }
    void numbersAtTheRightEdgeAreWhole() {
        QFETCH(double, newest);
        LoadMarks inTheMiddle;
        addExits(inTheMiddle, 122, 30);
        addExits(inTheMiddle, 122, 40);
        LoadMarks atTheEdge;
        addExits(atTheEdge, 122, newest - 2.1); // as near as marks come
        addExits(atTheEdge, 122, newest);
        QVERIFY(inkOf(inTheMiddle) > 0);
        QCOMPARE(inkOf(atTheEdge), inkOf(inTheMiddle));
    }

    void noLineRunsThroughTheNumbersOfMarks() {
        const auto top = [](bool hasMarks) {
            Chart chart{QStringLiteral("Load")};
            chart.resize(400, 300);
            chart.setLength(60s);
            chart.addLine(QStringLiteral("load"), 2, /* blue */ [](const LoadPoint&) { return 100.0; });
            LoadHistory history;
            Snapshot sample;
            for (std::uint64_t second = 1; second <= 60; ++second) {
                sample.node.uptime_ns = second * 1'000'000'000;
                history.add(sample);
            }
            chart.take(history);
            LoadMarks marks;
            addExits(marks, hasMarks ? 122 : 0, 30);
            chart.grab(); // its plot gets its size
            chart.setMarks(marks);
            chart.redraw(60);
            const QImage picture = chart.grab().toImage();
            for (int y = 30; y < picture.height(); ++y) // below the title
                for (int x = 100; x < 300; ++x)
                    if (const QRgb ink = picture.pixel(x, y); qBlue(ink) > qRed(ink) + 60)
                        return y;
            return -1;
        };
        QVERIFY(top(false) > 0);
        const int numbers = 2 * QFontMetrics{QFont{}}.ascent();
        QVERIFY2(top(true) > top(false) + numbers / 2, qPrintable(QStringLiteral("%1 %2").arg(top(true)).arg(top(false))));
    }

    /// A line may be fainter than a text.
    void namesInALegendCanBeRead() {
        ChartLegend legend;
        QPalette dark{QColor{0x33, 0x36, 0x3b}, QColor{0x26, 0x28, 0x2c}};
        legend.setPalette(dark);
        const QColor line{0, 128, 0};
        legend.addEntry(QStringLiteral("Spawns"), line);
        legend.resize(legend.sizeHint());
        const QImage picture = legend.grab().toImage();
        const QRgb ink = readableOn(dark.color(QPalette::Window), line, textContrast).rgb();
        qsizetype pixels = 0;
        for (int y = 0; y < picture.height(); ++y)
            for (int x = 0; x < picture.width(); ++x)
                pixels += picture.pixel(x, y) == ink ? 1 : 0;
        QVERIFY(ink != line.rgb());
        QVERIFY(pixels > 0);
    }
};

QTEST_MAIN(TestChart)
#include "tst_chart.moc"
