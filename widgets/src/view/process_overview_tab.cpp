// SPDX-License-Identifier: GPL-3.0-or-later
#include "model/line_text.hpp"
#include "model/number_text.hpp"
#include "model/pid_link.hpp"
#include "model/text_format.hpp"
#include "view/process_info_tabs.hpp"

#include <QGridLayout>
#include <QGroupBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QScrollArea>
#include <QVBoxLayout>

#include <algorithm>

namespace fiberscope::widgets {

using fiberscope::Inspect;
using fiberscope::Inspection;

namespace {

QString supervisorText(const fiberscope::SupervisorInfo& supervisor) {
    return OverviewTab::tr("%1, %2, %3 of %4 restarts within %5 s, %6 in all")
        .arg(toQString(fiberscope::to_string(supervisor.strategy)))
        .arg(countText(supervisor.child_count, "child", "children"))
        .arg(supervisor.restarts_in_period)
        .arg(supervisor.intensity)
        .arg(supervisor.period_s)
        .arg(supervisor.restarts);
}

QString preemptionText(const fiberscope::Snapshot::PreemptionCounts& counts) {
    if (!counts.pid)
        return OverviewTab::tr("never");
    return OverviewTab::tr("%1 (signals refused: %2), longest run %3")
        .arg(countText(counts.preemptions, "time", "times"))
        .arg(countText(counts.refusals), cpuTimeText(counts.longest_run_ns));
}

QString overLimitText(fiberscope::OverLimit then) {
    return then == fiberscope::OverLimit::kill ? OverviewTab::tr("killed over it") : OverviewTab::tr("a warning over it");
}

/// Empty: it has neither a heap nor a limit of one.
QString heapText(const Inspection& inspection) {
    const auto& limit = inspection.heap_limit;
    if (limit.most == 0)
        return inspection.heap_bytes == 0 ? QString{} : bytesText(inspection.heap_bytes);
    return OverviewTab::tr("%1 of at most %2 (%3)")
        .arg(bytesText(inspection.heap_bytes), bytesText(limit.most), overLimitText(limit.then));
}

QString messageQueueLimitText(const fiberscope::Limit& limit) {
    return limit.most == 0
               ? QString{}
               : OverviewTab::tr("%1 (%2)").arg(countText(limit.most, "message", "messages"), overLimitText(limit.then));
}

} // namespace

OverviewTab::OverviewTab(std::function<QString(fiberscope::Pid)> nameOf, QWidget* parent)
    : ProcessInfoTab{parent}, m_nameOf{std::move(nameOf)}, m_pages{new PageBar{QStringLiteral("linkPages"), tr("of each kind"),
                                                                               this}} {
    connect(m_pages, &PageBar::turned, this, &ProcessInfoTab::refreshWanted);
    auto* content = new QWidget{this};
    auto* layout = new QVBoxLayout{content};
    layout->addWidget(makeFields(tr("Overview"), {{"initialCall", tr("Initial Call")},
                                                  {"currentFunction", tr("Current Function")},
                                                  {"registeredName", tr("Registered Name")},
                                                  {"label", tr("Label")},
                                                  {"status", tr("Status")},
                                                  {"messageQueueLength", tr("Message Queue Len")},
                                                  {"parent", tr("Parent")},
                                                  {"ancestors", tr("Ancestors")},
                                                  {"priority", tr("Priority")},
                                                  {"trapExit", tr("Trap Exit")},
                                                  {"reductions", tr("Reductions")},
                                                  {"supervises", tr("Supervises")}}));
    auto* boxes = new QHBoxLayout;
    boxes->addWidget(makePidBox("links"));
    boxes->addWidget(makePidBox("monitors"));
    boxes->addWidget(makePidBox("monitoredBy"));
    layout->addLayout(boxes);
    layout->addWidget(m_pages);
    layout->addWidget(makeFields(tr("Memory and Time"), {{"memory", tr("Memory")},
                                                         {"heap", tr("Heap")},
                                                         {"messageQueueLimit", tr("Message Queue Limit")},
                                                         {"cpuTime", tr("CPU Time")},
                                                         {"scheduler", tr("Scheduler")},
                                                         {"switches", tr("Context Switches")},
                                                         {"preempted", tr("Preempted")},
                                                         {"messages", tr("Messages In, Out")},
                                                         {"age", tr("Age")}}));
    layout->addStretch();
    auto* scroll = new QScrollArea{this};
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setWidget(content);
    auto* outer = new QVBoxLayout{this};
    outer->setContentsMargins(0, 0, 0, 0);
    outer->addWidget(scroll);
}

QGroupBox* OverviewTab::makeFields(const QString& title, const QList<QPair<const char*, QString>>& fields) {
    auto* box = new QGroupBox{title, this};
    auto* grid = new QGridLayout{box};
    grid->setVerticalSpacing(2);
    grid->setHorizontalSpacing(24);
    grid->setColumnStretch(1, 1);
    int row = 0;
    for (const auto& [name, text] : fields) {
        auto* value = new QLabel{box};
        value->setObjectName(QLatin1String{name});
        value->setTextFormat(Qt::RichText);
        value->setWordWrap(true);
        value->setTextInteractionFlags(Qt::TextBrowserInteraction);
        connect(value, &QLabel::linkActivated, this, &ProcessInfoTab::linkActivated);
        auto* caption = new QLabel{text + QLatin1Char{':'}, box};
        caption->setBuddy(value);
        grid->addWidget(caption, row, 0, Qt::AlignTop);
        grid->addWidget(value, row++, 1);
        m_titles.insert(QLatin1String{name}, caption);
        m_values.insert(QLatin1String{name}, value);
    }
    return box;
}

QGroupBox* OverviewTab::makePidBox(const char* name) {
    auto* box = new QGroupBox{this};
    auto* value = new QLabel{box};
    value->setObjectName(QLatin1String{name});
    value->setTextFormat(Qt::RichText);
    value->setWordWrap(true);
    value->setAlignment(Qt::AlignTop | Qt::AlignLeft);
    value->setTextInteractionFlags(Qt::TextBrowserInteraction);
    connect(value, &QLabel::linkActivated, this, &ProcessInfoTab::linkActivated);
    auto* layout = new QVBoxLayout{box};
    layout->addWidget(value);
    m_values.insert(QLatin1String{name}, value);
    m_boxes.insert(QLatin1String{name}, box);
    return box;
}

QStringList OverviewTab::linksOf(const std::vector<fiberscope::Pid>& pids) const {
    QStringList links;
    for (const auto pid : pids)
        links += pidLink(pid, m_nameOf(pid)).replace(QLatin1String{" <a "}, QLatin1String{"&nbsp;<a "}); // in one line
    return links;
}

Inspect OverviewTab::needs() const {
    return Inspect::links | Inspect::ancestors;
}

void OverviewTab::setField(const char* name, const QString& text) {
    auto* value = m_values.value(QLatin1String{name});
    if (value->text() != text)
        value->setText(text);
}

void OverviewTab::setOptionalField(const char* name, const QString& text) {
    setField(name, text);
    m_values.value(QLatin1String{name})->setVisible(!text.isEmpty());
    m_titles.value(QLatin1String{name})->setVisible(!text.isEmpty());
}

void OverviewTab::setPidBox(const char* name, const QString& title, const QStringList& links, std::size_t count) {
    m_boxes.value(QLatin1String{name})->setTitle(tr("%1 (%2)").arg(title, countText(count)));
    setField(name, links.join(QLatin1String{", "}));
}

void OverviewTab::show(const Inspection& inspection) {
    const std::size_t most = std::max({inspection.link_count, inspection.monitor_count, inspection.monitored_by_count});
    const std::size_t shown = std::max({inspection.links.size(), inspection.monitors.size(), inspection.monitored_by.size()});
    if (!m_pages->showCounts(shown, most))
        return;
    setPidBox("links", tr("Links"), linksOf(inspection.links), inspection.link_count);
    QStringList monitors;
    for (const auto& monitor : inspection.monitors)
        monitors += pidLink(monitor.pid, monitor.name ? toQString(monitor.name.name()) : m_nameOf(monitor.pid));
    setPidBox("monitors", tr("Monitors"), monitors, inspection.monitor_count);
    setPidBox("monitoredBy", tr("Monitored by"), linksOf(inspection.monitored_by), inspection.monitored_by_count);
    setField("ancestors", linksOf(inspection.ancestors).join(QLatin1String{", "}));
    setOptionalField("heap", heapText(inspection));
    setOptionalField("messageQueueLimit", messageQueueLimitText(inspection.message_queue_limit));
    setField("supervises", inspection.is_supervisor ? supervisorText(inspection.supervisor) : QString{});
}

void OverviewTab::showRow(const ProcessDetails& details) {
    const auto& row = details.row;
    const auto function = [](std::uint32_t id) { return lineText(toQString(fiberscope::name_of(id))).toHtmlEscaped(); };
    setField("initialCall", function(row.initial_function));
    setField("currentFunction", function(row.current_function));
    setField("registeredName", row.registered_name != 0 ? function(row.registered_name) : QString{});
    setField("label", lineText(details.label).toHtmlEscaped());
    setField("status", toQString(fiberscope::to_string(row.status)));
    setField("messageQueueLength", countText(row.message_queue_length));
    setField("parent", row.parent ? pidLink(row.parent, m_nameOf(row.parent)) : tr("spawned from outside of the node"));
    setField("priority", toQString(fiberscope::to_string(row.priority)));
    setField("trapExit", row.traps_exits() ? QStringLiteral("true") : QStringLiteral("false"));
    setField("reductions", countText(row.reductions));
    setField("memory", bytesText(row.memory_bytes));
    setField("cpuTime", cpuTimeText(row.cpu_ns));
    setField("scheduler", row.is_external() ? tr("none: a thread outside of the schedulers") : QString::number(row.scheduler));
    setField("switches", countText(row.context_switches));
    setField("preempted", preemptionText(details.preemption));
    setField("messages", QStringLiteral("%1, %2").arg(countText(row.messages_in), countText(row.messages_out)));
    setField("age", durationText(details.nowMs > row.started_ms ? details.nowMs - row.started_ms : 0));
}

} // namespace fiberscope::widgets
