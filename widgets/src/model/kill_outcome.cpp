// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/kill_outcome.hpp"

#include "model/line_text.hpp"
#include "model/number_text.hpp"
#include "model/pid_link.hpp"
#include "model/text_format.hpp"

#include <QStringList>

namespace fiberscope::widgets {

using State = KillOutcome::State;

namespace {

QString reasonText(const fiberscope::ExitReason& reason) {
    return lineText(reason.term()).toHtmlEscaped();
}

bool isKill(const KillReport& report) {
    return report.deed.isEmpty() && report.signal == fiberscope::ExitReason::kill();
}

QString supervisorText(const KillOutcome& outcome) {
    return outcome.supervisorName.isEmpty() ? pidLink(outcome.supervisor) : lineText(outcome.supervisorName).toHtmlEscaped();
}

/// `killed`, or how else it ended: another reason may have been faster.
QString endText(const KillOutcome& outcome, const KillReport& report) {
    const QString end = lineText(outcome.end).toHtmlEscaped();
    if (outcome.hadEnded)
        return outcome.isReasonKnown ? QStringLiteral("had ended already, with %1").arg(end)
                                     : QStringLiteral("had ended already");
    if (!outcome.isReasonKnown)
        return QStringLiteral("has ended");
    return isKill(report) && outcome.reason == fiberscope::ExitReason::killed() ? end : QStringLiteral("ended with %1").arg(end);
}

/// What its supervisor did then; empty while that is open.
QString sequelText(const KillOutcome& outcome) {
    switch (outcome.state) {
    case State::restarted:
        return QStringLiteral("; %1 restarted it as %2 after %3")
            .arg(supervisorText(outcome), pidLink(outcome.successor), microsecondsText(outcome.restartUs));
    case State::notRestarted: return QStringLiteral("; nobody restarted it");
    case State::gaveUp: return QStringLiteral("; %1 reached its restart intensity and gave up").arg(supervisorText(outcome));
    case State::replaced:
        return QStringLiteral("; %1 is %2 now").arg(lineText(outcome.name).toHtmlEscaped(), pidLink(outcome.successor));
    case State::lost:
        if (outcome.hadEnded && !outcome.isReasonKnown)
            return {}; // long ago, perhaps: nobody has followed it
        return QStringLiteral("; whether it was restarted is not known: events were lost");
    case State::waiting:
    case State::exited:
    case State::stillAlive: break;
    }
    return {};
}

/// `Exit signal shutdown sent to kv_shard_2 <0.90.0>`.
QString deedText(const KillOutcome& outcome, const KillReport& report) {
    const auto who = pidLink(outcome.pid, outcome.name);
    return report.deed.isEmpty() ? QStringLiteral("Exit signal %1 sent to %2").arg(reasonText(report.signal), who)
                                 : QStringLiteral("%1 in %2").arg(lineText(report.deed).toHtmlEscaped(), who);
}

QString stillAliveText(const KillOutcome& outcome, const KillReport& report) {
    const auto who = pidLink(outcome.pid, outcome.name);
    if (isKill(report))
        return QStringLiteral("%1 is still alive: kill was sent, but it has reached no safe point since").arg(who);
    const bool gotMessage = outcome.trapsExits && report.deed.isEmpty();
    const QString why = gotMessage ? QStringLiteral(": it traps exits and got it as a message") : QString{};
    return QStringLiteral("%1, which goes on%2").arg(deedText(outcome, report), why);
}

QString singleText(const KillOutcome& outcome, const KillReport& report) {
    const auto who = pidLink(outcome.pid, outcome.name);
    if (outcome.state == State::stillAlive)
        return stillAliveText(outcome, report);
    if (outcome.state == State::waiting && isKill(report))
        return QStringLiteral("%1: kill sent").arg(who);
    if (outcome.state == State::waiting)
        return deedText(outcome, report);
    const QString end = endText(outcome, report) + sequelText(outcome);
    return isKill(report) || outcome.hadEnded ? QStringLiteral("%1 %2").arg(who, end)
                                              : QStringLiteral("%1: it %2").arg(deedText(outcome, report), end);
}

QString summaryText(const KillReport& report) {
    const auto alive = report.count(State::stillAlive);
    const auto waiting = report.count(State::waiting);
    const auto all = report.outcomes.size();
    QStringList parts;
    const auto add = [&parts](qsizetype count, const char* text) {
        if (count > 0)
            parts += QString::fromUtf8(text).arg(countText(static_cast<quint64>(count)));
    };
    const auto ended = all - alive - waiting - report.hadEnded - report.endedWithSupervisor;
    if (report.hadEnded == all) {
        parts += QStringLiteral("%1 had ended already").arg(processesText(all));
    } else if (isKill(report)) {
        parts += QStringLiteral("%1 killed").arg(processesText(ended));
    } else {
        parts += QStringLiteral("Exit signal %1 sent to %2")
                     .arg(reasonText(report.signal), processesText(all - report.hadEnded - report.endedWithSupervisor));
        add(ended, "%1 ended");
    }
    add(report.endedWithSupervisor, "%1 ended with their supervisor");
    if (report.hadEnded < all)
        add(report.hadEnded, "%1 had ended already");
    add(report.count(State::restarted) + report.count(State::replaced), "%1 restarted");
    add(report.count(State::notRestarted), "%1 not restarted");
    add(report.count(State::gaveUp), "%1 given up by their supervisor");
    add(alive, "%1 still alive");
    if (isKill(report))
        add(waiting, "%1 to go");
    QString text = parts.join(QStringLiteral(", "));
    const auto lost = report.count(State::lost);
    if (lost == 0)
        return text;
    text += lost == all ? QStringLiteral("; whether they were restarted is not known")
                        : QStringLiteral("; of %1 it is not known whether %2 restarted")
                              .arg(countText(static_cast<quint64>(lost)),
                                   lost == 1 ? QStringLiteral("it was") : QStringLiteral("they were"));
    if (report.hasLost)
        text += QStringLiteral(": events were lost");
    return text;
}

} // namespace

void KillReport::setState(KillOutcome& outcome, State state) noexcept {
    --counts[static_cast<std::size_t>(outcome.state)];
    ++counts[static_cast<std::size_t>(state)];
    outcome.state = state;
}

QString killText(const KillReport& report) {
    return report.outcomes.size() == 1 ? singleText(report.outcomes.front(), report) : summaryText(report);
}

} // namespace fiberscope::widgets
