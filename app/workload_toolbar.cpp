// SPDX-License-Identifier: GPL-3.0-or-later
#include "workload_toolbar.hpp"

#include "argument_field.hpp"
#include "provoke_button.hpp"
#include "q_string.hpp"
#include "resources.hpp"
#include "running_button.hpp"
#include "workloads/workload.hpp"

#include <fiberscope/node.hpp>

#include <QComboBox>
#include <QCoreApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPointer>
#include <QTimer>
#include <QToolButton>

namespace fiberscope::app {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 2s;

const Workload* workloadOf(const QString& name) {
    return find_workload(name.toStdString());
}

} // namespace

WorkloadToolbar::WorkloadToolbar(Node& node, QWidget* parent) : QToolBar{tr("Workloads"), parent}, m_node{node} {
    setObjectName("workloadToolbar");
    setIconSize({18, 18});
    addChooser();
    addSeparator();
    addProvoke();
    addSeparator();
    addRunning();
    showChosen();
    auto* const timer = new QTimer{this};
    connect(timer, &QTimer::timeout, this, &WorkloadToolbar::pollRunning);
    timer->start(500ms);
}

void WorkloadToolbar::addChooser() {
    auto* const label = new QLabel{tr("&Workload:")};
    m_chooser = new QComboBox;
    m_chooser->setObjectName("workloadChooser");
    m_chooser->setAccessibleName(tr("Workload"));
    m_chooser->setMinimumContentsLength(10);
    for (const Workload& workload : workloads()) {
        m_chooser->addItem(toQString(workload.name));
        m_chooser->setItemData(m_chooser->count() - 1, toQString(workload.description), Qt::ToolTipRole);
    }
    label->setBuddy(m_chooser);
    m_argument = new ArgumentField;
    m_start = new QToolButton;
    m_start->setObjectName("workloadStart");
    m_start->setText(tr("Start"));
    m_start->setIcon(resources::icon("play"));
    m_start->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    auto* const box = new QWidget;
    auto* const layout = new QHBoxLayout{box};
    layout->setContentsMargins(6, 0, 6, 0);
    box->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Preferred);
    for (QWidget* const widget : {static_cast<QWidget*>(label), static_cast<QWidget*>(m_chooser),
                                  static_cast<QWidget*>(m_argument), static_cast<QWidget*>(m_start)})
        layout->addWidget(widget);
    addWidget(box);
    connect(m_chooser, &QComboBox::currentIndexChanged, this, &WorkloadToolbar::showChosen);
    connect(m_argument, &QLineEdit::returnPressed, this, &WorkloadToolbar::startChosen);
    connect(m_start, &QToolButton::clicked, this, &WorkloadToolbar::startChosen);
}

void WorkloadToolbar::addProvoke() {
    m_provoke = new ProvokeButton{m_node};
    addWidget(m_provoke);
    m_provoke->setAutoRaise(false); // as the buttons beside it
    connect(m_provoke, &ProvokeButton::provoking, this, &WorkloadToolbar::provoking);
    connect(m_provoke, &ProvokeButton::failed, this, &WorkloadToolbar::failed);
}

void WorkloadToolbar::addRunning() {
    m_runningButton = new RunningButton;
    addWidget(m_runningButton);
    m_runningButton->setAutoRaise(false);
    connect(m_runningButton, &RunningButton::stopRequested, this, &WorkloadToolbar::stop);
}

void WorkloadToolbar::showChosen() {
    const Workload* const workload = workloadOf(m_chooser->currentText());
    const bool takesArgument = !workload->argument_syntax.empty();
    m_argument->clear();
    m_argument->retract();
    m_argument->setEnabled(takesArgument);
    m_argument->setPlaceholderText(takesArgument ? toQString(workload->default_argument) : tr("no argument"));
    m_argument->setToolTip(
        takesArgument ? tr("%1; empty: %2").arg(toQString(workload->argument_syntax), toQString(workload->default_argument))
                      : QString{});
    m_chooser->setToolTip(toQString(workload->description));
    showRunning();
}

void WorkloadToolbar::startChosen() {
    if (!m_start->isEnabled())
        return m_argument->explain(m_start->toolTip());
    m_argument->retract();
    auto application = workloadOf(m_chooser->currentText())->make(m_argument->text().trimmed().toStdString());
    if (application)
        run(std::move(*application));
    else
        m_argument->explain(QString::fromStdString(application.error()));
}

void WorkloadToolbar::start(const QStringList& workloads) {
    m_waiting += workloads;
    if (m_pending.isEmpty())
        startNext();
}

void WorkloadToolbar::startNext() {
    if (m_waiting.isEmpty())
        return;
    auto application = parse_workload(m_waiting.takeFirst().toStdString());
    if (application)
        return run(std::move(*application));
    emit failed(QString::fromStdString(application.error()));
    startNext();
}

void WorkloadToolbar::run(Application application) {
    const QString name = toQString(application.name().name());
    m_pending.insert(name);
    showRunning();
    m_node.start_async(std::move(application), completion(name));
}

void WorkloadToolbar::stop(const QString& name) {
    m_pending.insert(name);
    showRunning();
    m_node.stop_application_async(name.toStdString(), completion(name));
    QTimer::singleShot(patience, this, [this, name] { tellIfStopping(name); });
}

// As in OTP, an application ends when its processes have: a suspended supervisor holds it up until it goes on.
void WorkloadToolbar::tellIfStopping(const QString& name) {
    if (m_pending.contains(name) && m_running.contains(name))
        emit stillStopping(tr("%1 is still stopping: a process of it takes its time, or is suspended").arg(name));
}

std::function<void(WorkloadToolbar::Outcome)> WorkloadToolbar::completion(const QString& name) {
    return [guard = QPointer{this}, name](Outcome outcome) {
        QMetaObject::invokeMethod(
            qApp,
            [guard, name, outcome = std::move(outcome)] {
                if (guard)
                    guard->finish(name, outcome);
            },
            Qt::QueuedConnection);
    };
}

void WorkloadToolbar::finish(const QString& name, const Outcome& outcome) {
    m_pending.remove(name);
    if (m_pending.isEmpty())
        startNext();
    pollRunning();
    showRunning();
    emit done();
    if (!outcome)
        emit failed(tr("%1: %2").arg(name, QString::fromStdString(to_string(outcome.error()))));
}

void WorkloadToolbar::pollRunning() {
    QSet<QString> running;
    for (const ApplicationInfo& application : m_node.applications())
        running.insert(toQString(application.name.name()));
    if (running == m_running)
        return;
    m_running = running;
    showRunning();
}

void WorkloadToolbar::showRunning() {
    m_runningButton->setWorkloads(m_running, m_pending);
    m_provoke->setRunning(m_running.contains("faults"));
    const QString chosen = m_chooser->currentText();
    const bool runs = m_running.contains(chosen) || m_pending.contains(chosen);
    m_start->setEnabled(!runs);
    m_start->setToolTip(runs ? tr("%1 runs already").arg(chosen) : tr("Start %1 as a supervised application").arg(chosen));
}

} // namespace fiberscope::app
