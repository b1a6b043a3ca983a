// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/application_endings.hpp"
#include "model/child_request.hpp"
#include "model/paced_look_up.hpp"
#include "model/sampler.hpp"
#include "model/supervision_collector.hpp"
#include "model/supervision_finder.hpp"
#include "model/supervision_model.hpp"
#include "view/observer_page.hpp"

#include <QTimer>

#include <functional>

class QLabel;
class QLineEdit;
class QListWidget;
class QMenu;
class QSplitter;
class QStackedWidget;

namespace fiberscope::widgets {

class ChildCommands;
class SupervisionTreeView;

/// Tab "Applications": the applications at the left, the supervision tree of the chosen one at the right.
/// **Thread:** GUI thread.
class ApplicationsPage : public ObserverPage {
    Q_OBJECT

public:
    explicit ApplicationsPage(Sampler& sampler, QWidget* parent = nullptr);

    QString title() const override { return tr("Applications"); }
    void setActive(bool active) override;
    QList<QAction*> fileActions() const override { return m_fileActions; }
    QList<QAction*> viewActions() const override { return m_viewActions; }
    QLineEdit* filterField() const override { return m_search; }
    QString statusText() const override;
    void saveSettings(QSettings& settings) const override;
    void restoreSettings(QSettings& settings) override;

    SupervisionModel& model() { return *m_model; }

private:
    /// An entry of the File menu for the selected child.
    struct ChildAction {
        ChildRequest request;
        QAction* action;
    };

    QWidget* buildTree();
    void addActions();
    void addProcessAction(const QString& text, const QString& name, std::function<void(fiberscope::Pid)> call);
    void addChildAction(const QString& text, const QString& name, ChildRequest request);
    QAction* addViewAction(const QString& text, const QString& name);
    void takeFrame(const SupervisionFramePtr& frame);
    void takeEvents(const EventsSample& batch);
    void showApplications(const SupervisionFrame& frame);
    void forgetEnded(const SupervisionFrame& frame);
    /// What is said in place of a tree.
    QString messageText() const;
    QModelIndex selected() const;
    void chooseApplication();
    void find();
    void takeFound(const SupervisionHits& hits, bool isAgain);
    void findNext();
    void askForStates();
    void takeStates(const QList<ProcessDetails>& processes);
    void activate(const QModelIndex& index);
    void showCurrent();
    void showMenu(QPoint position);
    void fillMenu(QMenu& menu, const QModelIndex& index);
    fiberscope::Pid currentPid() const;

    Sampler& m_sampler;
    ChildCommands* m_commands;
    SupervisionCollector m_collector;
    SupervisionModel* m_model;
    QSplitter* m_splitter;
    QListWidget* m_list;
    QLineEdit* m_search;
    QLabel* m_foundLabel;
    QStackedWidget* m_stack;
    QLabel* m_message;
    SupervisionTreeView* m_tree;
    ApplicationEndings m_endings;
    QString m_ended; ///< what was shown until it ended; told until another is chosen
    QAction* m_detailed = nullptr;
    SupervisionFinder m_finder;
    QList<QPersistentModelIndex> m_found;
    qsizetype m_foundAt = -1;
    bool m_wantsNext = false; ///< Enter was pressed before anything was found
    PacedLookUp m_states;     ///< whether those whose boxes can be seen are suspended
    QTimer m_statesTimer;
    QList<QAction*> m_processActions; ///< File menu: for the selected process
    QList<ChildAction> m_childActions;
    QList<QAction*> m_fileActions;
    QList<QAction*> m_viewActions;
};

} // namespace fiberscope::widgets
