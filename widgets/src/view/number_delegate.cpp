// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/number_delegate.hpp"

#include <QApplication>
#include <QStyle>

namespace fiberscope::widgets {

void NumberDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    QStyleOptionViewItem cell = option;
    initStyleOption(&cell, index);
    const QStyle* style = cell.widget != nullptr ? cell.widget->style() : QApplication::style();
    if (cell.displayAlignment.testFlag(Qt::AlignRight)) {
        style->drawPrimitive(QStyle::PE_PanelItemViewItem, &cell, painter, cell.widget); // the ground goes up to the edge
        cell.rect.adjust(0, 0, -numberPadding, 0);
    }
    style->drawControl(QStyle::CE_ItemViewItem, &cell, painter, cell.widget);
}

QSize NumberDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const auto alignment = Qt::Alignment{index.data(Qt::TextAlignmentRole).toInt()};
    return QStyledItemDelegate::sizeHint(option, index) + QSize{alignment.testFlag(Qt::AlignRight) ? numberPadding : 0, 0};
}

} // namespace fiberscope::widgets
