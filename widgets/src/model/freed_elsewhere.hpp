// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QThreadPool>

#include <memory>
#include <utility>

namespace fiberscope::widgets {

/// A value whose last holder does not free it, but has the global thread pool do so: for what has many thousands of parts
/// while its last holder may be the GUI thread. **Thread:** any.
template <class T>
std::shared_ptr<const T> freedElsewhere(T value) {
    return {new T{std::move(value)}, [](const T* old) { QThreadPool::globalInstance()->start([old] { delete old; }); }};
}

} // namespace fiberscope::widgets
