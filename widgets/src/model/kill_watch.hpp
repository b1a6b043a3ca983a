// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/sampler.hpp"

#include <QHash>
#include <QList>
#include <QObject>
#include <QString>
#include <QTimer>

#include <chrono>

namespace fiberscope::widgets {

/// What became of a process that the user killed.
struct KillOutcome {
    enum class State {
        waiting,      ///< no exit has been seen yet
        exited,       ///< it ended; a restart may still come
        restarted,    ///< its supervisor restarted it
        notRestarted, ///< it ended and nobody restarted it
        gaveUp,       ///< it ended and its supervisor, at its restart intensity, ended too
        stillAlive,   ///< no exit came
    };
    fiberscope::Pid pid;
    fiberscope::Pid parent;
    QString name;
    State state = State::waiting;
    fiberscope::ExitReason reason; ///< since exited
    bool abandoned = false;        ///< since exited: its destructors did not run
    fiberscope::Pid successor;     ///< restarted: the new process
    fiberscope::Pid supervisor;    ///< restarted, gaveUp
    QString supervisorName;        ///< restarted, gaveUp; empty if it has none
    std::uint64_t restartUs = 0;   ///< restarted: from the exit to the restarted child
    bool isOver() const noexcept { return state != State::waiting && state != State::exited; }
};

/// Follows kills through the Node's events and tells what came of them: as soon as an event tells, not at the next
/// refresh. A process counts as not restarted, or as still alive, when nothing came for 1.5 s.
/// **Thread:** GUI thread.
class KillWatch : public QObject {
    Q_OBJECT

public:
    explicit KillWatch(QObject* parent = nullptr);

    /// Watches processes that are killed next; forgets those of an earlier kill. Call it before the exit signals go out.
    void watch(const QList<ProcessDetails>& victims);
    const QList<KillOutcome>& outcomes() const noexcept { return m_outcomes; }

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

    KillOutcome* find(fiberscope::Pid pid);

    QList<KillOutcome> m_outcomes;
    QHash<quint64, qsizetype> m_byPid; ///< Pid::bits() to the index of its outcome
    qsizetype m_open = 0;              ///< outcomes that are not over
    QTimer m_deadline;
};

/// One line of rich text, pids as links `pid:BITS`: `kv_shard_2 <0.90.0> killed; kv_sup restarted it as <0.131.0> after
/// 38 µs`. Several kills are summed up.
QString killText(const QList<KillOutcome>& outcomes);
/// A process as killText and other notices name it: its name and the pid as a link.
QString pidLink(fiberscope::Pid pid, const QString& name = {});
/// The process of a link made by pidLink.
fiberscope::Pid pidOfLink(const QString& link);

} // namespace fiberscope::widgets
