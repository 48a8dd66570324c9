#include "client/home.hpp"

#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace parley::client {
namespace {

using test::TemporaryFolder;

AccountPlace remembered(const Home& home, std::string_view handle, std::string_view server) {
    const auto place = home.prepare(handle, *ServerAddress::parse(server), "");
    EXPECT_TRUE(place);
    EXPECT_TRUE(Home::remember(*place));
    return *place;
}

TEST(Home, AFolderThatCannotBeSyncedAtAllIsNoFailure) {
    const TemporaryFolder folder;
    EXPECT_TRUE(sync_folder(folder.path()));
    EXPECT_TRUE(sync_folder("/proc/self")) << "which answers EINVAL";
    EXPECT_FALSE(sync_folder(folder.path() / "missing"));
}

TEST(Home, FindsNobodyInAnEmptyFolder) {
    const TemporaryFolder folder;
    const Home home(folder.path() / "not-there");
    const auto found = home.find(std::nullopt);
    ASSERT_FALSE(found);
    EXPECT_NE(found.error().sentence.find("parley login"), std::string::npos);
}

TEST(Home, FindsTheOnlyAccountWithoutAName) {
    const TemporaryFolder folder;
    const Home home(folder.path());
    remembered(home, "ada", "https://chat.example.org");
    const auto found = home.find(std::nullopt);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->name, "ada@chat.example.org");
    EXPECT_EQ(found->handle(), "ada");
    EXPECT_EQ(found->server.text(), "https://chat.example.org");
}

TEST(Home, AsksWhichOfSeveral) {
    const TemporaryFolder folder;
    const Home home(folder.path());
    remembered(home, "ada", "https://one.example");
    remembered(home, "ada", "https://two.example");
    remembered(home, "bob", "https://one.example");
    EXPECT_FALSE(home.find(std::nullopt));
    EXPECT_FALSE(home.find("ada"));
    EXPECT_FALSE(home.find("eve"));
    EXPECT_TRUE(home.find(std::nullopt).error().several);
    EXPECT_TRUE(home.find("ada").error().several);
    EXPECT_FALSE(home.find("eve").error().several);
    EXPECT_EQ(home.find("bob")->name, "bob@one.example");
    EXPECT_EQ(home.find("ada@two.example")->server.host, "two.example");
}

TEST(Home, SaysTheShortestWordForAnAccount) {
    const TemporaryFolder folder;
    const Home home(folder.path());
    const AccountPlace ada = remembered(home, "ada", "https://one.example");
    EXPECT_EQ(home.word_for(ada), "") << "the only one";
    const AccountPlace bob = remembered(home, "bob", "https://one.example");
    EXPECT_EQ(home.word_for(ada), "ada");
    EXPECT_EQ(home.word_for(bob), "bob");
    remembered(home, "ada", "https://two.example");
    EXPECT_EQ(home.word_for(ada), "ada@one.example");
    EXPECT_EQ(home.word_for(bob), "bob");
}

TEST(Home, DoesNotFindWhatWasPreparedOrForgotten) {
    const TemporaryFolder folder;
    const Home home(folder.path());
    ASSERT_TRUE(home.prepare("ada", *ServerAddress::parse("a.example"), ""));
    EXPECT_TRUE(home.accounts().empty());
    const auto place = remembered(home, "bob", "a.example");
    EXPECT_EQ(home.accounts().size(), 1u);
    Home::forget(place);
    EXPECT_TRUE(home.accounts().empty());
}

TEST(Home, IsForItsOwnerOnly) {
    const TemporaryFolder folder;
    const Home home(folder.path());
    const auto place = remembered(home, "ada", "a.example");
    EXPECT_EQ(std::filesystem::status(place.folder).permissions(), std::filesystem::perms::owner_all);
}

TEST(OwnerLock, IsHeldByOneAtATime) {
    const TemporaryFolder folder;
    const auto place = remembered(Home(folder.path()), "ada", "a.example");
    auto first = OwnerLock::try_take(place);
    ASSERT_TRUE(first);
    EXPECT_FALSE(OwnerLock::try_take(place));
    EXPECT_EQ(OwnerLock::holder(place), ::getpid());
    first.reset();
    EXPECT_TRUE(OwnerLock::try_take(place));
}

TEST(Home, AnswersWhereTheFolderCannotBeLookedInto) {
    const AccountPlace place{.folder = std::string(5000, 'x'), .name = "ada@x", .server = {}, .ca_file = {}};
    EXPECT_FALSE(Home::remembers(place));
    EXPECT_FALSE(Home::records(place));
    EXPECT_FALSE(Home::set_records(place, false));
}

TEST(Home, AnAccountIsFoundByTheHandleOfNow) {
    const TemporaryFolder folder;
    const Home home(folder.path());
    const auto server = *ServerAddress::parse("https://chat.example.org");
    remembered(home, "ada", "https://chat.example.org");
    ASSERT_TRUE(Home::rename(*home.find("ada"), "countess"));
    EXPECT_FALSE(home.find("ada"));
    for (const char* wanted : {"countess", "countess@chat.example.org"}) {
        const auto found = home.find(wanted);
        ASSERT_TRUE(found) << found.error().sentence;
        EXPECT_EQ(found->handle(), "countess");
        EXPECT_EQ(found->folder.filename(), "ada@chat.example.org");
    }
    // Signing in again finds what this device holds.
    EXPECT_EQ(home.prepare("countess", server, "")->folder.filename(), "ada@chat.example.org");
    ASSERT_TRUE(Home::rename(*home.find("countess"), "ada"));
    EXPECT_EQ(home.find("ada")->handle(), "ada");
    EXPECT_FALSE(home.find("countess"));
    ASSERT_TRUE(Home::rename(*home.find("ada"), "countess"));
    Home::forget(*home.find("countess"));
    remembered(home, "ada", "https://chat.example.org");
    EXPECT_EQ(home.find({})->handle(), "ada");
}

}  // namespace
}  // namespace parley::client
