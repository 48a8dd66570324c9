#include "base/digest.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace parley {
namespace {

std::string digest_of(std::initializer_list<std::string_view> texts) {
    Digest digest;
    for (const std::string_view text : texts)
        digest.add(text);
    return digest.digits();
}

TEST(Digest, TellsSequencesApart) {
    std::set<std::string> digests;
    digests.insert(digest_of({}));
    digests.insert(digest_of({""}));
    digests.insert(digest_of({"", ""}));
    digests.insert(digest_of({"ab"}));
    digests.insert(digest_of({"a", "b"}));
    digests.insert(digest_of({"ba"}));
    digests.insert(digest_of({"12345678"}));
    digests.insert(digest_of({"123456789"}));
    digests.insert(digest_of({std::string_view("12345678\0", 9)}));
    EXPECT_EQ(digests.size(), 9u);
    EXPECT_EQ(digest_of({"123456789"}), digest_of({"123456789"}));
}

TEST(Digest, IsTheSameOnEveryMachine) {
    Digest digest;
    digest.add("one word, and then some more");
    digest.add(std::int64_t{-7});
    EXPECT_EQ(digest.digits(), "c5b8806ffaeaddb1");
}

}  // namespace
}  // namespace parley
