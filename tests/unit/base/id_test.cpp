#include "base/id.hpp"

#include <gtest/gtest.h>

#include <type_traits>
#include <unordered_set>

namespace parley {
namespace {

using AppleId = Id<struct AppleTag>;
using PearId = Id<struct PearTag>;

TEST(Id, OfOneThingDoesNotConvertIntoThatOfAnother) {
    EXPECT_FALSE((std::is_convertible_v<AppleId, PearId>));
    EXPECT_FALSE((std::is_constructible_v<PearId, AppleId>));
}

TEST(Id, IsNotMadeFromTextByAccident) {
    EXPECT_FALSE((std::is_convertible_v<std::string, AppleId>));
}

TEST(Id, IsEmptyUntilItIsGiven) {
    EXPECT_TRUE(AppleId().empty());
    EXPECT_FALSE(AppleId("a1").empty());
    EXPECT_EQ(AppleId("a1").text(), "a1");
}

TEST(Id, IsOrderedAsItsText) {
    EXPECT_LT(AppleId("a1"), AppleId("a2"));
    EXPECT_EQ(AppleId("a1"), AppleId("a1"));
    EXPECT_NE(AppleId("a1"), AppleId("A1"));
}

TEST(Id, CanBeAKeyOfHashTables) {
    std::unordered_set<AppleId> ids{AppleId("a1"), AppleId("a2"), AppleId("a1")};
    EXPECT_EQ(ids.size(), 2U);
    EXPECT_TRUE(ids.contains(AppleId("a2")));
}

}  // namespace
}  // namespace parley
