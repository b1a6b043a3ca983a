// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/kill_watch.hpp"

#include "model/event_text.hpp"
#include "model/text_format.hpp"

#include <QStringList>

#include <algorithm>

namespace fiberscope::widgets {

using State = KillOutcome::State;
using namespace std::chrono_literals;

namespace {

QString atomText(fiberscope::Atom atom) {
    return atom ? toQString(atom.name()) : QString{};
}

qsizetype countOf(const QList<KillOutcome>& outcomes, State state) {
    return std::count_if(outcomes.begin(), outcomes.end(), [state](const auto& outcome) { return outcome.state == state; });
}

QString supervisorText(const KillOutcome& outcome) {
    return outcome.supervisorName.isEmpty() ? pidLink(outcome.supervisor) : outcome.supervisorName.toHtmlEscaped();
}

/// `killed`, or how else it ended: another reason may have been faster.
QString endText(const KillOutcome& outcome) {
    if (outcome.reason == fiberscope::ExitReason::killed())
        return outcome.abandoned ? QStringLiteral("killed (abandoned)") : QStringLiteral("killed");
    return QStringLiteral("ended with %1").arg(QString::fromStdString(fiberscope::to_string(outcome.reason)).toHtmlEscaped());
}

QString singleText(const KillOutcome& outcome) {
    const auto who = pidLink(outcome.pid, outcome.name);
    switch (outcome.state) {
    case State::waiting: return QStringLiteral("%1: kill sent").arg(who);
    case State::exited: return QStringLiteral("%1 %2").arg(who, endText(outcome));
    case State::notRestarted: return QStringLiteral("%1 %2; nobody restarted it").arg(who, endText(outcome));
    case State::stillAlive:
        return QStringLiteral("%1 is still alive: kill was sent, but it has reached no safe point since").arg(who);
    case State::gaveUp:
        return QStringLiteral("%1 %2; %3 reached its restart intensity and gave up")
            .arg(who, endText(outcome), supervisorText(outcome));
    case State::restarted: break;
    }
    return QStringLiteral("%1 %2; %3 restarted it as %4 after %5")
        .arg(who, endText(outcome), supervisorText(outcome), pidLink(outcome.successor), microsecondsText(outcome.restartUs));
}

QString summaryText(const QList<KillOutcome>& outcomes) {
    const auto alive = countOf(outcomes, State::stillAlive);
    const auto waiting = countOf(outcomes, State::waiting);
    QStringList parts{QStringLiteral("%1 processes killed").arg(outcomes.size() - alive - waiting)};
    const auto add = [&parts](qsizetype count, const char* text) {
        if (count > 0)
            parts += QString::fromUtf8(text).arg(count);
    };
    add(countOf(outcomes, State::restarted), "%1 restarted");
    add(countOf(outcomes, State::notRestarted), "%1 not restarted");
    add(countOf(outcomes, State::gaveUp), "%1 given up by their supervisor");
    add(alive, "%1 still alive");
    add(waiting, "%1 to go");
    return parts.join(QStringLiteral(", "));
}

} // namespace

KillWatch::KillWatch(QObject* parent) : QObject{parent} {
    m_deadline.setSingleShot(true);
    m_deadline.setInterval(1500ms);
    connect(&m_deadline, &QTimer::timeout, this, &KillWatch::expire);
}

void KillWatch::watch(const QList<ProcessDetails>& victims) {
    m_outcomes.clear();
    m_byPid.clear();
    for (const auto& victim : victims) {
        KillOutcome outcome;
        outcome.pid = victim.pid;
        outcome.parent = victim.row.parent;
        outcome.name = victim.name;
        m_byPid.insert(victim.pid.bits(), m_outcomes.size());
        m_outcomes.push_back(outcome);
    }
    m_open = m_outcomes.size();
    m_deadline.start();
}

KillOutcome* KillWatch::find(fiberscope::Pid pid) {
    const auto found = m_byPid.constFind(pid.bits());
    return found != m_byPid.constEnd() ? &m_outcomes[*found] : nullptr;
}

void KillWatch::takeEvents(const EventsSample& batch) {
    bool news = false;
    for (const auto& event : batch->events)
        news = takeEvent(event) || news;
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
    if (outcome == nullptr || (outcome->state != State::waiting && outcome->state != State::stillAlive))
        return false;
    m_open += outcome->isOver() ? 1 : 0;
    outcome->state = State::exited;
    outcome->reason = event.reason;
    outcome->abandoned = event.abandoned;
    if (outcome->name.isEmpty())
        outcome->name = toQString(eventProcessName(event));
    if (!m_deadline.isActive())
        m_deadline.start(); // it ended late: its restart gets its time, too
    return true;
}

bool KillWatch::takeRestart(const fiberscope::Event& event) {
    auto* outcome = find(event.old_pid);
    if (outcome == nullptr || outcome->state == State::restarted)
        return false;
    m_open -= outcome->isOver() ? 0 : 1;
    outcome->state = State::restarted;
    outcome->reason = event.reason;
    outcome->successor = event.pid;
    outcome->supervisor = event.supervisor;
    outcome->supervisorName = atomText(event.supervisor_name);
    outcome->restartUs = event.restart_us;
    return true;
}

bool KillWatch::takeGiveUp(const fiberscope::Event& event) {
    if (m_open == 0)
        return false;
    bool news = false;
    for (auto& outcome : m_outcomes) {
        if (outcome.parent != event.pid || outcome.state != State::exited)
            continue;
        outcome.state = State::gaveUp;
        outcome.supervisor = event.pid;
        outcome.supervisorName = atomText(event.supervisor_name);
        --m_open;
        news = true;
    }
    return news;
}

void KillWatch::expire() {
    m_deadline.stop();
    if (m_open == 0)
        return;
    for (auto& outcome : m_outcomes)
        if (!outcome.isOver())
            outcome.state = outcome.state == State::exited ? State::notRestarted : State::stillAlive;
    m_open = 0;
    emit changed();
}

QString killText(const QList<KillOutcome>& outcomes) {
    return outcomes.size() == 1 ? singleText(outcomes.front()) : summaryText(outcomes);
}

QString pidLink(fiberscope::Pid pid, const QString& name) {
    const auto link = QStringLiteral("<a href=\"pid:%1\">%2</a>").arg(pid.bits()).arg(pidText(pid).toHtmlEscaped());
    return name.isEmpty() ? link : QStringLiteral("%1 %2").arg(name.toHtmlEscaped(), link);
}

fiberscope::Pid pidOfLink(const QString& link) {
    static const QString scheme = QStringLiteral("pid:");
    return link.startsWith(scheme) ? fiberscope::Pid::from_bits(link.mid(scheme.size()).toULongLong()) : fiberscope::Pid{};
}

} // namespace fiberscope::widgets
