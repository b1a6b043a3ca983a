// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QSet>
#include <QString>
#include <QToolButton>

namespace fiberscope::app {

/// `Running (n)`: a menu with an entry for each workload that runs, which stops it, and one that stops all.
/// **Thread:** GUI thread.
class RunningButton : public QToolButton {
    Q_OBJECT

public:
    explicit RunningButton(QWidget* parent = nullptr);

    /// `pending`: those whose start or stop is under way. While the menu is open no entry comes or goes, so that a click
    /// meant for one stops no other: what has ended is only greyed.
    void setWorkloads(const QSet<QString>& running, const QSet<QString>& pending);

signals:
    void stopRequested(const QString& name);

private:
    void addEntries();
    void showEntries();
    void stopAll();

    QSet<QString> m_running;
    QSet<QString> m_pending;
    QList<QAction*> m_entries; ///< one a workload; its data is the name
    QAction* m_stopAll = nullptr;
};

} // namespace fiberscope::app
