// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/sampler.hpp"
#include "model/stack_rows.hpp"
#include "view/page_bar.hpp"
#include "view/text_table.hpp"

#include <fiberscope/inspect.hpp>

#include <QHash>
#include <QWidget>

#include <functional>

class QCheckBox;
class QGroupBox;
class QLabel;
class QPlainTextEdit;

/// The tabs of the process information window. Each shows an Inspection and says what it needs asked.
/// **Thread:** GUI thread.
namespace fiberscope::widgets {

class ProcessInfoTab : public QWidget {
    Q_OBJECT

public:
    using QWidget::QWidget;

    virtual fiberscope::Inspect needs() const = 0;
    /// Which page of what may be long.
    virtual fiberscope::PageRange range() const { return {}; }
    virtual void show(const fiberscope::Inspection& inspection) = 0;
    /// The process's row, for what is counted rather than asked.
    virtual void showRow(const ProcessDetails& details) { Q_UNUSED(details) }
    /// The event of its end.
    virtual void showEnd(const fiberscope::Event& exit) { Q_UNUSED(exit) }

signals:
    void linkActivated(const QString& link);
    /// It needs other things asked than before.
    void refreshWanted();
};

/// Process Information: the fields of Erlang's observer, as far as a process here has them; pids are links.
class OverviewTab : public ProcessInfoTab {
    Q_OBJECT

public:
    /// `nameOf`: of a process, empty if it has none; quick.
    explicit OverviewTab(std::function<QString(fiberscope::Pid)> nameOf, QWidget* parent = nullptr);

    fiberscope::Inspect needs() const override;
    fiberscope::PageRange range() const override { return m_pages->range(); }
    void show(const fiberscope::Inspection& inspection) override;
    void showRow(const ProcessDetails& details) override;

private:
    QGroupBox* makeFields(const QString& title, const QList<QPair<const char*, QString>>& fields);
    QGroupBox* makePidBox(const char* name);
    void setField(const char* name, const QString& text);
    /// Its line is not there while it is empty.
    void setOptionalField(const char* name, const QString& text);
    void setPidBox(const char* name, const QString& title, const QStringList& links, std::size_t count);

    QStringList linksOf(const std::vector<fiberscope::Pid>& pids) const;

    std::function<QString(fiberscope::Pid)> m_nameOf;
    QHash<QString, QLabel*> m_values; ///< by field name
    QHash<QString, QLabel*> m_titles; ///< likewise
    QHash<QString, QGroupBox*> m_boxes;
    PageBar* m_pages; ///< of all boxes
};

/// Messages: the mailbox, oldest first.
class MessagesTab : public ProcessInfoTab {
    Q_OBJECT

public:
    explicit MessagesTab(QWidget* parent = nullptr);

    fiberscope::Inspect needs() const override { return fiberscope::Inspect::messages; }
    fiberscope::PageRange range() const override { return m_pages->range(); }
    void show(const fiberscope::Inspection& inspection) override;

private:
    TextTable* m_table;
    PageBar* m_pages;
};

/// Dictionary: the process dictionary.
class DictionaryTab : public ProcessInfoTab {
    Q_OBJECT

public:
    explicit DictionaryTab(QWidget* parent = nullptr);

    fiberscope::Inspect needs() const override { return fiberscope::Inspect::dictionary; }
    fiberscope::PageRange range() const override { return m_pages->range(); }
    void show(const fiberscope::Inspection& inspection) override;

private:
    TextTable* m_table;
    PageBar* m_pages;
};

/// Stack Trace: the frames, innermost first, or why there are none; after its end: where that was.
class StackTab : public ProcessInfoTab {
    Q_OBJECT

public:
    explicit StackTab(QWidget* parent = nullptr);

    fiberscope::Inspect needs() const override { return fiberscope::Inspect::stack; }
    void show(const fiberscope::Inspection& inspection) override;
    void showRow(const ProcessDetails& details) override { m_isServer = details.row.is_server(); }
    void showEnd(const fiberscope::Event& exit) override;

private:
    void showRows(const QList<StackRow>& rows);
    void showFrames();

    bool m_isServer = false;
    std::vector<fiberscope::FrameInfo> m_stack;
    QString m_ifEmpty;
    TextTable* m_table;
    QWidget* m_bar; ///< of the check box
    QCheckBox* m_showRuntime;
};

/// State: what a server shows of its state, or why it cannot.
class StateTab : public ProcessInfoTab {
    Q_OBJECT

public:
    explicit StateTab(QWidget* parent = nullptr);

    fiberscope::Inspect needs() const override { return fiberscope::Inspect::state; }
    fiberscope::PageRange range() const override { return m_pages->range(); }
    void show(const fiberscope::Inspection& inspection) override;

private:
    QPlainTextEdit* m_text;
    PageBar* m_pages;
};

} // namespace fiberscope::widgets
