// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/process_commands.hpp"

#include "model/kill_watch.hpp"
#include "model/number_text.hpp"
#include "model/slices.hpp"
#include "model/text_format.hpp"
#include "view/send_exit_dialog.hpp"

#include <fiberscope/node.hpp>

#include <QCheckBox>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

namespace fiberscope::widgets {

namespace {

/// So many batches of events are kept: some seconds. Where events come by the thousand fewer are, of at least so many events.
constexpr std::size_t recentBatches = 30;
constexpr std::size_t recentEvents = 20'000;

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
    if (system == 1)
        return ProcessCommands::tr("One of them is a system process: a part of the node itself, which may not go on without it.");
    return ProcessCommands::tr("%1 of them are system processes: parts of the node itself, which may not go on without them.")
        .arg(countText(static_cast<quint64>(system)));
}

QList<ProcessDetails> living(const QList<ProcessDetails>& found) {
    QList<ProcessDetails> alive;
    std::copy_if(found.begin(), found.end(), std::back_inserter(alive), [](const auto& details) { return details.alive; });
    return alive;
}

} // namespace

ProcessCommands::ProcessCommands(Sampler& sampler, QWidget& window) : QObject{&window}, m_sampler{sampler}, m_window{window} {
    connect(&sampler, &Sampler::eventsPolled, this, &ProcessCommands::remember);
}

void ProcessCommands::remember(const EventsSample& batch) {
    m_recent.push_back(batch);
    m_recentCount += batch->events.size();
    while (m_recent.size() > recentBatches || m_recentCount - m_recent.front()->events.size() >= recentEvents) {
        m_recentCount -= m_recent.front()->events.size();
        m_recent.pop_front();
    }
}

KillWatch* ProcessCommands::watch(const QList<fiberscope::Pid>& pids) {
    auto* watch = new KillWatch{pids, KillAccess::to(m_sampler.node()), this};
    connect(&m_sampler, &Sampler::eventsPolled, watch, &KillWatch::takeEvents);
    for (const auto& batch : m_recent)
        watch->recall(batch);
    connect(watch, &KillWatch::changed, this, [this, watch] {
        emit notice(killText(watch->report()));
        if (!m_sampler.isPaused())
            m_sampler.updateNow();
    });
    return watch;
}

void ProcessCommands::kill(const QList<fiberscope::Pid>& pids, Ask ask) {
    auto* followed = watch(pids);
    m_sampler.lookUp(pids, followed, [this, followed, ask](const QList<ProcessDetails>& found) {
        followed->describe(found);
        confirmKill(*followed, living(found), ask);
    });
}

void ProcessCommands::confirmKill(KillWatch& watch, const QList<ProcessDetails>& victims, Ask ask) {
    const bool risky = victims.size() > 1 || systemCount(victims) > 0;
    if (victims.isEmpty() || (!risky && !(ask == Ask::always && m_askBeforeKill))) {
        send(watch, fiberscope::ExitReason::kill());
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
    watch.setParent(box);
    connect(yes, &QPushButton::clicked, this, [this, &watch, quietly] {
        m_askBeforeKill = m_askBeforeKill && (quietly == nullptr || !quietly->isChecked());
        send(watch, fiberscope::ExitReason::kill());
    });
    box->open();
}

void ProcessCommands::sendExit(const QList<fiberscope::Pid>& pids) {
    auto* followed = watch(pids);
    m_sampler.lookUp(pids, followed, [this, followed](const QList<ProcessDetails>& found) {
        followed->describe(found);
        askReason(*followed, living(found));
    });
}

void ProcessCommands::askReason(KillWatch& watch, const QList<ProcessDetails>& targets) {
    if (targets.isEmpty()) {
        take(watch);
        watch.tellEnded();
        return;
    }
    auto* dialog = new SendExitDialog{targetText(targets), m_sampler.node().id(), &m_window};
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    watch.setParent(dialog);
    connect(dialog, &QDialog::accepted, this, [this, dialog, &watch, targets] {
        watch.setParent(this);
        if (dialog->reason() == fiberscope::ExitReason::kill())
            confirmKill(watch, targets, Ask::ifRisky);
        else
            send(watch, dialog->reason());
    });
    dialog->open();
}

void ProcessCommands::follow(fiberscope::Pid process, const QString& deed) {
    auto* followed = watch({process});
    take(*followed);
    m_sampler.lookUp({process}, followed, [followed](const QList<ProcessDetails>& found) { followed->describe(found); });
    followed->follow(deed);
}

void ProcessCommands::take(KillWatch& watch) {
    delete std::exchange(m_sent, &watch);
    watch.setParent(this);
}

void ProcessCommands::send(KillWatch& watch, const fiberscope::ExitReason& reason) {
    take(watch);
    if (watch.report().outcomes.size() > sliceOfProcesses)
        emit sentToMany();
    watch.send(reason);
}

void ProcessCommands::suspend(const QList<fiberscope::Pid>& pids) {
    tellTo(pids, [this](fiberscope::Pid pid) { return m_sampler.node().suspend(pid); });
}

void ProcessCommands::resume(const QList<fiberscope::Pid>& pids) {
    tellTo(pids, [this](fiberscope::Pid pid) { return m_sampler.node().resume(pid); });
}

void ProcessCommands::tellTo(const QList<fiberscope::Pid>& pids, std::function<bool(fiberscope::Pid)> command) {
    const auto missed = std::make_shared<QList<fiberscope::Pid>>();
    const auto tell = [missed, command = std::move(command)](fiberscope::Pid pid) {
        if (!command(pid))
            missed->push_back(pid);
    };
    forEachInSlices(*this, pids, tell, [this, missed] {
        tellMissed(*missed);
        m_sampler.updateNow();
    });
}

void ProcessCommands::tellMissed(const QList<fiberscope::Pid>& missed) {
    if (missed.isEmpty())
        return;
    auto* followed = watch(missed);
    take(*followed);
    followed->tellEnded();
}

void ProcessCommands::saveSettings(QSettings& settings) const {
    settings.setValue(QStringLiteral("askBeforeKill"), m_askBeforeKill);
}

void ProcessCommands::restoreSettings(QSettings& settings) {
    m_askBeforeKill = settings.value(QStringLiteral("askBeforeKill"), true).toBool();
}

} // namespace fiberscope::widgets
