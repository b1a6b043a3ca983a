// SPDX-License-Identifier: BSL-1.0
#pragma once

#include "process/control_block.hpp"

namespace fiberscope::detail {

/// The code of a plain process: its body, run once, from its start to its end on one fiber.
class PlainCode final : public ProcessCode {
public:
    explicit PlainCode(std::unique_ptr<Body> body) : body_{std::move(body)} {}

    Turn run(Life& life) override;
    void inspect(Inspect, RawInspection&) const override {}
    void forget() noexcept override {
        if (body_ != nullptr) // it may have been forgotten before: the end itself can be given up, too
            body_.release()->forget();
    }
    /// Without what the body captures by a pointer: nobody can look into a closure.
    void belongs_to(AllocationAccount* account) const noexcept override { give_block(account, body_.get()); }

private:
    std::unique_ptr<Body> body_;
};

/// The exit reason of the exception that is being handled: ProcessExit gives its own, Error `{error,Term}`, a
/// std::exception `{error,"what"}`, a Term `{nocatch,Term}`, anything else `{nocatch,Type}`.
/// **Pre-condition:** called in a catch clause.
ExitReason reason_of_current_exception();

} // namespace fiberscope::detail
