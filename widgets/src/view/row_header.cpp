// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/row_header.hpp"

#include "view/number_delegate.hpp"

#include <QPainter>
#include <QStyleOptionHeader>

namespace fiberscope::widgets {

RowHeader::RowHeader(QWidget* parent) : QHeaderView{Qt::Horizontal, parent} {
    setSectionsClickable(true);
    setHighlightSections(false);
}

void RowHeader::paintSection(QPainter* painter, const QRect& rect, int column) const {
    if (!isOfNumbers(column))
        return QHeaderView::paintSection(painter, rect, column);
    QStyleOptionHeaderV2 section;
    initStyleOption(&section);
    section.rect = rect;
    initStyleOptionForIndex(&section, column);
    painter->save();
    painter->setClipRect(rect);
    style()->drawControl(QStyle::CE_HeaderSection, &section, painter, this);
    section.rect.adjust(0, 0, -numberPadding, 0);
    if (section.sortIndicator != QStyleOptionHeader::None) {
        QStyleOptionHeaderV2 arrow = section;
        arrow.rect = style()->subElementRect(QStyle::SE_HeaderArrow, &section, this);
        style()->drawPrimitive(QStyle::PE_IndicatorHeaderArrow, &arrow, painter, this);
    }
    section.rect = style()->subElementRect(QStyle::SE_HeaderLabel, &section, this);
    style()->drawControl(QStyle::CE_HeaderLabel, &section, painter, this);
    painter->restore();
}

QSize RowHeader::sectionSizeFromContents(int column) const {
    return QHeaderView::sectionSizeFromContents(column) + QSize{isOfNumbers(column) ? numberPadding : 0, 0};
}

bool RowHeader::isOfNumbers(int column) const {
    const auto alignment = model()->headerData(column, Qt::Horizontal, Qt::TextAlignmentRole);
    return Qt::Alignment{alignment.isValid() ? alignment.toInt() : defaultAlignment().toInt()}.testFlag(Qt::AlignRight);
}

} // namespace fiberscope::widgets
