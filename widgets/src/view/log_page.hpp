// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/log_model.hpp"
#include "model/log_reader.hpp"
#include "model/sampler.hpp"
#include "view/observer_page.hpp"

#include <QTimer>

class QCheckBox;
class QComboBox;
class QHBoxLayout;
class QLabel;
class QLineEdit;
class QMenu;
class QSplitter;
class QTextBrowser;

namespace fiberscope::widgets {

class RowTableView;

/// Tab "Log": what happened, one line an event, the newest last; below, once one is selected, its report with all its fields.
/// **Thread:** GUI thread.
class LogPage : public ObserverPage {
    Q_OBJECT

public:
    explicit LogPage(Sampler& sampler, QWidget* parent = nullptr);

    QString title() const override { return tr("Log"); }
    void setActive(bool active) override;
    QList<QAction*> fileActions() const override { return m_fileActions; }
    QList<QAction*> viewActions() const override { return m_viewActions; }
    QLineEdit* filterField() const override { return m_filter; }
    QString statusText() const override;
    void saveSettings(QSettings& settings) const override;
    void restoreSettings(QSettings& settings) override;

    LogModel& model() { return *m_model; }

private:
    /// They say that not all is there.
    void buildGapLabels();
    void buildFilterBar(QHBoxLayout& bar);
    void buildTable();
    void buildDetails();
    void addActions();
    void applyFilter();
    void followIfAtEnd();
    void showLost(quint64 lost);
    void showDropped(quint64 dropped);
    void showDetails();
    void openLink(const QUrl& link);
    /// Opens its information; of one that has ended it tells how, and who took its place.
    void goTo(fiberscope::Pid pid);
    void goToProcess(const QModelIndex& index);
    bool isSelected(const QModelIndex& index) const;
    void showMenu(QPoint position);
    void fillMenu(QMenu& menu, const LogLine& line);
    void showOnly(const QString& text);
    void save();
    QString selectedText() const;

    Sampler& m_sampler;
    LogModel* m_model;
    LogReader m_reader;
    QComboBox* m_level;
    QLineEdit* m_filter;
    QCheckBox* m_normalExits;
    QCheckBox* m_follow;
    QLabel* m_lost;
    QLabel* m_dropped;
    QSplitter* m_splitter;
    RowTableView* m_table;
    QTextBrowser* m_details;
    QTimer m_unfold; ///< until the details are shown
    bool m_isActive = false;
    QList<QAction*> m_fileActions;
    QList<QAction*> m_viewActions;
};

} // namespace fiberscope::widgets
