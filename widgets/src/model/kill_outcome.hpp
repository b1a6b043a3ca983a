// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/pid.hpp>
#include <fiberscope/term.hpp>

#include <QList>
#include <QString>

#include <array>
#include <cstdint>

namespace fiberscope::widgets {

/// What became of a process that the user killed or sent another exit signal to.
struct KillOutcome {
    enum class State : std::uint8_t {
        waiting,      ///< no exit has been seen yet
        exited,       ///< it ended; a restart may still come
        restarted,    ///< its supervisor restarted it
        notRestarted, ///< it ended and nobody restarted it
        gaveUp,       ///< it ended and its supervisor, at its restart intensity, ended too
        replaced,     ///< it is gone and its registered name is that of `successor`: events were lost, so how is not known
        lost,         ///< it is gone; events were lost, so whether it was restarted is not known
        stillAlive,   ///< the node says that it lives
    };
    static constexpr std::size_t states = static_cast<std::size_t>(State::stillAlive) + 1;

    fiberscope::Pid pid;
    fiberscope::Pid parent;
    QString name;
    bool isRegistered = false; ///< `name` is its registered name
    bool trapsExits = false;
    State state = State::waiting;
    bool isReached = false;           ///< by the signal
    bool hasEndedEarlier = false;     ///< its exit was seen before anything was sent
    bool hadEnded = false;            ///< before the signal could reach it
    bool endedWithSupervisor = false; ///< likewise, but by the same deed: an ancestor got the signal first
    bool isReasonKnown = false;       ///< its exit was seen: `reason` and `end` are set
    fiberscope::ExitReason reason;
    QString end;                 ///< the reason in words, with remarks: `killed (abandoned)`
    fiberscope::Pid successor;   ///< restarted, replaced: the new process
    fiberscope::Pid supervisor;  ///< restarted, gaveUp
    QString supervisorName;      ///< restarted, gaveUp; empty if it has none
    std::uint64_t restartUs = 0; ///< restarted: from the exit to the restarted child
};

/// What became of all that one exit signal went to, or that something else was done to.
struct KillReport {
    fiberscope::ExitReason signal = fiberscope::ExitReason::kill();
    QString deed; ///< what was done in place of a signal, plain text; empty: `signal` was sent
    QList<KillOutcome> outcomes;
    std::array<qsizetype, KillOutcome::states> counts{}; ///< outcomes by their state
    bool hasLost = false;                                ///< events were lost since it began
    qsizetype hadEnded = 0;                              ///< outcomes of processes that the signal came too late for
    qsizetype endedWithSupervisor = 0;                   ///< outcomes of those whose supervisor's end was faster than it

    qsizetype count(KillOutcome::State state) const noexcept { return counts[static_cast<std::size_t>(state)]; }
    void setState(KillOutcome& outcome, KillOutcome::State state) noexcept;
};

/// One line of rich text with pids as links: `kv_shard_2 <0.90.0> killed; kv_sup restarted it as <0.131.0> after 38 µs`.
/// Several are summed up. What is not known is said.
QString killText(const KillReport& report);

} // namespace fiberscope::widgets
