// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/load_history.hpp"
#include "model/load_marks.hpp"
#include "model/sampler.hpp"
#include "view/observer_page.hpp"

#include <QElapsedTimer>
#include <QTimer>

#include <chrono>

namespace fiberscope::widgets {

class Chart;

/// Tab "Load Charts": scheduler utilization above; run queues, memory and messages below. Samples whichever tab is
/// shown; draws only while it is.
/// **Thread:** GUI thread.
class LoadChartsPage : public ObserverPage {
    Q_OBJECT

public:
    explicit LoadChartsPage(Sampler& sampler, QWidget* parent = nullptr);

    QString title() const override { return tr("Load Charts"); }
    void setActive(bool active) override;
    QList<QAction*> fileActions() const override { return m_fileActions; }
    QList<QAction*> viewActions() const override { return m_viewActions; }
    void saveSettings(QSettings& settings) const override;
    void restoreSettings(QSettings& settings) override;

    const LoadHistory& history() const { return m_history; }
    QList<Chart*> charts() const { return m_charts; }
    void setLength(std::chrono::minutes length);
    void setMarksShown(LoadMark::Kind kind, bool shown);

private:
    void buildCharts();
    void addSchedulerLines(std::size_t count);
    void addActions();
    void addExport(const QString& text, const QString& filter, const QString& fileName,
                   std::function<QString(const QString&)> write);
    void link(Chart* chart);
    void takeSample(const LoadSample& sample);
    void takeEvents(const EventsSample& batch);
    void showAllMarks(bool shown);
    void redraw();
    double edge() const;
    void askSettings();

    Sampler& m_sampler;
    LoadHistory m_history;
    LoadMarks m_marks;
    std::chrono::minutes m_length{1};
    QElapsedTimer m_sinceSample;
    QTimer m_redrawTimer;
    QWidget* m_area;
    Chart* m_utilization;
    Chart* m_runQueue;
    Chart* m_memory;
    Chart* m_messages;
    QList<Chart*> m_charts;
    QAction* m_marksShown = nullptr;
    QList<QAction*> m_fileActions;
    QList<QAction*> m_viewActions;
};

} // namespace fiberscope::widgets
