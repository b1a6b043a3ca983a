// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/sampler.hpp"

#include <QList>
#include <QObject>

#include <deque>
#include <functional>

class QSettings;
class QWidget;

namespace fiberscope::widgets {

class KillWatch;

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

    /// Tells what becomes of a process that somebody else does something to.
    void follow(fiberscope::Pid process, const QString& deed);

    void saveSettings(QSettings& settings) const;
    void restoreSettings(QSettings& settings);

signals:
    /// Something to tell at the place for it, rich text.
    void notice(const QString& text);
    /// An exit signal went out to more than one slice of processes.
    void sentToMany();

private:
    /// Follows these processes from now on; it lives until it is sent or dropped.
    KillWatch* watch(const QList<fiberscope::Pid>& pids);
    void confirmKill(KillWatch& watch, const QList<ProcessDetails>& victims, Ask ask);
    void askReason(KillWatch& watch, const QList<ProcessDetails>& targets);
    /// From now on this is what is told of, in place of the one before.
    void take(KillWatch& watch);
    void remember(const EventsSample& batch);
    void send(KillWatch& watch, const fiberscope::ExitReason& reason);
    /// Gives each a command that is false where it had ended.
    void tellTo(const QList<fiberscope::Pid>& pids, std::function<bool(fiberscope::Pid)> command);
    /// Says which of them a command did not reach.
    void tellMissed(const QList<fiberscope::Pid>& missed);

    Sampler& m_sampler;
    QWidget& m_window;
    std::size_t m_recentCount = 0;     ///< of events in m_recent
    std::deque<EventsSample> m_recent; ///< for what ends before the user gets to it: a row may show one that is gone
    KillWatch* m_sent = nullptr;       ///< the last that was sent
    bool m_askBeforeKill = true;
};

} // namespace fiberscope::widgets
