// SPDX-License-Identifier: BSL-1.0
/// What the processes of one scenario share: their names, references, the log, and the printing of terms.
#pragma once

#include "definitions.hpp"
#include "script.hpp"

#include <fiberscope/fiberscope.hpp>

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace scenario {

using namespace fiberscope;

/// A name that no process ever had, or a reference that was never made.
struct Unknown {
    std::string what;
};

/// **Thread:** any; a lock of its own, never held while a process waits.
class World {
public:
    explicit World(Node& node) : node_{node} {}
    Node& node() const noexcept { return node_; }

    // -- processes ----

    /// Names a process; returns how it prints: `NAME`, `NAME#2`, ... and which of its name it is, from 1.
    std::pair<std::string, std::size_t> name(const std::string& name, Pid pid);
    /// Names it, and logs `start NAME` now and its end later.
    void bind(const std::string& name_of_process, Pid pid) { watch(name(name_of_process, pid).first, pid); }
    void watch(const std::string& text, Pid pid);
    /// **Errors:** throws Unknown.
    Pid pid(std::string_view text) const;
    /// A process, or `@NAME`: a registered name.
    Target target(std::string_view text) const;
    std::optional<std::string> name_of(Pid pid) const;
    std::vector<Pid> processes() const;

    // -- references ----

    void set_ref(const std::string& name, Ref ref);
    /// **Errors:** throws Unknown.
    Ref ref(const std::string& name) const;

    // -- texts ----

    /// A term as the scenario language prints it, with names in place of pids and references.
    std::string text(const Term& term) const;
    std::string text(const ExitReason& reason) const { return text(reason.term()); }
    std::string text(Pid pid) const { return text(Term{pid}); }
    std::string text(const Exit& exit) const;
    std::string text(const Down& down) const;
    std::string text(const Timeout& timeout) const;
    /// Any message that a scenario's process may have; the text that the runtime gives of others.
    std::string text(const Message& message) const;
    /// `{error,E}` of a failed start or request.
    template <class T>
    std::string error_text(const Result<T>& result) const {
        return text(Term::tuple({Term::atom("error"), result.error().term()}));
    }

    // -- log ----

    void log(std::string text);
    /// What happened since the last call, in the order of cause and effect.
    std::vector<std::string> take_log();

    /// **Thread:** the controller's writes before anybody reads.
    Definitions definitions;

private:
    void append(std::string& out, const Term& term) const;
    void append_sequence(std::string& out, const Term& term) const;

    /// An own entry and the newest of the node's events when it was made: what it caused comes after it.
    struct Entry {
        std::uint64_t after_seq;
        std::string text;
    };

    Node& node_;
    mutable std::mutex mutex_; ///< protects all below
    std::map<std::string, std::vector<Pid>, std::less<>> processes_;
    std::map<Pid, std::string> names_;
    std::set<Pid> watched_;
    std::map<std::string, Ref> refs_;
    std::map<Ref, std::string> ref_names_;
    std::vector<Entry> entries_;
    std::uint64_t seen_seq_ = 0;
};

} // namespace scenario
