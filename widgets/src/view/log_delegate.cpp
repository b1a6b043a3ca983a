// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/log_delegate.hpp"

#include "model/log_model.hpp"
#include "view/chart_colors.hpp"

#include <optional>

namespace fiberscope::widgets {

namespace {

std::optional<QColor> levelColor(fiberscope::LogLevel level) {
    switch (level) {
    case fiberscope::LogLevel::critical:
    case fiberscope::LogLevel::error: return QColor{200, 30, 30};
    case fiberscope::LogLevel::warning: return QColor{190, 110, 0};
    case fiberscope::LogLevel::notice: return QColor{0, 130, 60};
    default: return {};
    }
}

} // namespace

void LogDelegate::initStyleOption(QStyleOptionViewItem* option, const QModelIndex& index) const {
    QStyledItemDelegate::initStyleOption(option, index);
    const auto& model = static_cast<const LogModel&>(*index.model());
    const LogLine& line = model.line(index.row());
    const QColor base = option->palette.color(QPalette::Base);
    if (line.isLoss) {
        option->backgroundBrush = QColor{200, 30, 30};
        option->palette.setColor(QPalette::Text, Qt::white);
        option->font.setBold(true);
        return;
    }
    if (index.column() == LogModel::TimeColumn)
        option->palette.setColor(QPalette::Text, faintColor(option->palette));
    else if (line.level == fiberscope::LogLevel::debug)
        option->palette.setColor(QPalette::Text, faintColor(option->palette));
    else if (const auto color = levelColor(line.level); color && index.column() == LogModel::LevelColumn)
        option->palette.setColor(QPalette::Text, readableOn(base, *color, textContrast));
}

} // namespace fiberscope::widgets
