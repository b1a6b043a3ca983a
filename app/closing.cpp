// SPDX-License-Identifier: GPL-3.0-or-later
#include "closing.hpp"

#include "q_string.hpp"

#include <fiberscope/node.hpp>

#include <QCoreApplication>
#include <QEvent>
#include <QLabel>
#include <QLocale>
#include <QProgressDialog>
#include <QTimer>
#include <QWidget>

#include <algorithm>
#include <cstdlib>

namespace fiberscope::app {
namespace {

using namespace std::chrono_literals;

constexpr auto stopDeadline = 10s;

/// The Node may be in the middle of anything: no destructor, no exit handler.
[[noreturn]] void leaveAtOnce() {
    std::_Exit(EXIT_SUCCESS);
}

} // namespace

Closing::Closing(Node& node, QWidget& window) : QObject{&window}, m_node{node}, m_window{window} {
    window.installEventFilter(this);
}

bool Closing::eventFilter(QObject* watched, QEvent* event) {
    if (watched != &m_window || event->type() != QEvent::Close)
        return QObject::eventFilter(watched, event);
    if (m_progress != nullptr)
        leaveAtOnce();
    event->ignore();
    begin();
    return true;
}

void Closing::begin() {
    emit begun();
    m_progress = new QProgressDialog{&m_window};
    m_progress->setObjectName("closingProgress");
    m_progress->setWindowTitle(tr("Closing"));
    auto* const label = new QLabel;
    label->setTextFormat(Qt::PlainText);
    m_progress->setLabel(label);
    m_progress->setCancelButtonText(tr("Leave at once"));
    m_progress->setMinimumDuration(500);
    m_progress->setMinimumWidth(360); // for its title, too
    m_progress->setRange(0, std::max(1, static_cast<int>(m_node.process_count())));
    connect(m_progress, &QProgressDialog::canceled, this, leaveAtOnce);
    m_progressTimer = new QTimer{this};
    connect(m_progressTimer, &QTimer::timeout, this, &Closing::showProgress);
    m_progressTimer->start(100ms);
    showProgress();
    m_node.stop_async(stopDeadline, [](const std::vector<Pid>&) {
        QMetaObject::invokeMethod(
            qApp, [] { QCoreApplication::exit(EXIT_SUCCESS); }, Qt::QueuedConnection);
    });
}

void Closing::showProgress() {
    const int left = static_cast<int>(m_node.process_count());
    const QString processes = left == 1 ? tr("1 process") : tr("%1 processes").arg(QLocale{QLocale::English}.toString(left));
    m_progress->setLabelText(tr("Stopping the node: %1 left\n%2").arg(processes, waitedFor()));
    m_progress->setValue(std::clamp(m_progress->maximum() - left, 0, m_progress->maximum() - 1));
}

QString Closing::waitedFor() const {
    QStringList names;
    for (const ApplicationInfo& application : m_node.applications())
        names.append(toQString(application.name.name()));
    if (names.isEmpty())
        return tr("Ending what is in no application");
    return names.size() == 1 ? tr("Waiting for the application %1").arg(names.constFirst())
                             : tr("Waiting for the applications %1").arg(names.join(", "));
}

} // namespace fiberscope::app
