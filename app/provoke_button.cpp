// SPDX-License-Identifier: GPL-3.0-or-later
#include "provoke_button.hpp"

#include "q_string.hpp"
#include "resources.hpp"
#include "workloads/faults.hpp"

#include <fiberscope/node.hpp>

#include <QMenu>

namespace fiberscope::app {

ProvokeButton::ProvokeButton(Node& node, QWidget* parent) : QToolButton{parent}, m_node{node} {
    setObjectName("provokeFault");
    setText(tr("Provoke"));
    setAccessibleName(tr("Provoke a fault"));
    setIcon(resources::icon("provoke"));
    setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    setPopupMode(QToolButton::InstantPopup);
    auto* const menu = new QMenu{this};
    menu->setObjectName("provokeMenu");
    menu->setToolTipsVisible(true);
    const auto faults = faults::all();
    for (std::size_t i = 0; i < faults.size(); ++i) {
        QAction* const action = menu->addAction(toQString(faults[i].title), this, [this, i] { provoke(i); });
        action->setObjectName("provoke_" + toQString(faults[i].name));
        action->setToolTip(toQString(faults[i].description));
    }
    setMenu(menu);
    setRunning(false);
}

void ProvokeButton::setRunning(bool runs) {
    setEnabled(runs);
    setToolTip(
        runs ? tr("Makes a process of the workload faults go wrong; the notice at the bottom tells what came of it, the Log more")
             : tr("Start the workload faults to make its processes go wrong"));
}

void ProvokeButton::provoke(std::size_t fault) {
    const Atom process = faults::all()[fault].process();
    const Pid pid = m_node.whereis(process);
    if (pid)
        emit provoking(pid, toQString(faults::all()[fault].title));
    if (!m_node.send(pid, faults::Provoke{}))
        emit failed(tr("%1 is not there at the moment").arg(toQString(process.name())));
}

} // namespace fiberscope::app
