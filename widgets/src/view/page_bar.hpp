// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <fiberscope/inspect.hpp>

#include <QWidget>

#include <cstddef>

class QLabel;
class QToolButton;

namespace fiberscope::widgets {

/// Turns the pages of what may be long: `101 to 200 of 300,000` and four buttons, which are there only if there is more
/// than a page.
/// **Thread:** GUI thread.
class PageBar : public QWidget {
    Q_OBJECT

public:
    /// `order`: in which the entries come, as `oldest first`; may be empty. Buttons are named after `name`.
    PageBar(const QString& name, const QString& order, QWidget* parent = nullptr);

    /// What to ask for.
    fiberscope::PageRange range() const { return {m_first, pageSize}; }
    /// What was answered: so many on this page, so many in all. False: they have become fewer, another page was asked for.
    bool showCounts(std::size_t shown, std::size_t total);

signals:
    /// `range` has changed.
    void turned();

private:
    static constexpr std::size_t pageSize = 100;

    QToolButton* makeButton(const char* what, const QString& text, const QString& tip);
    std::size_t lastPage() const { return m_total == 0 ? 0 : (m_total - 1) / pageSize * pageSize; }
    void turnTo(std::size_t first);

    const QString m_order;
    std::size_t m_first = 0;
    std::size_t m_total = 0;
    QLabel* m_position;
    QToolButton *m_toFirst, *m_toPrevious, *m_toNext, *m_toLast;
};

} // namespace fiberscope::widgets
