// Windows at some place in a conversation: each way in which one can be wrong is shown to the promise, which
// must say so.

#include "tests/unit/sim/broken_world.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace parley::sim {
namespace {

/// Nine messages of Ada's stand at 4 to 12, and her device holds all of them.
class Windows : public Broken {
  protected:
    Windows() {
        founded();
        std::vector<core::MessageView> messages;
        for (std::uint8_t born = 4; born <= 12; ++born) {
            message(born, ada, born);
            messages.push_back(shown(born, born));
        }
        all_ = showing(std::move(messages));
        all_.view.head = 12;
    }

    /// A window with the messages at these places.
    Part part(core::WindowQuery query, const std::vector<std::uint8_t>& places) const {
        Part part{.query = query, .view = {.more_before = true, .more_after = true}};
        for (const std::uint8_t place : places)
            part.view.messages.push_back(shown(place, place));
        return part;
    }
    static Part at_the_end(Part part) {
        part.view.more_after = false;
        return part;
    }
    void see(const Part& part) { windows()->window_seen(scene_, device(0), all_, part); }
    bool says(const std::string& words) const {
        return scene_.violation() && scene_.violation()->what.find(words) != std::string::npos;
    }

    Showing all_;
};

TEST_F(Windows, NothingIsBrokenWhereTheyAreRight) {
    see(part({.around = 8, .limit = 4}, {7, 8, 9, 10}));
    see(part({.around = 8, .limit = 1}, {8}));
    see(part({.before = 8, .limit = 3}, {5, 6, 7}));
    see(part({.after = 8, .limit = 2}, {9, 10}));
    see(at_the_end(part({.after = 10, .limit = 2}, {11, 12})));
    see(at_the_end(part({.after = 12, .limit = 2}, {})));
    see(at_the_end(part({.limit = 2}, {11, 12})));
    EXPECT_EQ(broken(), -1) << scene_.violation()->what;
}

TEST_F(Windows, Promise5WhereAWindowHasAHole) {
    see(part({.around = 8, .limit = 4}, {7, 8, 10, 11}));
    EXPECT_EQ(broken(), 5);
    EXPECT_TRUE(says("there are [7 8 9 10]")) << scene_.violation()->what;
}

TEST_F(Windows, AHoleThatIsSaidIsNone) {
    auto holed = part({.around = 8, .limit = 4}, {7, 8, 10, 11});
    holed.view.missing = true;
    see(holed);
    EXPECT_EQ(broken(), -1) << scene_.violation()->what;
}

TEST_F(Windows, Promise5WhereAWindowIsBesideThePlace) {
    see(part({.around = 8, .limit = 4}, {6, 7, 8, 9}));
    EXPECT_EQ(broken(), 5);
}

TEST_F(Windows, Promise5WhereThePlaceItselfIsBeforeIt) {
    see(part({.before = 8, .limit = 3}, {6, 7, 8}));
    EXPECT_TRUE(says("not on the side")) << broken();
}

TEST_F(Windows, Promise5WhereAWindowIsNotInOrder) {
    see(part({.before = 8, .limit = 3}, {5, 7, 6}));
    EXPECT_TRUE(says("not in order")) << broken();
}

TEST_F(Windows, Promise5WhereOneIsTwiceInAWindow) {
    auto twice = part({.before = 8, .limit = 3}, {5, 6, 7});
    twice.view.messages[1].id = twice.view.messages[2].id;
    see(twice);
    EXPECT_EQ(broken(), 5);
}

TEST_F(Windows, Promise5WhereAWindowHasAnotherText) {
    auto other = part({.before = 8, .limit = 3}, {5, 6, 7});
    other.view.messages[1].text = "goodbye";
    see(other);
    EXPECT_TRUE(says("other than in the whole")) << broken();
}

TEST_F(Windows, Promise5WhereAWindowHasMoreThanWasAskedFor) {
    see(part({.after = 8, .limit = 2}, {9, 10, 11}));
    EXPECT_TRUE(says("more than was asked for")) << broken();
}

TEST_F(Windows, Promise5WhereAWindowSaysThatItIsTheEndAndIsNot) {
    see(at_the_end(part({.around = 8, .limit = 1}, {8})));
    EXPECT_TRUE(says("nothing behind it")) << broken();
}

TEST_F(Windows, Promise5WhereAWindowSaysThatItIsTheBeginningAndIsNot) {
    auto first = part({.after = 8, .limit = 2}, {9, 10});
    first.view.more_before = false;
    see(first);
    EXPECT_TRUE(says("nothing before it")) << broken();
}

TEST_F(Windows, Promise5WhereAWindowAtTheEndPromisesMore) {
    see(part({.after = 10, .limit = 2}, {11, 12}));
    EXPECT_TRUE(says("there is more behind it")) << broken();
}

TEST_F(Windows, Promise5WhereTheFirstWindowPromisesMoreBefore) {
    see(part({.before = 6, .limit = 2}, {4, 5}));
    EXPECT_TRUE(says("there is more before it")) << broken();
}

TEST_F(Windows, WhoLacksSomethingMayPromiseMore) {
    all_.missing = true;
    see(part({.before = 6, .limit = 2}, {4, 5}));
    EXPECT_EQ(broken(), -1) << scene_.violation()->what;
}

TEST_F(Windows, Promise5WhereWhatWaitsStandsInTheMiddle) {
    all_.messages.push_back(shown(13, 0));
    auto waiting = part({.around = 8, .limit = 4}, {7, 8, 9, 10});
    waiting.view.messages.push_back(shown(13, 0));
    see(waiting);
    EXPECT_TRUE(says("1 that wait instead of 0")) << broken();
}

TEST_F(Windows, Promise5WhereWhatWaitsIsNotShownAtTheEnd) {
    all_.messages.push_back(shown(13, 0));
    see(at_the_end(part({.limit = 2}, {11, 12})));
    EXPECT_TRUE(says("0 that wait instead of 1")) << broken();
}

}  // namespace
}  // namespace parley::sim
