// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QStyledItemDelegate>

namespace fiberscope::widgets {

/// Room at the right of a number, in pixels: the text of the next column begins at once.
constexpr int numberPadding = 8;

/// Cells of a table; what is aligned to the right keeps `numberPadding` from the edge of its cell.
/// **Thread:** GUI thread.
class NumberDelegate : public QStyledItemDelegate {
public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

} // namespace fiberscope::widgets
