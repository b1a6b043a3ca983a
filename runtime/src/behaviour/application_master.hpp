// SPDX-License-Identifier: BSL-1.0
#pragma once

#include <fiberscope/application.hpp>
#include <fiberscope/server.hpp>

namespace fiberscope::detail {

class ApplicationController;

/// The process that stands above an application's top supervisor, starts it, stops it and notices its end.
/// **Source:** application_master.erl of OTP 25; here one process instead of two (rule A06).
class ApplicationMaster final : public Server<ApplicationMaster> {
public:
    /// Asks for the application's end.
    struct Stop {};
    using Messages = fiberscope::Messages<Exit, Stop>;

    /// Starts the tree; the start fails with the top supervisor's reason. `controller` outlives the process.
    ApplicationMaster(ApplicationController* controller, Application application);
    /// A master that was killed leaves its application, too.
    ~ApplicationMaster() override;

    void handle_cast(Stop);
    void handle_info(const Exit& exit);
    /// Somebody stops the master itself: its tree goes first.
    void terminate(const ExitReason& reason);

private:
    /// Tells the top supervisor to end, waits without a limit, and kills what the application leaves behind (rule A03).
    void stop_tree();
    /// The last callback and the kill of what is left, once the top supervisor has ended.
    void clean_up();
    void run_ignoring_errors(const Application::Callback& callback);
    /// Leaves the list of the running, and says so in the log. Once.
    void leave(const ExitReason& reason, bool by_itself);
    void log_exited(const ExitReason& reason);

    ApplicationController* controller_;
    Application application_;
    Pid supervisor_; ///< the default Pid: the application is not, or no longer, running
};

} // namespace fiberscope::detail
