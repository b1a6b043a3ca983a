// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/load_history.hpp"

#include <fiberscope/snapshot.hpp>

#include <QFrame>

class QLabel;

namespace fiberscope::widgets {

class Chart;

/// One scheduler: its load of the last minute, its run queue by priority, and the process that it runs now.
/// **Thread:** GUI thread.
class SchedulerPanel : public QFrame {
    Q_OBJECT

public:
    explicit SchedulerPanel(std::uint32_t id, QWidget* parent = nullptr);

    /// Takes what is new; `redraw` draws it.
    void update(const fiberscope::SchedulerRow& row, const LoadHistory& history);
    /// The name of the process that it runs, once it is known.
    void setRunningName(fiberscope::Pid pid, const QString& name);
    fiberscope::Pid running() const { return m_running; }
    void redraw(double edge);

signals:
    /// The user clicked the process that runs.
    void processClicked(fiberscope::Pid pid);

private:
    void showRunning();
    void setBadge(const fiberscope::SchedulerRow& row);

    std::uint32_t m_id;
    fiberscope::Pid m_running;
    QString m_runningName;
    Chart* m_chart;
    QLabel* m_title;
    QLabel* m_state;
    QLabel* m_percent;
    QLabel* m_queue;
    QLabel* m_process;
};

} // namespace fiberscope::widgets
