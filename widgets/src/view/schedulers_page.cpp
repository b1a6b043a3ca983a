// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/schedulers_page.hpp"

#include "model/scheduler_model.hpp"
#include "view/row_table_view.hpp"
#include "view/scheduler_panel.hpp"

#include <fiberscope/node.hpp>

#include <QCheckBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QScrollArea>
#include <QSettings>
#include <QSignalBlocker>
#include <QSlider>
#include <QSpinBox>
#include <QSplitter>
#include <QVBoxLayout>

#include <algorithm>

namespace fiberscope::widgets {

namespace {
constexpr int panelWidth = 230;
constexpr int panelHeight = 150;
constexpr int maxColumns = 8;
constexpr qsizetype mostNames = 1000;
} // namespace

SchedulersPage::SchedulersPage(Sampler& sampler, QWidget* parent)
    : ObserverPage{parent}, m_sampler{sampler}, m_names{sampler}, m_model{new SchedulerModel{this}}, m_online{new QSpinBox},
      m_slider{new QSlider{Qt::Horizontal}}, m_all{new QLabel}, m_preemption{new QCheckBox{tr("Preempt by &signals")}},
      m_splitter{new QSplitter{Qt::Vertical}}, m_scroll{new QScrollArea}, m_table{new RowTableView} {
    setObjectName(QStringLiteral("schedulersPage"));
    auto* layout = new QVBoxLayout{this};
    layout->setContentsMargins(6, 6, 6, 6);
    auto* bar = new QHBoxLayout;
    buildOnlineBar(*bar);
    layout->addLayout(bar);
    auto* panels = new QWidget;
    m_grid = new QGridLayout{panels};
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_scroll->setFrameShape(QFrame::NoFrame);
    m_scroll->setWidgetResizable(true);
    m_scroll->setWidget(panels);
    buildTable();
    m_splitter->addWidget(m_scroll);
    m_splitter->addWidget(m_table);
    m_splitter->setStretchFactor(0, 1);
    m_splitter->setChildrenCollapsible(false);
    layout->addWidget(m_splitter, 1);
    connect(&sampler, &Sampler::loadSampled, this, &SchedulersPage::takeSample);
    connect(&m_names, &PacedLookUp::found, this, [this](const QList<ProcessDetails>& processes) {
        if (m_processNames.size() > mostNames)
            m_processNames.clear();
        for (const ProcessDetails& process : processes) // of one that has ended: none, so that it is not asked for again
            m_processNames.insert(process.pid.bits(), process.name);
        m_model->setNames(m_processNames);
        showRunningNames();
    });
}

void SchedulersPage::buildOnlineBar(QHBoxLayout& bar) {
    const auto all = static_cast<int>(m_sampler.node().schedulers());
    auto* label = new QLabel{tr("Schedulers &online:")};
    label->setBuddy(m_online);
    m_online->setObjectName(QStringLiteral("schedulersOnline"));
    m_online->setAccessibleName(tr("Schedulers online"));
    m_online->setRange(1, all);
    m_online->setKeyboardTracking(false);
    m_slider->setObjectName(QStringLiteral("schedulersOnlineSlider"));
    m_slider->setAccessibleName(tr("Schedulers online"));
    m_slider->setRange(1, all);
    m_slider->setMaximumWidth(260);
    m_slider->setTracking(false);
    for (QWidget* control : {static_cast<QWidget*>(m_online), static_cast<QWidget*>(m_slider)}) {
        control->setToolTip(
            tr("How many schedulers take work. One that goes offline gives away all that may run on another one"));
        control->setEnabled(all > 1);
    }
    showOnline(m_sampler.node().schedulers_online(), m_sampler.node().schedulers());
    bar.addWidget(label);
    bar.addWidget(m_online);
    bar.addWidget(m_slider, 1);
    bar.addWidget(m_all);
    bar.addStretch(1);
    m_preemption->setObjectName(QStringLiteral("preemptBySignals"));
    m_preemption->setToolTip(tr("A process that calls nothing of the runtime is interrupted when its slice is over. Without "
                                "this it keeps its scheduler for as long as it likes"));
    bar.addWidget(m_preemption);
    connect(m_preemption, &QCheckBox::clicked, this, &SchedulersPage::setPreemption);
    connect(m_online, &QSpinBox::valueChanged, this, &SchedulersPage::setOnline);
    connect(m_slider, &QSlider::valueChanged, this, &SchedulersPage::setOnline);
}

void SchedulersPage::buildTable() {
    m_table->setObjectName(QStringLiteral("schedulerTable"));
    m_table->setAccessibleName(tr("Schedulers"));
    m_table->setModel(m_model);
    m_table->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
}

void SchedulersPage::addPanels(std::size_t count) {
    for (auto i = static_cast<std::size_t>(m_panels.size()); i < count; ++i) {
        auto* panel = new SchedulerPanel{static_cast<std::uint32_t>(i + 1)};
        panel->setMinimumSize(panelWidth, panelHeight);
        connect(panel, &SchedulerPanel::processClicked, this, &ObserverPage::processShowRequested);
        m_panels.append(panel);
        m_columns = 0;
    }
    placePanels();
    if (!m_isDivided)
        divide();
}

/// The table gets what its rows need, but not more than 40 %.
void SchedulersPage::divide() {
    m_isDivided = true;
    const int rows = m_table->verticalHeader()->defaultSectionSize() * (static_cast<int>(m_panels.size()) + 1);
    const int all = m_splitter->height();
    const int table = std::min(rows + m_table->horizontalHeader()->height(), all * 2 / 5);
    m_splitter->setSizes({all - table, table});
}

void SchedulersPage::placePanels() {
    const int fit = std::clamp(m_scroll->viewport()->width() / (panelWidth + m_grid->horizontalSpacing()), 1, maxColumns);
    const int columns = std::min(fit, std::max(1, static_cast<int>(m_panels.size())));
    if (columns == m_columns)
        return;
    for (int column = 0; column < m_columns; ++column)
        m_grid->setColumnStretch(column, 0);
    m_columns = columns;
    for (int i = 0; i < m_panels.size(); ++i)
        m_grid->addWidget(m_panels[i], i / columns, i % columns);
    for (int column = 0; column < columns; ++column)
        m_grid->setColumnStretch(column, 1);
}

void SchedulersPage::resizeEvent(QResizeEvent* event) {
    ObserverPage::resizeEvent(event);
    placePanels();
}

void SchedulersPage::setActive(bool active) {
    m_isActive = active;
    if (active)
        showSample();
}

QString SchedulersPage::statusText() const {
    if (!m_last)
        return {};
    return tr("Schedulers online: %1 of %2").arg(m_last->node.schedulers_online).arg(m_last->node.schedulers);
}

void SchedulersPage::takeSample(const LoadSample& sample) {
    m_history.add(*sample);
    m_last = sample;
    if (m_isActive)
        showSample();
}

void SchedulersPage::showSample() {
    if (!m_last || m_history.isEmpty())
        return;
    addPanels(m_last->schedulers.size());
    m_model->update(m_last->schedulers, &m_history.last());
    for (std::size_t i = 0; i < m_last->schedulers.size(); ++i) {
        SchedulerPanel* panel = m_panels[static_cast<qsizetype>(i)];
        panel->update(m_last->schedulers[i], m_history);
        panel->redraw(m_history.last().uptimeSeconds);
    }
    showOnline(m_last->node.schedulers_online, m_last->node.schedulers);
    showRunningNames();
    emit statusTextChanged(statusText());
}

void SchedulersPage::showRunningNames() {
    QList<fiberscope::Pid> nameless;
    for (SchedulerPanel* panel : std::as_const(m_panels)) {
        const auto name = m_processNames.constFind(panel->running().bits());
        if (name != m_processNames.constEnd())
            panel->setRunningName(panel->running(), *name);
        else if (panel->running())
            nameless.append(panel->running());
    }
    for (const auto& row : m_last->schedulers)
        if (row.last_preempted && !m_processNames.contains(row.last_preempted.bits()))
            nameless.append(row.last_preempted);
    if (!nameless.isEmpty())
        m_names.request(nameless);
}

void SchedulersPage::showOnline(std::uint32_t online, std::uint32_t all) {
    const QSignalBlocker blockBox{m_online};
    const QSignalBlocker blockSlider{m_slider};
    if (!m_online->hasFocus() || !m_isActive)
        m_online->setValue(static_cast<int>(online));
    if (!m_slider->isSliderDown())
        m_slider->setValue(static_cast<int>(online));
    m_all->setText(tr("of %1").arg(all));
    m_preemption->setChecked(m_sampler.node().preemption() == fiberscope::Preemption::signal);
}

void SchedulersPage::setPreemption(bool bySignal) {
    using fiberscope::Preemption;
    const auto wanted = bySignal ? Preemption::signal : Preemption::cooperative;
    if (m_sampler.node().set_preemption(wanted) == wanted)
        return;
    m_preemption->setChecked(false);
    m_preemption->setEnabled(false);
    m_preemption->setToolTip(tr("Refused in this program: the System tab says why"));
}

void SchedulersPage::setOnline(int count) {
    m_sampler.node().set_schedulers_online(static_cast<std::uint32_t>(count));
    const QSignalBlocker blockBox{m_online};
    const QSignalBlocker blockSlider{m_slider};
    m_online->setValue(count);
    m_slider->setValue(count);
}

void SchedulersPage::saveSettings(QSettings& settings) const {
    if (m_isDivided)
        settings.setValue(QStringLiteral("splitter"), m_splitter->saveState());
}

void SchedulersPage::restoreSettings(QSettings& settings) {
    m_isDivided = m_splitter->restoreState(settings.value(QStringLiteral("splitter")).toByteArray());
}

} // namespace fiberscope::widgets
