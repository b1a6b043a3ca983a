// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/gui_relay.hpp"
#include "model/process_frame.hpp"
#include "view/observer_page.hpp"

class QAction;
class QLabel;
class QLineEdit;
class QMenu;

namespace fiberscope::widgets {

class ProcessCommands;
class ProcessModel;
class ProcessTableView;
class Sampler;

/// The Processes tab: the table of all processes, as Erlang's observer has it, with a filter.
/// **Thread:** GUI thread.
class ProcessesPage : public ObserverPage {
    Q_OBJECT

public:
    ProcessesPage(Sampler& sampler, ProcessCommands& commands, QWidget* parent = nullptr);

    QString title() const override { return tr("Processes"); }
    void setActive(bool active) override;
    QList<QAction*> fileActions() const override;
    QList<QAction*> viewActions() const override;
    QLineEdit* filterField() const override { return m_filter; }
    QString statusText() const override;
    void saveSettings(QSettings& settings) const override;
    void restoreSettings(QSettings& settings) override;

    /// Selects a process and brings it into view: with the next frame if this one does not have it yet; a filter that
    /// hides it is cleared. If it has ended meanwhile, its information is asked for.
    void selectProcess(fiberscope::Pid pid);
    /// What the table calls a process, shown or not: registered name, label or initial function. Empty: it is not in it.
    QString nameOf(fiberscope::Pid pid) const;
    /// The selected processes, from the top.
    QList<fiberscope::Pid> selectedProcesses() const;

protected:
    void changeEvent(QEvent* event) override;

private:
    /// What a menu acts on, from the moment it opens.
    struct Targets {
        fiberscope::Pid clicked;
        QList<fiberscope::Pid> all;
    };

    void createActions();
    void layOut();
    void connectTable();
    void setFrame(const ProcessFramePtr& frame);
    void setQuery(const ProcessQuery& query);
    void setRowColours();
    QPixmap suspendedSign() const;
    void selectPending();
    void selectRow(int row);
    void goToFirstRow();
    void selectFirst();
    bool isSelected(const QModelIndex& index) const;
    void openMenu(const QPoint& position);
    void fillMenu(QMenu& menu, const Targets& targets);
    void openColumnMenu(const QPoint& position);
    void resetColumns();
    void copy(const QList<fiberscope::Pid>& pids) const;
    void dumpToFile();
    void showCounts();

    Sampler& m_sampler;
    ProcessCommands& m_commands;
    ProcessModel* m_model;
    ProcessTableView* m_table;
    QLineEdit* m_filter;
    QLabel* m_matches;
    QAction *m_dump, *m_accumulate, *m_hideSystem;
    ProcessQuery m_query;
    fiberscope::Pid m_pending;    ///< to be selected as soon as a frame shows it
    int m_pendingFrames = 0;      ///< so many frames it is still waited for
    bool m_isFirstWanted = false; ///< the first row, as soon as a frame shows what is filtered for
    GuiRelay m_relay{this};
};

} // namespace fiberscope::widgets
