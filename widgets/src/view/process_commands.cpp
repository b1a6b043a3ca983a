// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/process_commands.hpp"

#include "model/kill_watch.hpp"
#include "model/text_format.hpp"
#include "view/send_exit_dialog.hpp"

#include <fiberscope/node.hpp>

#include <QCheckBox>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>

#include <algorithm>

namespace fiberscope::widgets {

namespace {

/// `shop <0.90.0>` or `5 processes`.
QString targetText(const QList<ProcessDetails>& victims) {
    if (victims.size() == 1)
        return namedPidText(victims.front().name, victims.front().pid);
    return processesText(victims.size());
}

qsizetype systemCount(const QList<ProcessDetails>& victims) {
    return std::count_if(victims.begin(), victims.end(), [](const auto& victim) { return victim.row.is_system(); });
}

QString riskText(const QList<ProcessDetails>& victims) {
    const auto system = systemCount(victims);
    if (system == 0 && victims.size() > 1)
        return ProcessCommands::tr("What they were doing is lost. Supervisors restart those that have one.");
    if (system == 0)
        return ProcessCommands::tr("What it was doing is lost. A supervisor, if there is one, restarts it.");
    if (victims.size() == 1)
        return ProcessCommands::tr("It is a system process: a part of the node itself, which may not go on without it.");
    return ProcessCommands::tr(
        "%n of them is (are) system processes: parts of the node itself, which may not go on without them.", nullptr,
        static_cast<int>(system));
}

} // namespace

ProcessCommands::ProcessCommands(Sampler& sampler, QWidget& window) : QObject{&window}, m_sampler{sampler}, m_window{window} {}

void ProcessCommands::kill(const QList<fiberscope::Pid>& pids, Ask ask) {
    m_sampler.lookUp(pids, this, [this, ask](const QList<ProcessDetails>& found) {
        QList<ProcessDetails> victims;
        std::copy_if(found.begin(), found.end(), std::back_inserter(victims), [](const auto& details) { return details.alive; });
        if (victims.isEmpty())
            emit notice(tr("%1 had ended already").arg(found.size() == 1 ? pidLink(found.front().pid) : tr("These processes")));
        else
            confirmKill(victims, ask);
    });
}

void ProcessCommands::confirmKill(const QList<ProcessDetails>& victims, Ask ask) {
    const bool risky = victims.size() > 1 || systemCount(victims) > 0;
    if (!risky && !(ask == Ask::always && m_askBeforeKill)) {
        killNow(victims);
        return;
    }
    auto* box = new QMessageBox{QMessageBox::Question, tr("Kill"),
                                tr("Kill %1?").arg(targetText(victims)) + QStringLiteral("\n\n") + riskText(victims),
                                QMessageBox::NoButton, &m_window};
    box->setObjectName(QStringLiteral("killQuestion"));
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setTextFormat(Qt::PlainText);
    auto* yes = box->addButton(tr("&Kill"), QMessageBox::DestructiveRole);
    yes->setObjectName(QStringLiteral("killConfirmed"));
    box->setDefaultButton(box->addButton(QMessageBox::Cancel));
    QCheckBox* quietly = nullptr;
    if (!risky) {
        quietly = new QCheckBox{tr("&Do not ask again"), box};
        box->setCheckBox(quietly);
    }
    connect(yes, &QPushButton::clicked, this, [this, victims, quietly] {
        m_askBeforeKill = m_askBeforeKill && (quietly == nullptr || !quietly->isChecked());
        killNow(victims);
    });
    box->open();
}

void ProcessCommands::killNow(const QList<ProcessDetails>& victims) {
    emit killing(victims);
    for (const auto& victim : victims)
        m_sampler.node().exit(victim.pid, fiberscope::ExitReason::kill());
}

void ProcessCommands::sendExit(const QList<fiberscope::Pid>& pids) {
    const auto target = pids.size() == 1 ? pidText(pids.front()) : processesText(pids.size());
    auto* dialog = new SendExitDialog{target, m_sampler.node().id(), &m_window};
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    connect(dialog, &QDialog::accepted, this, [this, dialog, pids] { sendExitNow(pids, dialog->reason()); });
    dialog->open();
}

void ProcessCommands::sendExitNow(const QList<fiberscope::Pid>& pids, const fiberscope::ExitReason& reason) {
    if (reason == fiberscope::ExitReason::kill()) {
        kill(pids, Ask::ifRisky);
        return;
    }
    qsizetype reached = 0;
    for (const auto pid : pids)
        reached += m_sampler.node().exit(pid, reason) ? 1 : 0;
    const auto whom = pids.size() == 1 ? pidLink(pids.front()) : processesText(reached);
    const auto what = QString::fromStdString(fiberscope::to_string(reason)).toHtmlEscaped();
    emit notice(reached > 0 ? tr("Exit signal %1 sent to %2").arg(what, whom) : tr("%1 had ended already").arg(whom));
}

void ProcessCommands::suspend(const QList<fiberscope::Pid>& pids) {
    for (const auto pid : pids)
        m_sampler.node().suspend(pid);
    m_sampler.refreshNow();
}

void ProcessCommands::resume(const QList<fiberscope::Pid>& pids) {
    for (const auto pid : pids)
        m_sampler.node().resume(pid);
    m_sampler.refreshNow();
}

void ProcessCommands::saveSettings(QSettings& settings) const {
    settings.setValue(QStringLiteral("askBeforeKill"), m_askBeforeKill);
}

void ProcessCommands::restoreSettings(QSettings& settings) {
    m_askBeforeKill = settings.value(QStringLiteral("askBeforeKill"), true).toBool();
}

} // namespace fiberscope::widgets
