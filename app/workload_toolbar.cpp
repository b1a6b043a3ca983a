// SPDX-License-Identifier: GPL-3.0-or-later
#include "workload_toolbar.hpp"

#include "provoke_button.hpp"
#include "resources.hpp"
#include "workloads/workload.hpp"

#include <fiberscope/node.hpp>

#include <QComboBox>
#include <QCoreApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QPointer>
#include <QTimer>
#include <QToolButton>

namespace fiberscope::app {
namespace {

using namespace std::chrono_literals;

QString toQString(std::string_view text) {
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

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
    m_argument = new QLineEdit;
    m_argument->setObjectName("workloadArgument");
    m_argument->setAccessibleName(tr("Argument of the workload"));
    m_argument->setFixedWidth(fontMetrics().horizontalAdvance("/usr/share/common-licenses") + 32);
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
    connect(m_provoke->menu(), &QMenu::aboutToShow, this, [this] { m_message->clear(); });
    connect(m_provoke, &ProvokeButton::failed, this, &WorkloadToolbar::fail);
}

void WorkloadToolbar::addRunning() {
    m_runningBox = new QWidget;
    m_runningLayout = new QHBoxLayout{m_runningBox};
    m_runningLayout->setContentsMargins(6, 0, 6, 0);
    m_runningLayout->addWidget(new QLabel{tr("Running:")});
    m_nothingRuns = new QLabel{tr("none")};
    m_nothingRuns->setEnabled(false);
    m_runningLayout->addWidget(m_nothingRuns);
    for (const Workload& workload : workloads())
        m_runningLayout->addWidget(makeStopButton(workload));
    m_message = new QLabel;
    m_message->setObjectName("workloadMessage");
    m_message->setTextFormat(Qt::PlainText);
    // takes what is left, so that a long line pushes nothing out of the toolbar; the tooltip has it whole
    m_message->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_message->setStyleSheet("color: #d64545; margin-left: 8px;");
    m_runningLayout->addWidget(m_message, 1);
    m_runningBox->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    addWidget(m_runningBox);
}

QToolButton* WorkloadToolbar::makeStopButton(const Workload& workload) {
    const QString name = toQString(workload.name);
    auto* const button = new QToolButton;
    button->setObjectName("workloadStop_" + name);
    button->setText(name);
    button->setIcon(resources::icon("stop"));
    button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    button->setToolTip(tr("Stop %1 (%2)").arg(name, toQString(workload.description)));
    button->setAccessibleName(tr("Stop %1").arg(name));
    button->hide();
    connect(button, &QToolButton::clicked, this, [this, name] { stop(name); });
    return button;
}

void WorkloadToolbar::showChosen() {
    const Workload* const workload = workloadOf(m_chooser->currentText());
    const bool takesArgument = !workload->argument_syntax.empty();
    m_argument->clear();
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
        return;
    const QString argument = m_argument->text().trimmed();
    start(argument.isEmpty() ? m_chooser->currentText() : m_chooser->currentText() + ':' + argument);
}

void WorkloadToolbar::start(const QString& workload) {
    m_message->clear();
    auto application = parse_workload(workload.toStdString());
    if (!application)
        return fail(QString::fromStdString(application.error()));
    const QString name = toQString(application->name().name());
    m_pending.insert(name);
    showRunning();
    m_node.start_async(std::move(*application), completion(name));
}

void WorkloadToolbar::stop(const QString& name) {
    m_message->clear();
    m_pending.insert(name);
    showRunning();
    m_node.stop_application_async(name.toStdString(), completion(name));
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
    pollRunning();
    showRunning();
    if (!outcome)
        fail(tr("%1: %2").arg(name, QString::fromStdString(to_string(outcome.error()))));
}

void WorkloadToolbar::fail(const QString& line) {
    m_message->setText(line);
    m_message->setToolTip(line);
    emit failed(line);
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
    bool nothing = true;
    for (const Workload& workload : workloads()) {
        const QString name = toQString(workload.name);
        auto* const button = m_runningBox->findChild<QToolButton*>("workloadStop_" + name);
        const bool shown = m_running.contains(name) || m_pending.contains(name);
        button->setVisible(shown);
        button->setEnabled(!m_pending.contains(name));
        nothing = nothing && !shown;
    }
    m_nothingRuns->setVisible(nothing);
    m_provoke->setRunning(m_running.contains("faults"));
    const QString chosen = m_chooser->currentText();
    const bool runs = m_running.contains(chosen) || m_pending.contains(chosen);
    m_start->setEnabled(!runs);
    m_start->setToolTip(runs ? tr("%1 runs already").arg(chosen) : tr("Start %1 as a supervised application").arg(chosen));
}

} // namespace fiberscope::app
