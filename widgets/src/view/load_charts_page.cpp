// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/load_charts_page.hpp"

#include "model/line_text.hpp"
#include "model/number_text.hpp"
#include "view/chart.hpp"
#include "view/chart_export.hpp"
#include "view/chart_legend.hpp"
#include "view/chart_marks.hpp"
#include "view/load_settings_dialog.hpp"

#include <QAction>
#include <QFileDialog>
#include <QGridLayout>
#include <QSettings>
#include <QVBoxLayout>

#include <algorithm>

namespace fiberscope::widgets {

namespace {

constexpr std::chrono::milliseconds redrawInterval{100};
constexpr double bytesPerMb = 1024.0 * 1024.0;
constexpr char exitMarksKey[] = "exitMarks";
constexpr char restartMarksKey[] = "restartMarks";

QString plainNumber(double value) {
    return QString::number(value, 'f', value < 9.95 && value != static_cast<int>(value) ? 1 : 0);
}

} // namespace

LoadChartsPage::LoadChartsPage(Sampler& sampler, QWidget* parent)
    : ObserverPage{parent}, m_sampler{sampler}, m_area{new QWidget} {
    setObjectName(QStringLiteral("loadChartsPage"));
    auto* layout = new QVBoxLayout{this};
    layout->setContentsMargins(6, 8, 6, 6);
    layout->addWidget(m_area);
    buildCharts();
    addActions();
    m_redrawTimer.setInterval(redrawInterval);
    connect(&m_redrawTimer, &QTimer::timeout, this, &LoadChartsPage::redraw);
    connect(&sampler, &Sampler::loadSampled, this, &LoadChartsPage::takeSample);
    connect(&sampler, &Sampler::eventsArrived, this, &LoadChartsPage::takeEvents);
}

void LoadChartsPage::buildCharts() {
    m_utilization = new Chart{tr("Scheduler Utilization (%)")};
    m_runQueue = new Chart{tr("Run Queue Length")};
    m_memory = new Chart{tr("Memory Usage (MB)")};
    m_messages = new Chart{tr("Messages (1/s)")};
    m_charts = {m_utilization, m_runQueue, m_memory, m_messages};
    auto* grid = new QGridLayout{m_area};
    grid->setContentsMargins(0, 0, 0, 0);
    grid->setVerticalSpacing(10);
    grid->addWidget(m_utilization, 0, 0, 1, 3);
    for (int column = 0; column < 3; ++column) {
        grid->addWidget(m_charts[column + 1], 1, column);
        grid->setColumnStretch(column, 1);
    }
    grid->setRowStretch(0, 11);
    grid->setRowStretch(1, 9);
    m_utilization->setObjectName(QStringLiteral("utilizationChart"));
    m_runQueue->setObjectName(QStringLiteral("runQueueChart"));
    m_memory->setObjectName(QStringLiteral("memoryChart"));
    m_messages->setObjectName(QStringLiteral("messagesChart"));
    m_utilization->setLegendCaption(tr("Scheduler:"));
    m_runQueue->setLegendCaption(tr("Scheduler:"));
    m_utilization->addMarkLegend();
    connect(m_utilization, &Chart::marksShownChosen, this, &LoadChartsPage::setMarksShown);
    m_utilization->setMinimumTop(10);
    m_utilization->setValueText(plainNumber);
    m_runQueue->setMinimumTop(4);
    m_runQueue->setValueText(plainNumber);
    m_memory->setMinimumTop(4);
    m_memory->setValueText(plainNumber);
    m_messages->setMinimumTop(8);
    m_messages->setValueText(rateText);
    m_memory->addLine(tr("Resident"), 0, [](const LoadPoint& point) { return point.residentBytes / bytesPerMb; });
    m_memory->addLine(tr("Processes"), 1, [](const LoadPoint& point) { return point.processesBytes / bytesPerMb; });
    m_memory->addLine(tr("Stacks"), 2, [](const LoadPoint& point) { return point.stacksBytes / bytesPerMb; });
    m_messages->addLine(tr("Messages"), 0, [](const LoadPoint& point) { return point.messagesPerSecond; });
    m_messages->addLine(tr("Spawns"), 1, [](const LoadPoint& point) { return point.spawnsPerSecond; });
    m_messages->addLine(tr("Exits"), 3, [](const LoadPoint& point) { return point.exitsPerSecond; });
    for (Chart* chart : m_charts)
        link(chart);
}

void LoadChartsPage::link(Chart* chart) {
    connect(chart, &Chart::rangeChosen, this, [this, chart](double from, double to) {
        for (Chart* other : m_charts)
            if (other != chart)
                other->showRange(from, to);
    });
    connect(chart, &Chart::liveChosen, this, [this] {
        for (Chart* other : m_charts)
            other->showLive();
    });
}

void LoadChartsPage::addSchedulerLines(std::size_t count) {
    for (auto i = static_cast<std::size_t>(m_utilization->lineCount()); i < count; ++i) {
        const QString name = QString::number(i + 1);
        const int color = static_cast<int>(i);
        m_utilization->addLine(name, color, [i](const LoadPoint& point) {
            return i < point.schedulers.size() ? point.schedulers[i].busyPercent : 0.0;
        });
        m_runQueue->addLine(name, color, [i](const LoadPoint& point) {
            return i < point.schedulers.size() ? static_cast<double>(point.schedulers[i].runQueueLength) : 0.0;
        });
    }
}

void LoadChartsPage::addActions() {
    addExport(tr("Export Charts as PNG…"), tr("Pictures (*.png)"), QStringLiteral("load.png"),
              [this](const QString& path) { return exportPng(*m_area, path); });
    addExport(tr("Export Charts as PDF…"), tr("PDF documents (*.pdf)"), QStringLiteral("load.pdf"),
              [this](const QString& path) { return exportPdf(*m_area, m_charts, path); });
    addExport(tr("Export Samples as CSV…"), tr("Tables (*.csv)"), QStringLiteral("load.csv"),
              [this](const QString& path) { return exportCsv(m_charts, m_history, path); });
    auto* settings = new QAction{tr("Load Chart Settings…"), this};
    settings->setObjectName(QStringLiteral("loadChartSettings"));
    connect(settings, &QAction::triggered, this, &LoadChartsPage::askSettings);
    auto* live = new QAction{tr("Back to Live"), this};
    live->setObjectName(QStringLiteral("backToLive"));
    live->setShortcut(Qt::Key_End);
    live->setShortcutContext(Qt::WidgetWithChildrenShortcut);
    addAction(live);
    connect(live, &QAction::triggered, m_utilization, &Chart::liveChosen);
    m_marksShown = new QAction{tr("Marks of Exits and Restarts"), this};
    m_marksShown->setObjectName(QStringLiteral("chartMarks"));
    m_marksShown->setCheckable(true);
    m_marksShown->setChecked(true);
    connect(m_marksShown, &QAction::triggered, this, &LoadChartsPage::showAllMarks);
    m_viewActions = {settings, m_marksShown, live};
}

void LoadChartsPage::addExport(const QString& text, const QString& filter, const QString& fileName,
                               std::function<QString(const QString&)> write) {
    auto* action = new QAction{text, this};
    connect(action, &QAction::triggered, this, [this, text, filter, fileName, write = std::move(write)] {
        const QString path = QFileDialog::getSaveFileName(this, text.chopped(1), fileName, filter);
        if (path.isEmpty())
            return;
        const QString error = write(path);
        emit notice((error.isEmpty() ? tr("Written to %1").arg(lineText(path)) : lineText(error)).toHtmlEscaped());
    });
    m_fileActions.append(action);
}

void LoadChartsPage::setActive(bool active) {
    if (active) {
        for (Chart* chart : m_charts)
            chart->setMarks(m_marks);
        redraw();
        m_redrawTimer.start();
    } else {
        m_redrawTimer.stop();
    }
}

void LoadChartsPage::takeSample(const LoadSample& sample) {
    addSchedulerLines(sample->schedulers.size());
    if (!m_history.add(*sample))
        return;
    m_sinceSample.start();
    for (Chart* chart : m_charts)
        chart->take(m_history);
}

void LoadChartsPage::takeEvents(const EventsSample& batch) {
    for (const fiberscope::Event& event : batch->events)
        m_marks.add(event, m_history.uptimeOf(event.at));
    if (!m_redrawTimer.isActive())
        return;
    for (Chart* chart : m_charts)
        chart->setMarks(m_marks);
}

double LoadChartsPage::edge() const {
    if (m_history.isEmpty())
        return 0;
    // one interval late, so that the newest stretch slides in instead of jumping
    const double interval = std::chrono::duration<double>(m_sampler.loadInterval()).count();
    const double since = static_cast<double>(m_sinceSample.elapsed()) / 1000.0;
    return m_history.last().uptimeSeconds - interval + std::min(since, interval);
}

void LoadChartsPage::redraw() {
    for (Chart* chart : m_charts)
        chart->redraw(edge());
}

void LoadChartsPage::setLength(std::chrono::minutes length) {
    m_length = std::clamp(length, std::chrono::minutes{1}, std::chrono::minutes{10});
    for (Chart* chart : m_charts)
        chart->setLength(m_length);
}

void LoadChartsPage::setMarksShown(LoadMark::Kind kind, bool shown) {
    for (Chart* chart : m_charts)
        chart->setMarksShown(kind, shown);
    const auto& marks = m_utilization->marks();
    m_marksShown->setChecked(
        std::any_of(LoadMark::kinds.begin(), LoadMark::kinds.end(), [&](LoadMark::Kind each) { return marks.isShown(each); }));
}

void LoadChartsPage::showAllMarks(bool shown) {
    for (const LoadMark::Kind kind : LoadMark::kinds)
        setMarksShown(kind, shown);
}

void LoadChartsPage::askSettings() {
    LoadSettingsDialog dialog{m_sampler.loadInterval(), m_length, this};
    if (dialog.exec() != QDialog::Accepted)
        return;
    m_sampler.setLoadInterval(dialog.sampleInterval());
    setLength(dialog.length());
}

void LoadChartsPage::saveSettings(QSettings& settings) const {
    settings.setValue(QStringLiteral("sampleMs"), static_cast<int>(m_sampler.loadInterval().count()));
    settings.setValue(QStringLiteral("lengthMin"), static_cast<int>(m_length.count()));
    settings.setValue(exitMarksKey, m_utilization->marks().isShown(LoadMark::Kind::exit));
    settings.setValue(restartMarksKey, m_utilization->marks().isShown(LoadMark::Kind::restart));
}

void LoadChartsPage::restoreSettings(QSettings& settings) {
    const int sample = settings.value(QStringLiteral("sampleMs"), 500).toInt();
    m_sampler.setLoadInterval(std::chrono::milliseconds{std::clamp(sample, 100, 10'000)});
    setLength(std::chrono::minutes{settings.value(QStringLiteral("lengthMin"), 1).toInt()});
    setMarksShown(LoadMark::Kind::exit, settings.value(exitMarksKey, true).toBool());
    setMarksShown(LoadMark::Kind::restart, settings.value(restartMarksKey, true).toBool());
}

} // namespace fiberscope::widgets
