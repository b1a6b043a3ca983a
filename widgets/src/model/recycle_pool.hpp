// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace fiberscope::widgets {

/// Hands out objects whose buffers come back to it when their last reader lets go, so that a refresh of a million rows
/// writes into memory that is there. At most `spare` idle objects are kept; `recycle()` of T, if it has one, lets go of
/// what an idle object should not hold.
/// **Thread:** any thread. **Lifetime:** objects may outlive the pool.
template <class T>
class RecyclePool {
public:
    explicit RecyclePool(std::size_t spare) : m_shelf{std::make_shared<Shelf>()} { m_shelf->spare = spare; }

    /// An object in the state in which its last reader left it, or a new one.
    std::shared_ptr<T> take() {
        return {m_shelf->take().release(), [shelf = m_shelf](T* object) { shelf->put(std::unique_ptr<T>{object}); }};
    }

private:
    struct Shelf {
        std::mutex mutex; ///< protects `idle`
        std::vector<std::unique_ptr<T>> idle;
        std::size_t spare = 0;

        std::unique_ptr<T> take() {
            const std::scoped_lock lock{mutex};
            if (idle.empty())
                return std::make_unique<T>();
            auto object = std::move(idle.back());
            idle.pop_back();
            return object;
        }
        void put(std::unique_ptr<T> object) {
            if constexpr (requires { object->recycle(); })
                object->recycle();
            const std::scoped_lock lock{mutex};
            if (idle.size() < spare)
                idle.push_back(std::move(object));
        }
    };
    std::shared_ptr<Shelf> m_shelf;
};

} // namespace fiberscope::widgets
