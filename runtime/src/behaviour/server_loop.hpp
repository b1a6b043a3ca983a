// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "process/control_block.hpp"

#include <fiberscope/server.hpp>

#include <functional>
#include <memory>

namespace fiberscope::detail {

/// What a server's process executes: start the object, then one handler a message. Between two messages it holds no
/// frames, so an idle server costs its control block and its object.
/// **Source:** gen_server.erl, sys.erl and proc_lib.erl of OTP 25, rules G01 to G14.
class FIBERSCOPE_HIDDEN ServerLoop final : public ProcessCode {
public:
    explicit ServerLoop(std::function<std::unique_ptr<ServerBase>()> make) : make_{std::move(make)} {}

    Turn run(Life& life) override;
    void inspect(Inspect what, RawInspection& result) const override;
    void forget() noexcept override;

private:
    /// Starts it, then handles messages until it ends or there is no more to do.
    Turn serve(Life& life);
    /// Runs the constructor. False: the start failed, the end reason is set.
    bool start(Life& life);
    enum class Step : std::uint8_t { done, nothing_to_do, ended };
    /// Runs one handler: what it continues with, else that of the next message, else that of a timeout.
    Step take_step(Life& life);
    /// The next message to handle: the oldest; while suspended by `sys::Suspend` the oldest that is handled even so.
    std::unique_ptr<MessageSignal> next_message(Life& life);
    /// True: the server has ended.
    bool handle(Life& life, detail::MessageSignal& message);
    /// Handles a request of `sys`. True: the server has ended.
    bool handle_system(Life& life, detail::MessageSignal& message);
    template <class Request>
    void answer(Life& life, const MessageSignal& message, typename Request::Reply reply);
    Result<Term> state() const;
    void handle_unknown(Life& life, const detail::MessageSignal& message);
    /// True if the idle timeout is over now; else it is armed, if there is one.
    bool idle_time_is_over(Life& life);
    /// Runs one handler; what it throws ends the server. True: it has ended.
    template <class Handler>
    bool guarded(Life& life, const MessageSignal* message, Handler handler);
    /// terminate, then the end with `reason`. `last`: what it handled, if anything.
    void terminate(Life& life, ExitReason reason, const MessageSignal* last = nullptr);
    void report_terminating(Life& life, const ExitReason& reason, const MessageSignal* last) const;
    /// A handler may have set a timeout; one that ran out or was interrupted by a message is over (G09).
    void take_idle_timeout();
    void begin_idle_time();

    std::function<std::unique_ptr<ServerBase>()> make_;
    std::unique_ptr<ServerBase> server_;
    std::unique_ptr<MessageSignal> in_hand_; ///< that is being handled
    Duration idle_timeout_ = infinity;
    std::int64_t idle_until_ns_ = never_ns;
    bool in_handler_ = false;
    bool is_suspended_ = false;           ///< by `sys::Suspend`
    Mailbox::Position looked_at_up_to_{}; ///< while suspended: messages before it wait
};

} // namespace fiberscope::detail
