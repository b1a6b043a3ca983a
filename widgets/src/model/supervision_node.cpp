// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/number_text.hpp"
#include "model/supervision_model.hpp"
#include "model/text_format.hpp"

#include <QCoreApplication>

namespace fiberscope::widgets {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("SupervisionNode", text);
}

bool sameChild(const fiberscope::ChildInfo& left, const fiberscope::ChildInfo& right) {
    return left.id == right.id && left.pid == right.pid && left.state == right.state && left.type == right.type &&
           left.restart == right.restart && left.shutdown == right.shutdown && left.significant == right.significant &&
           left.restarts == right.restarts && left.last_exit_reason == right.last_exit_reason;
}

} // namespace

bool operator==(const SupervisionNode& left, const SupervisionNode& right) {
    const bool isSameChild =
        left.child.has_value() == right.child.has_value() && (!left.child || sameChild(*left.child, *right.child));
    return isSameChild && left.kind == right.kind && left.pid == right.pid && left.name == right.name &&
           left.childId == right.childId && left.family == right.family && left.hiddenCount == right.hiddenCount &&
           left.isUnanswered == right.isUnanswered;
}

QString SupervisionNode::title() const {
    if (kind == Kind::more)
        return tr("+ %1 more").arg(countText(hiddenCount));
    if (!name.isEmpty())
        return name;
    return childId.isEmpty() ? pidText(pid) : childId;
}

QString SupervisionNode::identity() const {
    QStringList parts;
    if (kind == Kind::master)
        parts.append(tr("application master"));
    if (!childId.isEmpty() && childId != title())
        parts.append(childId);
    if (pid && title() != pidText(pid))
        parts.append(pidText(pid));
    if (child && child->state != fiberscope::ChildInfo::State::running)
        parts.append(child->state == fiberscope::ChildInfo::State::restarting ? tr("restarting") : tr("stopped"));
    if (family)
        parts.append(toQString(to_string(family->strategy)));
    else if (child)
        parts.append(toQString(to_string(child->restart)));
    return parts.join(QLatin1String{"  "});
}

QString SupervisionNode::history() const {
    QStringList parts;
    if (isUnanswered)
        parts.append(tr("busy: has not answered yet"));
    if (family && family->restartsInPeriod > 0)
        parts.append(tr("%1 of %2 in %3 s").arg(family->restartsInPeriod).arg(family->intensity).arg(family->period_s));
    if (family && family->restarts > 0)
        parts.append(family->restarts == 1 ? tr("1 restart made") : tr("%1 restarts made").arg(countText(family->restarts)));
    if (child && child->restarts > 0)
        parts.append(child->restarts == 1 ? tr("restarted once") : tr("restarted %1 times").arg(countText(child->restarts)));
    if (child && child->last_exit_reason != fiberscope::Term{})
        parts.append(tr("last exit: %1").arg(QString::fromStdString(to_string(child->last_exit_reason))));
    return parts.join(QLatin1String{"  "});
}

bool SupervisionNode::isAboutToGiveUp() const {
    return family && family->restartsInPeriod > 0 && family->restartsInPeriod >= family->intensity;
}

} // namespace fiberscope::widgets
