// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "model/load_history.hpp"

#include <fiberscope/snapshot.hpp>

#include <QAbstractTableModel>
#include <QHash>

#include <vector>

namespace fiberscope::widgets {

/// `online`, `draining (12 left)`, `offline`, `stuck`.
QString schedulerStateText(const fiberscope::SchedulerRow& row);
/// The run queue by priority, only what is not empty: `3 normal, 1 high`; `empty`.
QString runQueueText(const fiberscope::SchedulerRow& row);

/// One row a scheduler. **Thread:** GUI thread.
class SchedulerModel : public QAbstractTableModel {
    Q_OBJECT

public:
    using QAbstractTableModel::QAbstractTableModel;

    /// `rates`: those of the interval that ended with these rows; nullptr before two samples.
    void update(const std::vector<fiberscope::SchedulerRow>& rows, const LoadPoint* rates);

    /// What processes are called, by Pid::bits().
    void setNames(const QHash<quint64, QString>& names);

    int rowCount(const QModelIndex& parent = {}) const override;
    int columnCount(const QModelIndex& parent = {}) const override;
    QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    std::vector<fiberscope::SchedulerRow> m_rows;
    std::vector<SchedulerLoad> m_loads; ///< as long as m_rows
    QHash<quint64, QString> m_names;    ///< by Pid::bits()
};

} // namespace fiberscope::widgets
