// SPDX-License-Identifier: GPL-3.0-or-later
#include "headless_run.hpp"

#include "dump.hpp"
#include "program.hpp"

#include <fiberscope/node.hpp>
#include <fiberscope/widgets/observer_window.hpp>
#include <fiberscope/widgets/whole_file.hpp>

#include <QCoreApplication>
#include <QImage>
#include <QPixmap>
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
    if (m_writer == nullptr)
        return;
    m_writer->requestInterruption();
    m_writer->wait();
}

void HeadlessRun::writeWhenReady() {
    if (m_options.screenshot.isEmpty() || m_window.isReady())
        write();
    else
        connect(&m_window, &widgets::ObserverWindow::ready, this, &HeadlessRun::write, Qt::QueuedConnection);
}

void HeadlessRun::write() {
    const QImage picture = m_options.screenshot.isEmpty() ? QImage{} : m_window.grab().toImage();
    m_writer = QThread::create([this, picture] { m_error = writeFiles(picture); });
    m_writer->setParent(this);
    connect(m_writer, &QThread::finished, this, [this] { finish(m_error); });
    m_writer->start();
}

QString HeadlessRun::writeFiles(const QImage& picture) {
    QString error;
    if (!m_options.screenshot.isEmpty())
        error = widgets::writeWhole(m_options.screenshot, [&](QIODevice& file) { return picture.save(&file, "PNG"); });
    if (error.isEmpty() && !m_options.dump.isEmpty())
        error = writeDump(m_node, m_baseline, m_options.dump);
    return error;
}

void HeadlessRun::finish(const QString& error) {
    if (!error.isEmpty())
        printError(error);
    QCoreApplication::exit(error.isEmpty() ? EXIT_SUCCESS : exitRefused);
}

} // namespace fiberscope::app
