// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/pid.hpp>

#include <QToolButton>

namespace fiberscope {
class Node;
}

namespace fiberscope::app {

/// A menu with an entry for each fault of the workload `faults`: what is chosen goes wrong. Enabled while that runs.
/// **Thread:** GUI thread; waits for nothing. **Lifetime:** the Node outlives it.
class ProvokeButton : public QToolButton {
    Q_OBJECT

public:
    explicit ProvokeButton(Node& node, QWidget* parent = nullptr);

    void setRunning(bool runs);

signals:
    /// This is about to go wrong in this process.
    void provoking(fiberscope::Pid process, const QString& fault);
    /// It reached nobody: one line.
    void failed(const QString& line);

private:
    void provoke(std::size_t fault);

    Node& m_node;
};

} // namespace fiberscope::app
