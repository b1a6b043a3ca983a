// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QColor>
#include <QList>
#include <QString>
#include <QWidget>

class QPainter;

namespace fiberscope::widgets {

/// The legend below a chart, as Erlang's observer writes it: names in the colours of their lines, in as many rows as
/// they need. A click hides or shows a line, a double-click shows it alone; Left, Right and Space do the same.
/// **Thread:** GUI thread.
class ChartLegend : public QWidget {
    Q_OBJECT

public:
    explicit ChartLegend(QWidget* parent = nullptr);

    /// Bold words before the names: `Scheduler:`.
    void setCaption(const QString& caption);
    void addEntry(const QString& name, const QColor& color);
    void setColor(int index, const QColor& color);
    bool isShown(int index) const { return m_entries[index].shown; }
    void setShown(int index, bool shown);
    /// Where an entry is drawn.
    QRect entryRect(int index) const { return m_entries[index].rect; }
    /// Draws caption and shown entries in rows of this width on paper.
    void drawOn(QPainter& painter, int width, const QColor& ink) const;
    /// In pixels, with all entries in one row.
    int rowWidth() const;
    int entryCount() const { return static_cast<int>(m_entries.size()); }

    QSize sizeHint() const override;
    bool hasHeightForWidth() const override { return true; }
    int heightForWidth(int width) const override;

signals:
    void shownChanged(int index, bool shown);
    /// The mouse came over an entry; -1: it left.
    void hovered(int index);

protected:
    void paintEvent(QPaintEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusOutEvent(QFocusEvent* event) override;

private:
    struct Entry {
        QString name;
        QColor color;
        bool shown = true;
        QRect rect;
    };

    QFont boldFont() const;
    enum class Entries { all, shown };
    /// Where these entries stand in rows of this width; returns the height.
    int flow(int width, QList<QRect>& rects, Entries which = Entries::all) const;
    int captionWidth() const;
    void place();
    int entryAt(QPoint position) const;
    void showAlone(int index);
    void setHovered(int index);

    QString m_caption;
    QList<Entry> m_entries;
    int m_hovered = -1;
    int m_current = -1;
};

} // namespace fiberscope::widgets
