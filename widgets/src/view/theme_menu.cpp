// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/theme_menu.hpp"

#include "view/theme.hpp"

#include <QActionGroup>

namespace fiberscope::widgets {

ThemeMenu::ThemeMenu(QWidget* parent) : QMenu{tr("&Theme"), parent} {
    const QStringList names{tr("As the &desktop"), tr("&Light"), tr("D&ark")};
    auto* group = new QActionGroup{this};
    for (const auto theme : themes) {
        auto* action = group->addAction(names[static_cast<int>(theme)]);
        action->setObjectName(QStringLiteral("theme-%1").arg(themeId(theme)));
        action->setCheckable(true);
        action->setChecked(theme == currentTheme());
        connect(action, &QAction::triggered, this, [theme] { applyTheme(theme); });
        addAction(action);
    }
    connect(this, &QMenu::aboutToShow, group, [group] {
        for (auto* action : group->actions())
            action->setChecked(action->objectName() == QStringLiteral("theme-%1").arg(themeId(currentTheme())));
    });
}

} // namespace fiberscope::widgets
