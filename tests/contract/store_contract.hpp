#pragma once

#include "tests/contract/store_world.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

namespace parley::server::test {

/// One kind of store, opened on data that lasts between two openings.
class StoreUnderTest {
  public:
    virtual ~StoreUnderTest() = default;
    /// Opens it, again after a `close` of the store or without one.
    virtual std::unique_ptr<Store> open(const Rules& rules, StoreHost& host) = 0;
    /// What is there now is put back by the next `put_copy_back`, as by somebody who copies files. With no
    /// store open.
    virtual void keep_copy() = 0;
    virtual void put_copy_back() = 0;
    /// Everything that the store holds, as text: equal where and only where nothing has changed.
    virtual std::string dump() = 0;
};

struct StoreKind {
    std::string name;
    std::function<std::unique_ptr<StoreUnderTest>()> make;

    friend void PrintTo(const StoreKind& kind, std::ostream* out) { *out << kind.name; }
};

/// What holds for every store. Each kind instantiates the suite (INSTANTIATE_TEST_SUITE_P) in a file of its
/// own.
class StoreContract : public testing::TestWithParam<StoreKind> {
  protected:
    StoreContract();

    /// Goes on with a store in which there is nothing yet.
    void start_anew();
    /// Ends the process that has the store open, without a close, and starts the next.
    void restart();
    /// Keeps a copy of what there is now, for the next `put_copy_back`; both end the store in order and start
    /// it again.
    void keep_copy();
    void put_copy_back();
    /// The work is refused with this code, and neither the data nor anybody notices.
    void expect_refused(const Work& work, ErrorCode code);

    Rules rules{.registration = Registration::open};
    TestHost host;
    std::unique_ptr<StoreUnderTest> data;
    std::unique_ptr<Store> store;
    StoreWorld world;
};

/// What the messages among the rows say.
std::vector<std::string> texts_of(const std::vector<protocol::Change>& rows);
/// One word or two for each effect, such as "member.changed 5", in order.
std::vector<std::string> effects_of(const Batch& batch);

}  // namespace parley::server::test
