// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "program.hpp"
#include "workload_toolbar.hpp"

#include <fiberscope/node.hpp>
#include <fiberscope/widgets/observer_window.hpp>

#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMessageBox>
#include <QTableView>
#include <QTest>
#include <QTimer>
#include <QToolButton>

namespace fiberscope::app::test {

/// What each test gets: a node of its own, the window of the program, its toolbar.
struct Desk {
    Node node{[] {
        NodeConfig config;
        config.schedulers = 2;
        config.preemption = Preemption::signal; // as the program does
        config.trap_faults = true;
        return config;
    }()};
    widgets::ObserverWindow window{node, widgets::ObserverWindow::Remember::no};
    WorkloadToolbar* toolbar = addToolbar(window, node);

    Desk() {
        QObject::connect(toolbar, &WorkloadToolbar::failed, &window, [this](const QString& line) { window.showNotice(line); });
        window.setCurrentTab("Processes");
        window.show();
    }

    template <class Widget>
    Widget& find(const char* name) {
        auto* const found = window.findChild<Widget*>(name);
        if (found == nullptr)
            qFatal("no %s", name);
        return *found;
    }
    void startByToolbar(const QString& workload, const QString& argument) {
        find<QComboBox>("workloadChooser").setCurrentText(workload);
        auto& field = find<QLineEdit>("workloadArgument");
        field.clear();
        QTest::keyClicks(&field, argument);
        QTest::mouseClick(&find<QToolButton>("workloadStart"), Qt::LeftButton);
    }
    /// Opens the menu of a button of the toolbar and clicks on an entry. False if it does not show this entry.
    bool chooseFromButton(const char* button, const QString& entry) {
        bool clicked = false;
        QTimer::singleShot(0, &window, [&] {
            auto* const menu = find<QToolButton>(button).menu();
            auto* const action = menu->findChild<QAction*>(entry);
            if (menu->isVisible() && action != nullptr && action->isVisible()) {
                clicked = true;
                QTest::mouseClick(menu, Qt::LeftButton, {}, menu->actionGeometry(action).center());
            }
            menu->close(); // the click on the button returns with it
        });
        QTest::mouseClick(&find<QToolButton>(button), Qt::LeftButton);
        return clicked;
    }
    bool stop(const QString& workload) { return chooseFromButton("workloadsRunning", "workloadStop_" + workload); }
    /// Whether a workload stands in the menu of those that run, to be stopped.
    bool canStop(const QString& workload) {
        const auto& entry = find<QAction>(qPrintable("workloadStop_" + workload));
        return entry.isVisible() && entry.isEnabled();
    }
    /// The row that shows this text in one of its columns; an invalid index if none does.
    QModelIndex rowOf(const QString& text) {
        const auto* const model = find<QTableView>("processTable").model();
        for (int row = 0; row < model->rowCount(); ++row)
            for (int column = 0; column < model->columnCount(); ++column)
                if (model->index(row, column).data().toString() == text)
                    return model->index(row, 0);
        return {};
    }
    QString pidOf(const char* name) { return QString::fromStdString(to_string(node.whereis(name))); }

    /// Right-clicks the row and triggers the menu's entry of this text. False if there is no such entry.
    bool chooseFromMenu(const QModelIndex& row, const QString& entry) {
        auto& table = find<QTableView>("processTable");
        table.scrollTo(row);
        const QPoint at = table.visualRect(row).center();
        QTest::mouseClick(table.viewport(), Qt::RightButton, {}, at);
        QContextMenuEvent event{QContextMenuEvent::Mouse, at, table.viewport()->mapToGlobal(at)};
        QCoreApplication::sendEvent(table.viewport(), &event);
        if (!QTest::qWaitFor([this] { return window.findChild<QMenu*>("processMenu") != nullptr; }))
            return false;
        auto* const menu = window.findChild<QMenu*>("processMenu");
        for (QAction* const action : menu->actions())
            if (action->text() == entry) {
                action->trigger();
                menu->close();
                return true;
            }
        return false;
    }
    /// Says yes to the question whether to kill, if it is asked.
    void confirmKill() {
        if (auto* const box = window.findChild<QMessageBox*>("killQuestion"))
            for (QAbstractButton* const button : box->buttons())
                if (button->objectName() == "killConfirmed")
                    button->click();
    }
    QString notice() { return find<QLabel>("deedNoticeText").text(); }
};

} // namespace fiberscope::app::test
