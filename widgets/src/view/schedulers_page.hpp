// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/load_history.hpp"
#include "model/paced_look_up.hpp"
#include "model/sampler.hpp"
#include "view/observer_page.hpp"

#include <QHash>
#include <QList>

class QCheckBox;
class QGridLayout;
class QHBoxLayout;
class QLabel;
class QScrollArea;
class QSlider;
class QSpinBox;
class QSplitter;

namespace fiberscope::widgets {

class RowTableView;
class SchedulerModel;
class SchedulerPanel;

/// Tab "Schedulers": a panel a scheduler, a table over all, and how many are online.
/// **Thread:** GUI thread.
class SchedulersPage : public ObserverPage {
    Q_OBJECT

public:
    explicit SchedulersPage(Sampler& sampler, QWidget* parent = nullptr);

    QString title() const override { return tr("Schedulers"); }
    void setActive(bool active) override;
    QString statusText() const override;
    void saveSettings(QSettings& settings) const override;
    void restoreSettings(QSettings& settings) override;

    QList<SchedulerPanel*> panels() const { return m_panels; }

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void buildOnlineBar(QHBoxLayout& bar);
    void buildTable();
    void addPanels(std::size_t count);
    void placePanels();
    void divide();
    void takeSample(const LoadSample& sample);
    void showSample();
    void showOnline(std::uint32_t online, std::uint32_t all);
    void showRunningNames();
    void setOnline(int count);
    void setPreemption(bool bySignal);

    Sampler& m_sampler;
    PacedLookUp m_names;
    QHash<quint64, QString> m_processNames; ///< of processes seen running, by the bits of their pids
    LoadHistory m_history;
    LoadSample m_last;
    bool m_isActive = false;
    bool m_isDivided = false; ///< between panels and table, by the user or by us
    int m_columns = 0;
    SchedulerModel* m_model;
    QList<SchedulerPanel*> m_panels;
    QSpinBox* m_online;
    QSlider* m_slider;
    QLabel* m_all;
    QCheckBox* m_preemption;
    QSplitter* m_splitter;
    QScrollArea* m_scroll;
    QGridLayout* m_grid;
    RowTableView* m_table;
};

} // namespace fiberscope::widgets
