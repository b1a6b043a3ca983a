// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLineEdit>
#include <QPointer>

class QLabel;

namespace fiberscope::app {

/// Where the argument of a workload is typed. What is wrong with it is said right below, whole, until the text changes,
/// the focus goes elsewhere or the words are clicked on.
/// **Thread:** GUI thread.
class ArgumentField : public QLineEdit {
    Q_OBJECT

public:
    explicit ArgumentField(QWidget* parent = nullptr);
    ~ArgumentField() override;

    /// Says one line, plain text, and takes the focus.
    void explain(const QString& mistake);
    /// Takes it back.
    void retract();
    /// Room for the longest default; it shrinks where there is less.
    QSize sizeHint() const override { return {maximumWidth(), QLineEdit::sizeHint().height()}; }

protected:
    void focusOutEvent(QFocusEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void moveEvent(QMoveEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void placeMessage();

    QPointer<QLabel> m_message; ///< a child of the window, above what is below the field; not there while all is well
};

} // namespace fiberscope::app
