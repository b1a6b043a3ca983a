// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/status_bar.hpp"

#include "model/line_text.hpp"
#include "model/number_text.hpp"
#include "model/text_format.hpp"

#include <QLabel>

namespace fiberscope::widgets {

namespace {
/// Of why the node has stopped; the System tab has it whole.
constexpr int widestReason = 400;
} // namespace

StatusBar::StatusBar(Sampler& sampler, QWidget* parent) : QStatusBar{parent}, m_page{new QLabel{this}} {
    setObjectName(QStringLiteral("statusBar"));
    m_page->setObjectName(QStringLiteral("pageStatus"));
    m_page->setTextFormat(Qt::PlainText);
    m_page->setMinimumWidth(1); // a long name widens no window
    addWidget(m_page, 1);
    m_paused = addRight("paused", tr("Nothing is read from the node until it goes on: F6 or space"));
    m_paused->setText(tr("Paused"));
    m_refreshOff =
        addRight("refreshOff", tr("The tables are read when asked for: Ctrl+R; View > Refresh Interval switches it on"));
    m_refreshOff->setText(tr("Refresh off"));
    m_lost = addRight("lostEvents", tr("Exits, restarts and log lines that came faster than they could be read"));
    m_stopped = addRight("nodeStopped", tr("The node has stopped; what is shown is what was last seen"));
    m_node = addRight("nodeName", tr("The observed node"));
    m_uptime = addRight("uptime", tr("How long the node has been up"));
    for (auto* label : {m_paused, m_refreshOff, m_lost, m_stopped})
        label->hide();
    connect(&sampler, &Sampler::loadSampled, this, &StatusBar::takeLoad);
    connect(&sampler, &Sampler::eventsPolled, this, &StatusBar::takeEvents);
    connect(&sampler, &Sampler::pausedChanged, m_paused, &QWidget::setVisible);
}

void StatusBar::showPageText(const QString& text) {
    m_page->setText(text);
}

void StatusBar::showRefreshInterval(std::chrono::milliseconds interval) {
    m_refreshOff->setVisible(interval.count() == 0);
}

QLabel* StatusBar::addRight(const char* name, const QString& toolTip) {
    auto* label = new QLabel{this};
    label->setObjectName(QLatin1String{name});
    label->setTextFormat(Qt::PlainText);
    label->setToolTip(toolTip);
    label->setMargin(2);
    addPermanentWidget(label);
    return label;
}

void StatusBar::takeLoad(const LoadSample& sample) {
    const auto& node = sample->node;
    m_node->setText(lineText(toQString(node.name)));
    m_uptime->setText(tr("up %1").arg(durationText(node.uptime_ns / 1'000'000)));
    const QString stopped = tr("stopped: %1").arg(lineText(printedText(node.stopped_because)));
    m_stopped->setText(fontMetrics().elidedText(stopped, Qt::ElideRight, widestReason));
    m_stopped->setVisible(!node.stopped_because.empty());
}

void StatusBar::takeEvents(const EventsSample& batch) {
    m_lostEvents += batch->lost;
    m_lost->setText(tr("%1 lost").arg(countText(m_lostEvents, "event", "events")));
    m_lost->setVisible(m_lostEvents > 0);
}

} // namespace fiberscope::widgets
