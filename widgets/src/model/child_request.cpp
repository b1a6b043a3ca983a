// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/child_request.hpp"

#include "model/line_text.hpp"
#include "model/pid_link.hpp"
#include "model/text_format.hpp"

#include <QCoreApplication>

namespace fiberscope::widgets {

namespace {

using State = fiberscope::ChildInfo::State;

QString tr(const char* text) {
    return QCoreApplication::translate("ChildRequest", text);
}

QString printed(const fiberscope::Term& term) {
    return lineText(term).toHtmlEscaped();
}

/// Empty if it has none.
QString supervisorName(const SupervisedChild& child) {
    return child.supervisorName == pidText(child.supervisor) ? QString{} : child.supervisorName;
}

/// As childText, pids as links.
QString childLink(const SupervisedChild& child) {
    const auto pid = child.child.pid;
    const QString id = child.isDynamic ? QString{} : child.text();
    return tr("%1 of %2")
        .arg(pid ? pidLink(pid, id) : lineText(id).toHtmlEscaped(), pidLink(child.supervisor, supervisorName(child)));
}

/// `Terminate child 'till' <0.9.0> of shop_sup <0.5.0>`, pids as links.
QString requestLink(ChildRequest request, const SupervisedChild& child) {
    switch (request) {
    case ChildRequest::terminate: return tr("Terminate child %1").arg(childLink(child));
    case ChildRequest::restart: return tr("Restart child %1").arg(childLink(child));
    case ChildRequest::remove: return tr("Delete child %1").arg(childLink(child));
    }
    return {};
}

/// Why a supervisor says no.
QString refusalText(const fiberscope::Term& error) {
    if (error.is_atom("running"))
        return tr("It is running.");
    if (error.is_atom("restarting"))
        return tr("It is being restarted.");
    if (error.is_atom("not_found"))
        return tr("There is no such child any more.");
    if (error.is_atom("simple_one_for_one"))
        return tr("Children of a simple_one_for_one supervisor can only be terminated, by their pid.");
    return tr("It did not start.");
}

/// Why no answer came.
QString failureText(const fiberscope::Term& error) {
    if (error.is_atom("noproc"))
        return tr("There is no such supervisor any more.");
    return tr("The supervisor ended before it answered.");
}

/// `Child 'till' <0.9.0> of shop_sup <0.5.0> terminated: ok. It stays stopped until it is restarted.`
QString doneText(ChildRequest request, const SupervisedChild& child, const ChildAnswer& answer) {
    const QString who = tr("Child %1").arg(childLink(child));
    switch (request) {
    case ChildRequest::terminate:
        if (child.isDynamic)
            return tr("%1 terminated: ok.").arg(who);
        if (child.child.restart == fiberscope::RestartType::temporary)
            return tr("%1 terminated: ok. It is temporary, so its supervisor has forgotten it.").arg(who);
        return tr("%1 terminated: ok. It stays stopped until it is restarted.").arg(who);
    case ChildRequest::remove: return tr("%1 deleted: ok. Its supervisor has forgotten it.").arg(who);
    case ChildRequest::restart: break;
    }
    const auto started = answer.started.value_or(fiberscope::Pid{});
    if (!started)
        return tr("%1 restarted: {ok,undefined}. It wants no process (ignore).").arg(who);
    return tr("%1 restarted: {ok,%2}.").arg(who, pidLink(started));
}

} // namespace

bool isPossible(ChildRequest request, const SupervisedChild& child) {
    if (request == ChildRequest::terminate)
        return child.child.state != State::stopped && (!child.isDynamic || child.child.pid);
    return child.child.state == State::stopped && !child.isDynamic;
}

QString requestText(ChildRequest request, const SupervisedChild& child) {
    const QString id = lineText(child.text());
    const QString supervisor = lineText(child.supervisorName);
    switch (request) {
    case ChildRequest::terminate: return tr("Terminate child %1 of %2").arg(id, supervisor);
    case ChildRequest::restart: return tr("Restart child %1 of %2").arg(id, supervisor);
    case ChildRequest::remove: return tr("Delete child %1 of %2").arg(id, supervisor);
    }
    return {};
}

QString childText(const SupervisedChild& child) {
    const QString id = child.isDynamic ? QString{} : child.text();
    return tr("%1 of %2").arg(namedPidText(id, child.child.pid).trimmed(), namedPidText(supervisorName(child), child.supervisor));
}

QString requestExplanation(ChildRequest request, const SupervisedChild& child) {
    if (isPossible(request, child)) {
        switch (request) {
        case ChildRequest::terminate: return tr("Its supervisor stops it as its child spec says, and does not restart it");
        case ChildRequest::restart: return tr("Its supervisor starts it again from its child spec");
        case ChildRequest::remove: return tr("Its supervisor forgets its child spec: it cannot be restarted any more");
        }
    }
    if (child.isDynamic)
        return request == ChildRequest::terminate ? tr("It has no pid at the moment")
                                                  : refusalText(fiberscope::Term::atom("simple_one_for_one"));
    if (request == ChildRequest::terminate)
        return tr("It is stopped");
    return child.child.state == State::running ? tr("It is running: terminate it first") : tr("It is being restarted");
}

QString waitingText(ChildRequest request, const SupervisedChild& child) {
    return tr("%1: asked, no answer yet").arg(requestLink(request, child));
}

QString answerText(ChildRequest request, const SupervisedChild& child, const ChildAnswer& answer) {
    if (!answer.error)
        return doneText(request, child, answer);
    const QString what = requestLink(request, child);
    if (!answer.isAnswered)
        return tr("%1 failed: exit %2. %3").arg(what, printed(*answer.error), failureText(*answer.error));
    return tr("%1 failed: {error,%2}. %3").arg(what, printed(*answer.error), refusalText(*answer.error));
}

} // namespace fiberscope::widgets
