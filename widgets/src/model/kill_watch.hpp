// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/kill_outcome.hpp"
#include "model/sampler.hpp"

#include <QHash>
#include <QList>
#include <QObject>
#include <QTimer>

#include <functional>

namespace fiberscope::widgets {

/// What a KillWatch does to the Node and asks it; nothing of it waits.
struct KillAccess {
    std::function<bool(fiberscope::Pid, const fiberscope::ExitReason&)> exit; ///< false: it is dead
    std::function<bool(fiberscope::Pid)> isAlive;
    std::function<fiberscope::Pid(const QString&)> whereis;

    static KillAccess to(fiberscope::Node& node);
};

/// Sends an exit signal to processes, `kill` above all, and tells what came of it: as soon as an event tells, not at the
/// next refresh. It follows them from its construction, so that an end while the user is still asked is known. When
/// nothing has come for 1.5 s, and after events were lost, the Node is asked who is alive: a process counts as alive only
/// if the Node says so, as not restarted only if no event was lost.
/// **Thread:** GUI thread.
class KillWatch : public QObject {
    Q_OBJECT

public:
    KillWatch(const QList<fiberscope::Pid>& pids, KillAccess access, QObject* parent = nullptr);

    /// Names and parents of those that a look-up found alive.
    void describe(const QList<ProcessDetails>& processes);
    /// What was polled before its construction: some of them may have ended already. A loss then says nothing of them.
    void recall(const EventsSample& batch);
    /// Sends the signal to all; to many in slices, which go on without the watch while its parent lives. From now on `changed`
    /// comes.
    void send(const fiberscope::ExitReason& reason);
    /// Tells what becomes of them without sending anything: `deed`, plain text, is done by somebody else.
    void follow(const QString& deed);
    /// Tells of them as of processes that a deed has missed, as they had ended.
    void tellEnded();
    const KillReport& report() const noexcept { return m_report; }

public slots:
    void takeEvents(const fiberscope::widgets::EventsSample& batch);
    /// Decides what is still open as if the time were over.
    void expire();

signals:
    /// Some outcome is new.
    void changed();

private:
    bool takeEvent(const fiberscope::Event& event);
    bool takeExit(const fiberscope::Event& event);
    bool takeRestart(const fiberscope::Event& event);
    bool takeGiveUp(const fiberscope::Event& event);
    void start();
    void endSending();
    void miss(KillOutcome& outcome);
    void endWithSupervisor(KillOutcome& outcome);
    void takeAnswer(KillOutcome& outcome, bool isReached);
    bool hasReachedAncestor(const KillOutcome& outcome);
    void decide(KillOutcome& outcome);

    KillOutcome* find(fiberscope::Pid pid);
    bool isOpen() const noexcept;

    KillAccess m_access;
    KillReport m_report;
    QHash<quint64, qsizetype> m_byPid;           ///< Pid::bits() to the index of its outcome
    QHash<quint64, QList<qsizetype>> m_byParent; ///< likewise of its parent, to those of its children
    bool m_isSent = false;                       ///< or somebody does something else to them
    bool m_isSending = false;                    ///< not all have been sent the signal
    QTimer m_deadline;
};

} // namespace fiberscope::widgets
