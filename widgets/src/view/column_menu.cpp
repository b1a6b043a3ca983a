// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/column_menu.hpp"

#include "model/process_columns.hpp"

#include <QHeaderView>
#include <QKeyEvent>
#include <QMouseEvent>

namespace fiberscope::widgets {

ColumnMenu::ColumnMenu(QHeaderView& header, QWidget* parent) : QMenu{parent}, m_header{header} {
    setObjectName(QStringLiteral("columnMenu"));
    setAttribute(Qt::WA_DeleteOnClose);
    setToolTipsVisible(true);
    for (int column = 0; column < processColumnCount; ++column) {
        const auto& info = processColumn(static_cast<ProcessColumn>(column));
        auto* action = addAction(QString::fromUtf8(info.title));
        action->setObjectName(QLatin1String{info.id});
        action->setToolTip(QString::fromUtf8(info.description));
        action->setCheckable(true);
        action->setEnabled(column != static_cast<int>(ProcessColumn::pid));
        m_columns.push_back(action);
    }
    showTicks();
    for (int column = 0; column < processColumnCount; ++column)
        connect(m_columns[column], &QAction::toggled, this,
                [this, column](bool shown) { m_header.setSectionHidden(column, !shown); });
    addSeparator();
    auto* defaults = addAction(tr("&Default columns"));
    defaults->setObjectName(QStringLiteral("defaultColumns"));
    connect(defaults, &QAction::triggered, this, [this] {
        emit defaultsWanted();
        showTicks();
    });
}

void ColumnMenu::showTicks() {
    for (int column = 0; column < processColumnCount; ++column)
        m_columns[column]->setChecked(!m_header.isSectionHidden(column));
}

// A menu closes before it does what was chosen; here it does that and stays.
void ColumnMenu::mouseReleaseEvent(QMouseEvent* event) {
    auto* action = actionAt(event->position().toPoint());
    if (action == nullptr)
        QMenu::mouseReleaseEvent(event);
    else if (action == activeAction() && action->isEnabled())
        action->trigger();
}

void ColumnMenu::keyPressEvent(QKeyEvent* event) {
    const bool chooses = event->key() == Qt::Key_Space || event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter;
    auto* action = activeAction();
    if (!chooses || action == nullptr)
        QMenu::keyPressEvent(event);
    else if (action->isEnabled())
        action->trigger();
}

} // namespace fiberscope::widgets
