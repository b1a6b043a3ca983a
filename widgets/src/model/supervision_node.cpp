// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/supervision_node.hpp"

#include "model/line_text.hpp"
#include "model/number_text.hpp"
#include "model/text_format.hpp"

#include <QCoreApplication>

namespace fiberscope::widgets {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("SupervisionNode", text);
}

using Facts = QList<std::pair<QString, QString>>;

QString strategyMeaning(fiberscope::Strategy strategy) {
    using fiberscope::Strategy;
    switch (strategy) {
    case Strategy::one_for_one: return tr("a child that ends is restarted alone");
    case Strategy::one_for_all: return tr("when a child ends, all are restarted");
    case Strategy::rest_for_one: return tr("when a child ends, it and those started after it are restarted");
    case Strategy::simple_one_for_one: return tr("children of one kind, started on demand");
    }
    return {};
}

QString restartMeaning(fiberscope::RestartType type) {
    using fiberscope::RestartType;
    switch (type) {
    case RestartType::permanent: return tr("restarted whenever it ends");
    case RestartType::transient: return tr("restarted unless it ends with normal, shutdown or {shutdown,_}");
    case RestartType::temporary: return tr("never restarted");
    }
    return {};
}

QString shutdownMeaning(const std::string& shutdown) {
    if (shutdown == "brutal_kill")
        return tr("brutal_kill: killed at once");
    if (shutdown == "infinity")
        return tr("infinity: asked to end, waited for however long it takes");
    return tr("%1 ms: asked to end, killed if it has not by then").arg(toQString(shutdown));
}

QString stateText(fiberscope::ChildInfo::State state) {
    using State = fiberscope::ChildInfo::State;
    switch (state) {
    case State::running: return tr("running");
    case State::restarting: return tr("restarting");
    case State::stopped: return tr("stopped");
    }
    return {};
}

/// `2 of 3 in 5 s`.
QString usedText(const SupervisionNode::Family& family) {
    return tr("%1 of %2 in %3 s").arg(family.restartsInPeriod).arg(family.intensity).arg(family.period_s);
}

bool isGivingUp(const SupervisionNode::Family& family) {
    return family.restartsInPeriod > family.intensity;
}

/// What comes next, if that is not plain from the figures.
QString outlook(const SupervisionNode& node) {
    const auto& family = *node.family;
    if (isGivingUp(family))
        return tr("Gives up now: more than %1 in %2 s. It stops its children and ends with shutdown.")
            .arg(family.intensity)
            .arg(family.period_s);
    if (node.isAboutToGiveUp())
        return tr("The next restart within %1 s is one too many: it will give up, stop all its children and end with shutdown.")
            .arg(family.period_s);
    if (family.intensity == 0)
        return tr("Allows none: instead of a restart it stops its children and ends with shutdown.");
    return {};
}

void addFamily(Facts& facts, const SupervisionNode& node) {
    const auto& family = *node.family;
    const QString strategy = toQString(to_string(family.strategy));
    facts.append({tr("Strategy"), QStringLiteral("%1: %2").arg(strategy, strategyMeaning(family.strategy))});
    facts.append({tr("Children"), countText(family.childCount)});
    facts.append({tr("Intensity used"), usedText(family)});
    if (const QString next = outlook(node); !next.isEmpty())
        facts.append({node.isAboutToGiveUp() ? tr("Warning") : QString{}, next});
    facts.append({tr("Restarts made"), countText(family.restarts)});
}

void addChild(Facts& facts, const fiberscope::ChildInfo& child) {
    facts.append({tr("State"), stateText(child.state)});
    facts.append(
        {tr("Restart type"), QStringLiteral("%1: %2").arg(toQString(to_string(child.restart)), restartMeaning(child.restart))});
    facts.append({tr("Shutdown"), shutdownMeaning(child.shutdown)});
    facts.append({tr("Child type"), toQString(to_string(child.type))});
    if (child.significant)
        facts.append({tr("Significant"), tr("its end may end its supervisor (auto_shutdown)")});
    if (child.restarts > 0)
        facts.append({tr("Restarted"), child.restarts == 1 ? tr("once") : tr("%1 times").arg(countText(child.restarts))});
    if (child.last_exit_reason != fiberscope::Term{})
        facts.append({tr("Last exit"), lineText(child.last_exit_reason)});
}

} // namespace

bool sameChild(const fiberscope::ChildInfo& left, const fiberscope::ChildInfo& right) {
    return left.id == right.id && left.pid == right.pid && left.state == right.state && left.type == right.type &&
           left.restart == right.restart && left.shutdown == right.shutdown && left.significant == right.significant &&
           left.restarts == right.restarts && left.last_exit_reason == right.last_exit_reason;
}

bool operator==(const SupervisionNode& left, const SupervisionNode& right) {
    const bool isSameChild =
        left.child.has_value() == right.child.has_value() && (!left.child || sameChild(*left.child, *right.child));
    return isSameChild && left.kind == right.kind && left.pid == right.pid && left.name == right.name &&
           left.childId == right.childId && left.family == right.family && left.hiddenCount == right.hiddenCount &&
           left.isUnanswered == right.isUnanswered && left.isSuspended == right.isSuspended &&
           left.isDynamic == right.isDynamic && left.withoutProcess == right.withoutProcess;
}

QString SupervisedChild::text() const {
    const QString printed = termText(key());
    const bool isDelimited = isDynamic || printed.startsWith(QLatin1Char{'\''}) || printed.startsWith(QLatin1Char{'"'});
    return isDelimited ? printed : QStringLiteral("'%1'").arg(printed);
}

QString SupervisionNode::title() const {
    if (kind == Kind::more)
        return tr("+ %1 more").arg(countText(hiddenCount));
    if (!name.isEmpty())
        return lineText(name);
    if (!childId.isEmpty())
        return lineText(childId);
    return pid ? pidText(pid) : tr("no process");
}

QString SupervisionNode::identity() const {
    QStringList parts;
    if (kind == Kind::master)
        parts.append(tr("master"));
    if (!childId.isEmpty() && lineText(childId) != title())
        parts.append(lineText(childId));
    if (pid && title() != pidText(pid))
        parts.append(pidText(pid));
    if (child && child->state != fiberscope::ChildInfo::State::running)
        parts.append(stateText(child->state));
    if (isSuspended)
        parts.append(tr("suspended"));
    if (child && child->restart != fiberscope::RestartType::permanent)
        parts.append(toQString(to_string(child->restart)));
    if (family)
        parts.append(toQString(to_string(family->strategy)));
    return parts.join(QLatin1String{"  "});
}

QString SupervisionNode::usage() const {
    QStringList parts;
    if (isUnanswered)
        parts.append(tr("busy: has not answered yet"));
    if (family && isGivingUp(*family))
        parts.append(tr("gives up now"));
    else if (isAboutToGiveUp())
        parts.append(tr("about to give up: %1").arg(usedText(*family)));
    else if (family && family->restartsInPeriod > 0)
        parts.append(usedText(*family));
    if (family && family->restarts > 0)
        parts.append(family->restarts == 1 ? tr("1 restart made") : tr("%1 restarts made").arg(countText(family->restarts)));
    return parts.join(QLatin1String{"  "});
}

QString SupervisionNode::restartsMade() const {
    if (!child || child->restarts == 0)
        return {};
    return child->restarts == 1 ? tr("restarted once") : tr("restarted %1 times").arg(countText(child->restarts));
}

QString SupervisionNode::lastExit() const {
    return child && child->last_exit_reason != fiberscope::Term{} ? tr("last exit: %1").arg(lineText(child->last_exit_reason))
                                                                  : QString{};
}

int SupervisionNode::lineCount() const {
    const bool hasId = kind == Kind::master || family || isSuspended || (pid && !(name.isEmpty() && childId.isEmpty())) ||
                       (!childId.isEmpty() && !name.isEmpty() && childId != name) ||
                       (child && (child->state != fiberscope::ChildInfo::State::running ||
                                  child->restart != fiberscope::RestartType::permanent));
    const bool hasUsage = isUnanswered || (family && (family->restarts > 0 || family->restartsInPeriod > 0));
    return int{hasId} + int{hasUsage} + int{child && child->restarts > 0} +
           int{child && child->last_exit_reason != fiberscope::Term{}};
}

QList<std::pair<QString, QString>> SupervisionNode::facts() const {
    Facts facts;
    if (kind == Kind::more)
        return facts;
    if (kind == Kind::master)
        facts.append({tr("Kind"), tr("application master")});
    if (!childId.isEmpty())
        facts.append({tr("Child id"), lineText(childId)});
    facts.append({tr("Process"), pid ? pidText(pid) : tr("none")});
    if (isSuspended)
        facts.append({tr("Suspended"), tr("it handles nothing until it is resumed")});
    if (isUnanswered)
        facts.append({tr("Answer"), tr("none yet, it is busy; this is what it said last")});
    if (family)
        addFamily(facts, *this);
    if (child)
        addChild(facts, *child);
    return facts;
}

bool SupervisionNode::isAboutToGiveUp() const {
    return family && family->restartsInPeriod > 0 && family->restartsInPeriod >= family->intensity;
}

} // namespace fiberscope::widgets
