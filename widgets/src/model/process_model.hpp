// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/process_frame.hpp"

#include <QAbstractTableModel>
#include <QColor>
#include <QPixmap>

namespace fiberscope::widgets {

/// The process table's model: a window onto the newest frame. Sorting and filtering happen where frames are made.
/// A new frame costs at most three signals (rows appended, layout changed, rows removed), whatever the number of rows;
/// persistent indexes, and so the selection, follow the pid.
/// **Thread:** GUI thread.
class ProcessModel : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Role {
        PidRole = Qt::UserRole, ///< qulonglong: Pid::bits()
        RawRole,                ///< the number or text behind the shown text
        MarkRole,               ///< int: RowMark
    };
    /// Colours of rows that came and rows that went.
    struct MarkColours {
        QColor started, ended;
    };

    using QAbstractTableModel::QAbstractTableModel;

    void setFrame(ProcessFramePtr frame);
    /// The newest frame, or nullptr before the first.
    const ProcessFramePtr& frame() const noexcept { return m_frame; }
    void setMarkColours(const MarkColours& colours);
    /// Stands before the pid of a suspended process.
    void setSuspendedSign(const QPixmap& sign);

    fiberscope::Pid pidAt(int row) const;
    /// The row of a process, or -1 if it is not shown.
    int rowOf(fiberscope::Pid pid) const;

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    /// Asks for it: rows are sorted where frames are made.
    void sort(int column, Qt::SortOrder order) override;

signals:
    void sortRequested(fiberscope::widgets::ProcessColumn column, Qt::SortOrder order);

private:
    QVariant background(std::size_t row) const;
    QVariant toolTip(std::size_t row, ProcessColumn column) const;
    QVariant accessibleText(std::size_t row, ProcessColumn column) const;
    QVariant decoration(std::size_t row, ProcessColumn column) const;
    bool isSuspended(std::size_t row) const { return m_frame->sample->isSuspended(m_frame->index(row)); }
    void remapPersistentIndexes(const ProcessFrame& from, const ProcessFrame& to);

    ProcessFramePtr m_frame;
    int m_rows = 0; ///< what views believe; differs from the frame's only within setFrame
    MarkColours m_colours;
    QPixmap m_suspendedSign;
};

} // namespace fiberscope::widgets
