// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/kill_watch.hpp"

#include "model/event_text.hpp"
#include "model/slices.hpp"
#include "model/text_format.hpp"

#include <fiberscope/node.hpp>

#include <QPointer>

#include <chrono>
#include <utility>

namespace fiberscope::widgets {

using State = KillOutcome::State;
using namespace std::chrono_literals;

namespace {

QString atomText(fiberscope::Atom atom) {
    return atom ? toQString(atom.name()) : QString{};
}

} // namespace

KillAccess KillAccess::to(fiberscope::Node& node) {
    return {[&node](fiberscope::Pid pid, const fiberscope::ExitReason& reason) { return node.exit(pid, reason); },
            [&node](fiberscope::Pid pid) { return node.is_alive(pid); },
            [&node](const QString& name) { return node.whereis(name.toStdString()); }};
}

KillWatch::KillWatch(const QList<fiberscope::Pid>& pids, KillAccess access, QObject* parent)
    : QObject{parent}, m_access{std::move(access)} {
    m_report.outcomes.resize(pids.size());
    m_report.counts[static_cast<std::size_t>(State::waiting)] = pids.size();
    m_byPid.reserve(pids.size());
    for (qsizetype i = 0; i < pids.size(); ++i) {
        m_report.outcomes[i].pid = pids[i];
        m_byPid.insert(pids[i].bits(), i);
    }
    m_deadline.setSingleShot(true);
    m_deadline.setInterval(1500ms);
    connect(&m_deadline, &QTimer::timeout, this, &KillWatch::expire);
}

void KillWatch::describe(const QList<ProcessDetails>& processes) {
    for (const auto& details : processes) {
        auto* outcome = details.alive ? find(details.pid) : nullptr;
        if (outcome == nullptr)
            continue;
        outcome->parent = details.row.parent;
        outcome->name = details.name;
        outcome->isRegistered = details.row.registered_name != 0;
        outcome->trapsExits = details.row.traps_exits();
        m_byParent[outcome->parent.bits()].push_back(outcome - m_report.outcomes.data());
    }
    if (m_isSent)
        emit changed();
}

void KillWatch::send(const fiberscope::ExitReason& reason) {
    m_report.signal = reason;
    m_isSent = true;
    m_isSending = true;
    QList<fiberscope::Pid> pids;
    pids.reserve(m_report.outcomes.size());
    for (const auto& outcome : std::as_const(m_report.outcomes))
        pids += outcome.pid;
    // all get the signal, also when what becomes of them is not followed any more
    const QPointer<KillWatch> watch{this};
    const auto sendTo = [watch, reason, exit = m_access.exit](fiberscope::Pid pid) {
        const bool isReached = exit(pid, reason);
        if (watch != nullptr)
            watch->takeAnswer(*watch->find(pid), isReached);
    };
    forEachInSlices(parent() != nullptr ? *parent() : *this, pids, sendTo, [watch] {
        if (watch != nullptr)
            watch->endSending();
    });
    if (m_isSending)
        emit changed();
}

void KillWatch::takeAnswer(KillOutcome& outcome, bool isReached) {
    outcome.isReached = isReached;
    if (isReached)
        return;
    if (hasReachedAncestor(outcome) && !outcome.hasEndedEarlier)
        endWithSupervisor(outcome);
    else
        miss(outcome);
}

void KillWatch::endSending() {
    m_isSending = false;
    start();
}

bool KillWatch::hasReachedAncestor(const KillOutcome& outcome) {
    for (const auto* ancestor = find(outcome.parent); ancestor != nullptr; ancestor = find(ancestor->parent))
        if (ancestor->isReached)
            return true;
    return false;
}

void KillWatch::endWithSupervisor(KillOutcome& outcome) {
    outcome.endedWithSupervisor = true;
    ++m_report.endedWithSupervisor;
    if (outcome.state == State::waiting)
        m_report.setState(outcome, State::exited);
}

void KillWatch::follow(const QString& deed) {
    m_report.deed = deed;
    start();
}

void KillWatch::tellEnded() {
    for (auto& outcome : m_report.outcomes)
        miss(outcome);
    start();
}

void KillWatch::miss(KillOutcome& outcome) {
    outcome.hadEnded = true;
    ++m_report.hadEnded;
    if (outcome.state == State::waiting)
        m_report.setState(outcome, State::exited);
}

void KillWatch::start() {
    m_isSent = true;
    m_deadline.start();
    emit changed();
}

void KillWatch::recall(const EventsSample& batch) {
    for (const auto& event : batch->events)
        takeEvent(event);
}

KillOutcome* KillWatch::find(fiberscope::Pid pid) {
    const auto found = m_byPid.constFind(pid.bits());
    return found != m_byPid.constEnd() ? &m_report.outcomes[*found] : nullptr;
}

bool KillWatch::isOpen() const noexcept {
    return m_report.count(State::waiting) + m_report.count(State::exited) > 0;
}

void KillWatch::takeEvents(const EventsSample& batch) {
    bool news = false;
    for (const auto& event : batch->events)
        news = takeEvent(event) || news;
    m_report.hasLost = m_report.hasLost || batch->lost > 0;
    // The exit of one that was alive may be among what was lost: nothing else would tell of it.
    const bool mayHaveEnded = batch->lost > 0 && m_report.count(State::stillAlive) > 0;
    if (!m_isSent)
        return;
    if ((mayHaveEnded || (news && isOpen())) && !m_deadline.isActive())
        m_deadline.start();
    if (news)
        emit changed();
}

bool KillWatch::takeEvent(const fiberscope::Event& event) {
    switch (event.kind) {
    case fiberscope::EventKind::exit: return takeExit(event);
    case fiberscope::EventKind::restart: return takeRestart(event);
    case fiberscope::EventKind::gave_up: return takeGiveUp(event);
    default: return false;
    }
}

bool KillWatch::takeExit(const fiberscope::Event& event) {
    auto* outcome = find(event.pid);
    if (outcome == nullptr || outcome->isReasonKnown)
        return false;
    outcome->isReasonKnown = true;
    outcome->hasEndedEarlier = !m_isSent;
    outcome->reason = event.reason;
    outcome->end = endReasonText(event);
    if (outcome->name.isEmpty())
        outcome->name = toQString(eventProcessName(event));
    if (outcome->state == State::waiting || outcome->state == State::stillAlive || outcome->state == State::lost)
        m_report.setState(*outcome, State::exited);
    return true;
}

bool KillWatch::takeRestart(const fiberscope::Event& event) {
    auto* outcome = find(event.old_pid);
    if (outcome == nullptr || outcome->state == State::restarted)
        return false;
    m_report.setState(*outcome, State::restarted);
    if (!outcome->isReasonKnown) { // the event of its exit was lost
        outcome->isReasonKnown = true;
        outcome->reason = event.reason;
        outcome->end = endReasonText(event);
    }
    outcome->successor = event.pid;
    outcome->supervisor = event.supervisor;
    outcome->supervisorName = atomText(event.supervisor_name);
    outcome->restartUs = event.restart_us;
    return true;
}

bool KillWatch::takeGiveUp(const fiberscope::Event& event) {
    bool news = false;
    for (const auto index : m_byParent.value(event.pid.bits())) {
        auto& outcome = m_report.outcomes[index];
        if (outcome.state != State::exited)
            continue;
        m_report.setState(outcome, State::gaveUp);
        outcome.supervisor = event.pid;
        outcome.supervisorName = atomText(event.supervisor_name);
        news = true;
    }
    return news;
}

void KillWatch::decide(KillOutcome& outcome) {
    if (outcome.state == State::waiting || outcome.state == State::stillAlive) {
        if (m_access.isAlive(outcome.pid)) {
            m_report.setState(outcome, State::stillAlive);
            return;
        }
    } else if (outcome.state != State::exited) {
        return;
    }
    if (outcome.isReasonKnown && !m_report.hasLost) {
        m_report.setState(outcome, State::notRestarted);
        return;
    }
    if (!outcome.hadEnded && !m_report.hasLost)
        return; // its exit is on its way
    const auto successor = outcome.isRegistered ? m_access.whereis(outcome.name) : fiberscope::Pid{};
    outcome.successor = successor != outcome.pid ? successor : fiberscope::Pid{};
    m_report.setState(outcome, outcome.successor ? State::replaced : State::lost);
}

void KillWatch::expire() {
    m_deadline.stop();
    if (m_isSending)
        return;
    const auto before = m_report.counts;
    for (auto& outcome : m_report.outcomes)
        decide(outcome);
    if (isOpen())
        m_deadline.start();
    if (m_report.counts != before)
        emit changed();
}

} // namespace fiberscope::widgets
