// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QHeaderView>

namespace fiberscope::widgets {

/// The header of a table of rows: a title above numbers keeps as far from the next as the numbers do.
/// **Thread:** GUI thread.
class RowHeader : public QHeaderView {
    Q_OBJECT

public:
    explicit RowHeader(QWidget* parent = nullptr);

protected:
    void paintSection(QPainter* painter, const QRect& rect, int column) const override;
    QSize sectionSizeFromContents(int column) const override;

private:
    bool isOfNumbers(int column) const;
};

} // namespace fiberscope::widgets
