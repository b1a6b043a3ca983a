// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/process.hpp>

#include <QSet>
#include <QString>
#include <QStringList>
#include <QToolBar>

class QComboBox;
class QToolButton;

namespace fiberscope {
class Application;
class Node;
} // namespace fiberscope

namespace fiberscope::app {

class ArgumentField;
class ProvokeButton;
class RunningButton;

/// Starts workloads with an argument, shows which ones run, stops them. What is wrong with an argument is said at its field.
/// One row, whatever runs.
/// **Thread:** GUI thread; waits for nothing: the Node starts and stops in its own time.
/// **Lifetime:** the Node outlives it; an answer of the Node may come after its end.
class WorkloadToolbar : public QToolBar {
    Q_OBJECT

public:
    explicit WorkloadToolbar(Node& node, QWidget* parent = nullptr);

    /// Starts these, each `NAME[:ARG]`, one after the other: in this order the node knows them.
    void start(const QStringList& workloads);
    /// Stops the workload of this name.
    void stop(const QString& name);

signals:
    /// A fault is about to be provoked in this process.
    void provoking(fiberscope::Pid process, const QString& fault);
    /// A start or a stop is over: other processes are there.
    void done();
    /// A start, a stop or a provocation did not work: one line.
    void failed(const QString& line);
    /// A stop takes long: one line.
    void stillStopping(const QString& line);

private:
    using Outcome = Result<std::monostate>;

    void addChooser();
    void addProvoke();
    void addRunning();
    void showChosen();
    void startChosen();
    void startNext();
    void run(Application application);
    void tellIfStopping(const QString& name);
    void finish(const QString& name, const Outcome& outcome);
    /// What the Node runs may change without this toolbar: a workload ends by itself, or gives up.
    void pollRunning();
    void showRunning();
    /// Hands the Node's answer to `finish` on the GUI thread.
    std::function<void(Outcome)> completion(const QString& name);

    Node& m_node;
    QStringList m_waiting; ///< to be started when the start before is over
    QSet<QString> m_running;
    QSet<QString> m_pending; ///< a start or stop is under way
    QComboBox* m_chooser = nullptr;
    ArgumentField* m_argument = nullptr;
    QToolButton* m_start = nullptr;
    ProvokeButton* m_provoke = nullptr;
    RunningButton* m_runningButton = nullptr;
};

} // namespace fiberscope::app
