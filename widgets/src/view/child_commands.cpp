// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/child_commands.hpp"

#include "model/line_text.hpp"

#include <fiberscope/node.hpp>

#include <QAction>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>

#include <array>
#include <type_traits>
#include <utility>

namespace fiberscope::widgets {

namespace {

/// Ids may be terms of any length.
constexpr int widestEntry = 600;
constexpr std::array requests{std::pair{ChildRequest::terminate, "terminateChild"},
                              std::pair{ChildRequest::restart, "restartChild"}, std::pair{ChildRequest::remove, "deleteChild"}};

/// What the call brought: the supervisor's own answer stands inside of the call's outcome.
template <class Value>
ChildAnswer answerOf(const fiberscope::Result<fiberscope::Result<Value>>& reply) {
    ChildAnswer answer;
    if (!reply) {
        answer.isAnswered = false;
        answer.error = reply.error().term();
    } else if (!*reply) {
        answer.error = (*reply).error().term();
    } else if constexpr (std::is_same_v<Value, fiberscope::Pid>) {
        answer.started = **reply;
    }
    return answer;
}

} // namespace

ChildCommands::ChildCommands(Sampler& sampler, QWidget& window) : QObject{&window}, m_sampler{sampler}, m_window{window} {}

void ChildCommands::addTo(QMenu& menu, const SupervisedChild& child) {
    menu.setToolTipsVisible(true);
    for (const auto& [kind, name] : requests) {
        if (child.isDynamic && kind != ChildRequest::terminate)
            continue;
        const QString text = menu.fontMetrics().elidedText(requestText(kind, child), Qt::ElideMiddle, widestEntry);
        auto* action = menu.addAction(menuText(text), this, [this, kind = kind, child] { request(kind, child); });
        action->setObjectName(QLatin1String{name});
        action->setToolTip(requestExplanation(kind, child));
        action->setEnabled(isPossible(kind, child));
    }
}

void ChildCommands::request(ChildRequest request, const SupervisedChild& child) {
    if (request == ChildRequest::terminate && child.child.type == fiberscope::ChildType::supervisor)
        confirmTermination(child);
    else
        send(request, child);
}

void ChildCommands::confirmTermination(const SupervisedChild& child) {
    const QString risk = tr("It is a supervisor: all its children end with it.");
    auto* box = new QMessageBox{QMessageBox::Question, tr("Terminate"),
                                tr("Terminate child %1?").arg(childText(child)) + QStringLiteral("\n\n") + risk,
                                QMessageBox::NoButton, &m_window};
    box->setObjectName(QStringLiteral("terminateQuestion"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setTextFormat(Qt::PlainText);
    auto* yes = box->addButton(tr("&Terminate"), QMessageBox::DestructiveRole);
    yes->setObjectName(QStringLiteral("terminateConfirmed"));
    box->setDefaultButton(box->addButton(QMessageBox::Cancel));
    connect(yes, &QPushButton::clicked, this, [this, child] { send(ChildRequest::terminate, child); });
    box->open();
}

void ChildCommands::send(ChildRequest request, const SupervisedChild& child) {
    emit notice(waitingText(request, child));
    switch (request) {
    case ChildRequest::terminate: return call<fiberscope::TerminateChild>(request, child);
    case ChildRequest::restart: return call<fiberscope::RestartChild>(request, child);
    case ChildRequest::remove: return call<fiberscope::DeleteChild>(request, child);
    }
}

// Without a timeout, as OTP's supervisor module calls: a child may take its time to end.
template <class Message>
void ChildCommands::call(ChildRequest request, const SupervisedChild& child) {
    m_sampler.node().call_async(
        child.supervisor, Message{child.key()}, fiberscope::infinity,
        [this, address = m_relay.address(), request, child](const fiberscope::Result<typename Message::Reply>& reply) {
            address.post([this, request, child, answer = answerOf(reply)] { take(request, child, answer); });
        });
}

void ChildCommands::take(ChildRequest request, const SupervisedChild& child, const ChildAnswer& answer) {
    emit notice(answerText(request, child, answer));
    emit answered();
}

} // namespace fiberscope::widgets
