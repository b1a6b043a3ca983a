// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "base/event_ring.hpp"
#include "process/process_system.hpp"

#include <fiberscope/events.hpp>
#include <fiberscope/process.hpp>

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include <sys/types.h>

namespace fiberscope::detail {

/// Who is told what a Node's log says, and the thread that tells them: it follows the event ring, so nobody who writes
/// to the log waits for a handler. Without a handler there is no thread; without news it sleeps.
/// **Thread:** any.
class LogHandlers : public std::enable_shared_from_this<LogHandlers> {
public:
    explicit LogHandlers(std::shared_ptr<ProcessSystem> system) noexcept;

    /// As Node::add_log_handler. **Errors:** std::system_error if there is no thread to be had.
    Result<std::monostate> add(Atom id, std::optional<LogLevel> level, LogHandler handler);
    /// Adds the handler `default`, which prints to standard error, what the ring holds already, too; unless that is closed.
    void add_standard_error(std::optional<LogLevel> level);
    /// As Node::remove_log_handler. **Blocks:** while the handler runs, unless it removes itself.
    Result<std::monostate> remove(Atom id);
    /// As Node::set_log_handler_level.
    Result<std::monostate> set_level(Atom id, std::optional<LogLevel> level);
    /// Handlers are told what there is, then their thread ends. **Blocks:** up to two seconds; not in a handler, nor in a child
    /// that fork() made.
    void stop();

private:
    struct Entry {
        Atom id;
        std::optional<LogLevel> level;
        std::shared_ptr<const LogHandler> handler;
        std::uint64_t after; ///< seq of the last event before it listened
    };
    std::vector<Entry>::iterator find(Atom id) noexcept;
    Result<std::monostate> add_entry(Entry entry);
    void start_thread();
    /// The lowest of their levels; nullopt: nobody wants to hear anything.
    std::optional<LogLevel> lowest_level() const noexcept;
    void levels_changed(std::optional<LogLevel> before);
    /// Takes some events; false: there are no more.
    bool take_some(EventBatch& batch);
    void run() noexcept;
    void tell_all(const EventBatch& batch);
    void tell_of_loss(std::uint64_t count);
    void tell(const Event& event);
    void call(const Entry& entry, const Event& event) noexcept;
    void drop_failed(Atom id, const std::string& reason);

    const std::shared_ptr<ProcessSystem> system_;
    const pid_t program_; ///< a forked child has no thread that could be waited for
    std::mutex mutex_;    ///< protects all below
    std::condition_variable changed_;
    std::vector<Entry> handlers_;
    EventRing::LogPosition position_; ///< up to where events were taken
    std::optional<Atom> running_;     ///< the handler that is being called
    std::thread::id thread_;          ///< of none: there is no thread
    bool is_ending_ = false;
};

/// The level that FIBERSCOPE_LOG in the environment says for standard error, else `configured`.
std::optional<LogLevel> level_for_standard_error(std::optional<LogLevel> configured);

} // namespace fiberscope::detail
