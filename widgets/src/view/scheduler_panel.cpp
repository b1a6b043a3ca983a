// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/scheduler_panel.hpp"

#include "model/scheduler_model.hpp"
#include "model/text_format.hpp"
#include "view/chart.hpp"

#include <QHBoxLayout>
#include <QLabel>
#include <QVBoxLayout>

namespace fiberscope::widgets {

SchedulerPanel::SchedulerPanel(std::uint32_t id, QWidget* parent)
    : QFrame{parent}, m_id{id}, m_chart{new Chart{tr("Load of scheduler %1").arg(id), Chart::Form::compact}},
      m_title{new QLabel{tr("Scheduler %1").arg(id)}}, m_state{new QLabel}, m_percent{new QLabel}, m_queue{new QLabel},
      m_process{new QLabel} {
    setObjectName(QStringLiteral("schedulerPanel%1").arg(id));
    setFrameStyle(QFrame::StyledPanel | QFrame::Plain);
    const std::size_t index = id - 1;
    m_chart->addLine(m_title->text(), static_cast<int>(index), [index](const LoadPoint& point) {
        return index < point.schedulers.size() ? point.schedulers[index].busyPercent : 0.0;
    });
    m_chart->setMinimumTop(100);
    m_chart->setValueText([](double value) { return tr("%1 %").arg(value); });
    QFont bold = font();
    bold.setBold(true);
    m_title->setFont(bold);
    m_percent->setFont(bold);
    m_percent->setAccessibleName(tr("Utilization"));
    m_queue->setToolTip(tr("Processes that wait for their turn, by priority"));
    m_process->setTextFormat(Qt::RichText);
    m_process->setToolTip(tr("The process that it runs now; a click shows it in Processes"));
    m_process->setObjectName(QStringLiteral("runningProcess"));
    m_process->setTextInteractionFlags(Qt::LinksAccessibleByMouse | Qt::LinksAccessibleByKeyboard);
    m_process->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    connect(m_process, &QLabel::linkActivated, this, [this] { emit processClicked(m_running); });

    auto* header = new QHBoxLayout;
    header->addWidget(m_title);
    header->addWidget(m_state);
    header->addStretch();
    header->addWidget(m_percent);
    auto* layout = new QVBoxLayout{this};
    layout->setContentsMargins(8, 6, 8, 6);
    layout->setSpacing(4);
    layout->addLayout(header);
    layout->addWidget(m_chart, 1);
    layout->addWidget(m_queue);
    layout->addWidget(m_process);
    showRunning();
}

void SchedulerPanel::update(const fiberscope::SchedulerRow& row, const LoadHistory& history) {
    m_chart->take(history);
    setBadge(row);
    const auto& load = history.last().schedulers;
    const double busy = m_id <= load.size() ? load[m_id - 1].busyPercent : 0;
    m_percent->setText(QStringLiteral("%1 %").arg(busy, 0, 'f', 1));
    m_queue->setText(tr("Run queue: %1").arg(runQueueText(row)));
    if (m_running == row.running)
        return;
    m_running = row.running;
    m_runningName.clear();
    showRunning();
}

void SchedulerPanel::setBadge(const fiberscope::SchedulerRow& row) {
    const bool isOnline = row.state == fiberscope::SchedulerState::online;
    m_state->setText(isOnline ? QString{} : schedulerStateText(row));
    for (QWidget* widget : {static_cast<QWidget*>(m_title), static_cast<QWidget*>(m_percent), static_cast<QWidget*>(m_chart)})
        widget->setEnabled(row.state != fiberscope::SchedulerState::offline);
}

void SchedulerPanel::setRunningName(fiberscope::Pid pid, const QString& name) {
    if (pid != m_running || m_runningName == name)
        return;
    m_runningName = name;
    showRunning();
}

void SchedulerPanel::showRunning() {
    if (!m_running) {
        m_process->setText(tr("Running: none"));
        return;
    }
    m_process->setText(
        tr("Running: %1")
            .arg(QStringLiteral("<a href='process'>%1</a>").arg(namedPidText(m_runningName, m_running).toHtmlEscaped())));
}

void SchedulerPanel::redraw(double edge) {
    if (!visibleRegion().isEmpty())
        m_chart->redraw(edge);
}

} // namespace fiberscope::widgets
