// SPDX-License-Identifier: GPL-3.0-or-later
#include "headless_run.hpp"

#include "dump.hpp"
#include "program.hpp"

#include <fiberscope/node.hpp>
#include <fiberscope/widgets/observer_window.hpp>

#include <QCoreApplication>
#include <QPixmap>
#include <QSaveFile>
#include <QThread>
#include <QTimer>

#include <cstdlib>

namespace fiberscope::app {

HeadlessRun::HeadlessRun(Node& node, widgets::ObserverWindow& window, Options options, QObject* parent)
    : QObject{parent}, m_node{node}, m_window{window}, m_options{std::move(options)} {
    m_node.counters(m_baseline);
    QTimer::singleShot(m_options.after, this, &HeadlessRun::writeWhenReady);
}

HeadlessRun::~HeadlessRun() {
    if (m_dump != nullptr)
        m_dump->wait();
}

void HeadlessRun::writeWhenReady() {
    if (m_options.screenshot.isEmpty() || m_window.isReady())
        write();
    else
        connect(&m_window, &widgets::ObserverWindow::ready, this, &HeadlessRun::write, Qt::QueuedConnection);
}

void HeadlessRun::write() {
    if (!m_options.screenshot.isEmpty())
        if (const QString error = writeScreenshot(); !error.isEmpty())
            return finish(error);
    if (m_options.dump.isEmpty())
        return finish({});
    startDump();
}

QString HeadlessRun::writeScreenshot() {
    QSaveFile file{m_options.screenshot};
    if (file.open(QIODevice::WriteOnly) && m_window.grab().save(&file, "PNG") && file.commit())
        return {};
    return QStringLiteral("%1 cannot be written: %2").arg(m_options.screenshot, file.errorString());
}

void HeadlessRun::startDump() {
    m_dump = QThread::create([this] { m_dumpError = writeDump(m_node, m_baseline, m_options.dump); });
    m_dump->setParent(this);
    connect(m_dump, &QThread::finished, this, [this] { finish(m_dumpError); });
    m_dump->start();
}

void HeadlessRun::finish(const QString& error) {
    if (!error.isEmpty())
        printError(error);
    QCoreApplication::exit(error.isEmpty() ? EXIT_SUCCESS : exitRefused);
}

} // namespace fiberscope::app
