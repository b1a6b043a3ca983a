// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/process_table_view.hpp"

#include "model/process_columns.hpp"
#include "view/whole_columns.hpp"

#include <QHeaderView>
#include <QKeyEvent>

namespace fiberscope::widgets {

namespace {

/// Digits typed within this time of each other make one number.
constexpr qint64 typingPauseMs = 1000;

/// All but those of texts; a name stands before the pid of a parent.
bool isWhole(int column) {
    const auto of = static_cast<ProcessColumn>(column);
    return processColumn(of).sortText == nullptr && of != ProcessColumn::parent;
}

int usualWidth(int column) {
    return processColumn(static_cast<ProcessColumn>(column)).width;
}

} // namespace

ProcessTableView::ProcessTableView(QWidget* parent)
    : RowTableView{parent}, m_wholeColumns{new WholeColumns{*this, isWhole, usualWidth}} {
    setSelectionMode(ExtendedSelection);
    setTabKeyNavigation(false);
    setSortingEnabled(true);
    setHorizontalScrollMode(ScrollPerPixel);
    setContextMenuPolicy(Qt::CustomContextMenu);
    auto* header = horizontalHeader();
    header->setStretchLastSection(true);
    header->setSectionsMovable(true);
    header->setContextMenuPolicy(Qt::CustomContextMenu);
}

void ProcessTableView::setModel(QAbstractItemModel* model) {
    RowTableView::setModel(model);
    connect(model, &QAbstractItemModel::layoutChanged, m_wholeColumns, &WholeColumns::fit);
}

void ProcessTableView::keyboardSearch(const QString& typed) {
    if (!m_sinceTyped.isValid() || m_sinceTyped.elapsed() > typingPauseMs)
        m_typed.clear();
    m_sinceTyped.start();
    for (const auto character : typed)
        if (character.isDigit())
            m_typed += character;
    bool isNumber = false;
    const auto slot = m_typed.toUInt(&isNumber);
    if (isNumber)
        emit jumpRequested(slot);
}

void ProcessTableView::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy))
        emit copyRequested();
    else if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
        emit infoRequested();
    else if (event->key() == Qt::Key_Delete)
        emit killRequested();
    else if (event->key() == Qt::Key_Space)
        event->ignore(); // the window's key for pause
    else
        RowTableView::keyPressEvent(event);
}

} // namespace fiberscope::widgets
