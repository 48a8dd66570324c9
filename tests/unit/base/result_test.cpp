#include "base/result.hpp"

#include "protocol/generated/cpp/errors.hpp"

#include <gtest/gtest.h>

#include <coroutine>
#include <memory>

namespace parley {
namespace {

Result<int> half(int number) {
    if (number % 2 != 0) return fail(ErrorCode::invalid, "It is odd.");
    return number / 2;
}

Status must_be_even(int number) {
    TRY(half(number));
    return {};
}

Result<int> quarter(int number) {
    TRY_ASSIGN(const int once, half(number));
    int twice = 0;
    TRY_ASSIGN(twice, half(once));
    return twice;
}

TEST(Result, TryGoesOnAfterSuccess) {
    EXPECT_TRUE(must_be_even(4).has_value());
}

TEST(Result, TryReturnsTheErrorAsItIs) {
    const Status status = must_be_even(3);
    ASSERT_FALSE(status.has_value());
    EXPECT_EQ(status.error().code, ErrorCode::invalid);
    EXPECT_EQ(status.error().context, "It is odd.");
}

TEST(Result, TryAssignDeclaresAndAssigns) {
    EXPECT_EQ(quarter(12), 3);
}

TEST(Result, TryAssignStopsAtTheFirstFailure) {
    EXPECT_FALSE(quarter(3).has_value());
    EXPECT_FALSE(quarter(6).has_value());
}

TEST(Result, TryWorksInABranchWithoutBraces) {
    const auto run = [](bool wanted) -> Status {
        if (wanted) TRY(half(1));
        return {};
    };
    EXPECT_TRUE(run(false).has_value());
    EXPECT_FALSE(run(true).has_value());
}

Result<std::unique_ptr<int>> boxed(int number) {
    TRY_ASSIGN(const int value, half(number));
    return std::make_unique<int>(value);
}

Result<int> unboxed(int number) {
    TRY_ASSIGN(const std::unique_ptr<int> box, boxed(number));
    return *box;
}

TEST(Result, TryAssignMovesWhatCannotBeCopied) {
    EXPECT_EQ(unboxed(8), 4);
}

TEST(Result, ErrorsKeepEverythingOnTheWayUp) {
    const auto refuse = []() -> Status {
        return fail(Error{ErrorCode::rate_limited, "Too many.", 1500, "text"});
    };
    const auto pass_on = [&]() -> Result<int> {
        TRY(refuse());
        return 1;
    };
    const Result<int> result = pass_on();
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().retry_after_ms, 1500);
    EXPECT_EQ(result.error().field, "text");
}

/// The smallest coroutine that returns a Result: it runs at once and keeps what it returned.
struct Now {
    struct promise_type {
        Result<int> result = 0;
        Now get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_always final_suspend() noexcept { return {}; }
        void return_value(Result<int> value) { result = std::move(value); }
        void unhandled_exception() {}
    };

    std::coroutine_handle<promise_type> handle;

    Result<int> take() {
        Result<int> result = handle.promise().result;
        handle.destroy();
        return result;
    }
};

Now quarter_in_a_coroutine(int number) {
    CO_TRY(half(number));
    CO_TRY_ASSIGN(const int once, half(number));
    CO_TRY_ASSIGN(const int twice, half(once));
    co_return twice;
}

TEST(Result, TheSameMacrosWorkInCoroutines) {
    EXPECT_EQ(quarter_in_a_coroutine(12).take(), 3);
    EXPECT_EQ(quarter_in_a_coroutine(3).take().error().code, ErrorCode::invalid);
    EXPECT_EQ(quarter_in_a_coroutine(6).take().error().context, "It is odd.");
}

}  // namespace
}  // namespace parley
