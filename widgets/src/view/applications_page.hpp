// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/child_request.hpp"
#include "model/paced_look_up.hpp"
#include "model/sampler.hpp"
#include "model/supervision_collector.hpp"
#include "model/supervision_finder.hpp"
#include "model/supervision_model.hpp"
#include "view/observer_page.hpp"

#include <QHash>
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
    void noteEnd(const fiberscope::Event& stopped);
    /// What is said in place of a tree.
    QString messageText() const;
    QString endText(const QString& application) const;
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
    void sendExit(fiberscope::Pid pid, const QString& name);
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
    /// How an application ended, as events told; they may be lost, so it may be unknown.
    struct Ending {
        QString reason;
        bool gaveUp = false;
    };
    QHash<QString, Ending> m_endings;
    QHash<quint64, QString> m_topSupervisors; ///< names of the applications in the last frame
    QString m_lastEnded;                      ///< told while no application runs
    QString m_ended;                          ///< what was shown until it ended; told until another is chosen
    bool m_hasLost = false;                   ///< events, since the last frame with all that is listed
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
