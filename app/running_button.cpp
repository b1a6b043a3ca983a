// SPDX-License-Identifier: GPL-3.0-or-later
#include "running_button.hpp"

#include "q_string.hpp"
#include "resources.hpp"
#include "workloads/workload.hpp"

#include <QMenu>

namespace fiberscope::app {

RunningButton::RunningButton(QWidget* parent) : QToolButton{parent} {
    setObjectName("workloadsRunning");
    setIcon(resources::icon("stop"));
    setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    setPopupMode(QToolButton::InstantPopup);
    setMenu(new QMenu{this});
    menu()->setObjectName("workloadsRunningMenu");
    menu()->setToolTipsVisible(true);
    addEntries();
    connect(menu(), &QMenu::aboutToHide, this, &RunningButton::showEntries, Qt::QueuedConnection);
    setWorkloads({}, {});
}

void RunningButton::addEntries() {
    for (const Workload& workload : workloads()) {
        const QString name = toQString(workload.name);
        QAction* const entry = menu()->addAction(resources::icon("stop"), {}, this, [this, name] { emit stopRequested(name); });
        entry->setObjectName("workloadStop_" + name);
        entry->setToolTip(toQString(workload.description));
        entry->setData(name);
        m_entries.append(entry);
    }
    menu()->addSeparator();
    m_stopAll = menu()->addAction(tr("Stop &all"), this, &RunningButton::stopAll);
    m_stopAll->setObjectName("workloadStopAll");
}

void RunningButton::setWorkloads(const QSet<QString>& running, const QSet<QString>& pending) {
    m_running = running;
    m_pending = pending;
    showEntries();
}

void RunningButton::showEntries() {
    QStringList shown;
    bool canStop = false;
    for (QAction* const entry : std::as_const(m_entries)) {
        const QString name = entry->data().toString();
        const bool runs = m_running.contains(name);
        const bool waits = m_pending.contains(name);
        if (runs || waits)
            shown.append(name);
        if (!menu()->isVisible())
            entry->setVisible(runs || waits);
        entry->setEnabled(runs && !waits);
        entry->setText(waits ? (runs ? tr("Stopping %1").arg(name) : tr("Starting %1").arg(name)) : tr("Stop %1").arg(name));
        canStop = canStop || entry->isEnabled();
    }
    m_stopAll->setEnabled(canStop);
    setText(tr("Running (%1)").arg(shown.size()));
    setEnabled(!shown.isEmpty() || menu()->isVisible());
    setToolTip(shown.isEmpty() ? tr("No workload runs") : tr("Running: %1").arg(shown.join(", ")));
}

void RunningButton::stopAll() {
    for (const QAction* const entry : std::as_const(m_entries))
        if (entry->isEnabled())
            emit stopRequested(entry->data().toString());
}

} // namespace fiberscope::app
