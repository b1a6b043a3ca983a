// SPDX-License-Identifier: BSL-1.0
#include "process/plain_code.hpp"

#include "base/code_depth.hpp"

#include <cxxabi.h>
#include <exception>
#include <typeinfo>

namespace fiberscope::detail {

ExitReason reason_of_current_exception() {
    try {
        throw;
    } catch (const ProcessExit& exit) {
        return exit.reason;
    } catch (const Error& error) {
        return ExitReason::error(error.term);
    } catch (const Term& term) {
        return Term::tuple({Term::atom("nocatch"), term});
    } catch (const std::exception& exception) {
        return ExitReason::error(Term::string(exception.what()));
    } catch (...) {
        const std::type_info* type = abi::__cxa_current_exception_type();
        return Term::tuple({Term::atom("nocatch"), Term::atom(type != nullptr ? short_type_name(type->name()) : "unknown")});
    }
}

Turn PlainCode::run(Life& life) {
    try {
        while (life.block().is_suspended()) {
            life.park(never_ns);
            life.handle_signals();
            life.throw_if_ended();
        }
        {
            const UserCode body;
            body_->run(life.process());
        }
        life.ending.set_reason(ExitReason::normal());
    } catch (const ProcessExit& exit) {
        life.take_stack_of_exception();
        life.ending.set_reason(exit.reason);
    } catch (...) {
        life.take_stack_of_exception();
        life.ending.set_reason(reason_of_current_exception());
        life.ending.set_crashed();
    }
    return Turn::ended;
}

} // namespace fiberscope::detail
