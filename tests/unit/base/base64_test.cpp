#include "base/base64.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>

namespace parley {
namespace {

std::string base64(std::string_view text) {
    return to_base64(as_bytes(text));
}

TEST(Base64, WritesTheExamplesOfTheRfc) {
    EXPECT_EQ(base64(""), "");
    EXPECT_EQ(base64("f"), "Zg==");
    EXPECT_EQ(base64("fo"), "Zm8=");
    EXPECT_EQ(base64("foo"), "Zm9v");
    EXPECT_EQ(base64("foob"), "Zm9vYg==");
    EXPECT_EQ(base64("fooba"), "Zm9vYmE=");
    EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
    EXPECT_EQ(base64("\xff\xfe\xfd"), "//79");
}

RC_GTEST_PROP(Base64, GivesBackWhatItTook, (const std::string& bytes)) {
    RC_ASSERT(from_base64(base64(bytes)) == bytes);
}

TEST(Base64, TakesOnlyWhatItWouldWrite) {
    for (const char* wrong : {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z===", "====", "Zm 9", "Zm9v\n",
                              "Zg==Zg==", "Zm9-", "=Zm9"})
        EXPECT_EQ(from_base64(wrong), std::nullopt) << wrong;
}

}  // namespace
}  // namespace parley
