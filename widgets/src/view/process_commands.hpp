// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/sampler.hpp"

#include <QList>
#include <QObject>

class QSettings;
class QWidget;

namespace fiberscope::widgets {

/// What a person can do to processes, with the questions that go before it. The targets are the pids given: they stay
/// the same whatever the table does meanwhile. Nothing here waits for a process.
/// **Thread:** GUI thread.
class ProcessCommands : public QObject {
    Q_OBJECT

public:
    enum class Ask {
        ifRisky, ///< before killing several or a system process
        always,  ///< before every kill, until the user ticks "Do not ask again"
    };

    ProcessCommands(Sampler& sampler, QWidget& window);

    void kill(const QList<fiberscope::Pid>& pids, Ask ask);
    /// Asks for a reason, then sends the exit signal.
    void sendExit(const QList<fiberscope::Pid>& pids);
    void suspend(const QList<fiberscope::Pid>& pids);
    void resume(const QList<fiberscope::Pid>& pids);

    void saveSettings(QSettings& settings) const;
    void restoreSettings(QSettings& settings);

signals:
    /// The exit signals of a kill go out now.
    void killing(const QList<fiberscope::widgets::ProcessDetails>& victims);
    /// Something to tell at the place for it, rich text.
    void notice(const QString& text);

private:
    void confirmKill(const QList<ProcessDetails>& victims, Ask ask);
    void killNow(const QList<ProcessDetails>& victims);
    void sendExitNow(const QList<fiberscope::Pid>& pids, const fiberscope::ExitReason& reason);

    Sampler& m_sampler;
    QWidget& m_window;
    bool m_askBeforeKill = true;
};

} // namespace fiberscope::widgets
