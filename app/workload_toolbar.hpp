// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/process.hpp>

#include <QSet>
#include <QString>
#include <QToolBar>

class QComboBox;
class QHBoxLayout;
class QLabel;
class QLineEdit;
class QToolButton;

namespace fiberscope {
class Node;
}

namespace fiberscope::app {

class ProvokeButton;
struct Workload;

/// Starts workloads with an argument, shows which ones run, stops them. What went wrong is said in place.
/// **Thread:** GUI thread; waits for nothing: the Node starts and stops in its own time.
/// **Lifetime:** the Node outlives it; an answer of the Node may come after its end.
class WorkloadToolbar : public QToolBar {
    Q_OBJECT

public:
    explicit WorkloadToolbar(Node& node, QWidget* parent = nullptr);

    /// Starts `NAME[:ARG]`.
    void start(const QString& workload);
    /// Stops the workload of this name.
    void stop(const QString& name);

signals:
    /// A start or stop did not work: one line.
    void failed(const QString& line);

private:
    using Outcome = Result<std::monostate>;

    void addChooser();
    void addProvoke();
    void addRunning();
    void showChosen();
    void startChosen();
    void finish(const QString& name, const Outcome& outcome);
    void fail(const QString& line);
    /// What the Node runs may change without this toolbar: a workload ends by itself, or gives up.
    void pollRunning();
    void showRunning();
    QToolButton* makeStopButton(const Workload& workload);
    /// Hands the Node's answer to `finish` on the GUI thread.
    std::function<void(Outcome)> completion(const QString& name);

    Node& m_node;
    QSet<QString> m_running;
    QSet<QString> m_pending; ///< a start or stop is under way
    QComboBox* m_chooser = nullptr;
    QLineEdit* m_argument = nullptr;
    QToolButton* m_start = nullptr;
    ProvokeButton* m_provoke = nullptr;
    QWidget* m_runningBox = nullptr;
    QHBoxLayout* m_runningLayout = nullptr;
    QLabel* m_nothingRuns = nullptr;
    QLabel* m_message = nullptr;
};

} // namespace fiberscope::app
