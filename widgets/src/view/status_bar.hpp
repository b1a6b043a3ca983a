// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/sampler.hpp"

#include <QStatusBar>

#include <chrono>

class QLabel;

namespace fiberscope::widgets {

/// What the shown tab says on the left; the node, its uptime, and whatever is amiss (paused, refresh off, events lost, stopped)
/// on the right.
/// **Thread:** GUI thread.
class StatusBar : public QStatusBar {
    Q_OBJECT

public:
    explicit StatusBar(Sampler& sampler, QWidget* parent = nullptr);

    void showPageText(const QString& text);
    void showRefreshInterval(std::chrono::milliseconds interval);

private:
    QLabel* addRight(const char* name, const QString& toolTip);
    void takeLoad(const LoadSample& sample);
    void takeEvents(const EventsSample& batch);

    QLabel* m_page;
    QLabel *m_paused, *m_refreshOff, *m_lost, *m_stopped, *m_node, *m_uptime;
    std::uint64_t m_lostEvents = 0;
};

} // namespace fiberscope::widgets
