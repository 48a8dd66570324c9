#include "tests/unit/server/api/world.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

/// What the calls answer that are no message of the protocol.
namespace parley::server::test {
namespace {

using protocol::Encoding;

/// Lists of conversations up to the last of them, each as strictly read as our own clients would.
std::vector<std::string> conversation_lists(World& world, const Account& account) {
    std::vector<std::string> bodies;
    std::optional<std::int64_t> after;
    do {
        const std::string query = after ? "?after=" + std::to_string(*after) : "";
        bodies.push_back(world.call("GET", "/v1/conversations" + query, {}, account.access).body);
        const auto list = protocol::decode<protocol::ConversationList>(bodies.back(), Encoding::json);
        EXPECT_TRUE(list) << bodies.back();
        for (const auto& one : list ? list->conversations : std::vector<protocol::ConversationEntry>())
            EXPECT_EQ(one.type, "conversation.state");
        after = list ? list->after : std::nullopt;
    } while (after && bodies.size() < 100);
    return bodies;
}

TEST(HttpAnswers, FillEachListOfConversations) {
    constexpr int groups = 236;
    World world;
    const Account ada = world.person("ada");
    Peer& peer = world.online(ada);
    for (int i = 0; i < groups; ++i)
        world.group(peer, {});
    // Small ones: as many as may be in one.
    EXPECT_EQ(conversation_lists(world, ada).size(), 2u);
    // Large ones: as many as have room; two more of them have none.
    const Account bob = world.person("bob");
    Peer& other = world.online(bob);
    for (int i = 0; i < groups; ++i)
        other.ask(message(world.group(other, {}, std::string(100, '"')), std::string(200, '\x01')));
    world.settle();
    const auto lists = conversation_lists(world, bob);
    constexpr auto bytes_max = static_cast<std::size_t>(limits::page_bytes_max);
    const std::size_t each = lists.front().size() / 30;  // there are fewer, so that they are larger
    for (std::size_t i = 0; i < lists.size(); ++i) {
        EXPECT_LE(lists[i].size(), bytes_max + 50) << "what stands around them included";
        if (i + 1 < lists.size()) {
            EXPECT_GT(lists[i].size() + 2 * each, bytes_max);
        }
    }
    EXPECT_GT(lists.size(), 5u);
}

TEST(HttpAnswers, AreWhatTheSchemaSays) {
    World world;
    const Account ada = world.person("ada");
    const auto devices = protocol::decode<protocol::DeviceList>(
        world.call("GET", "/v1/devices", {}, ada.access).body, Encoding::json);
    ASSERT_TRUE(devices);
    ASSERT_EQ(devices->devices.size(), 1u);
    EXPECT_EQ(devices->devices.front().device, ada.device);
    const auto profile = protocol::decode<protocol::ProfileChanged>(
        world.call("GET", "/v1/profile", {}, ada.access).body, Encoding::json);
    ASSERT_TRUE(profile);
    EXPECT_EQ(profile->profile.account, ada.id);
    EXPECT_EQ(conversation_lists(world, ada), std::vector<std::string>{"{}"})
        << "an empty list is not written";
}

TEST(HttpAnswers, PageThroughTheConversations) {
    World world;
    const Account ada = world.person("ada");
    Peer& peer = world.online(ada);
    for (int i = 0; i < 205; ++i)
        world.group(peer, {});
    std::set<std::string> seen;
    std::string query;
    int pages = 0;
    do {
        ASSERT_LT(++pages, 20);
        const std::string body = world.call("GET", "/v1/conversations" + query, {}, ada.access).body;
        EXPECT_LE(body.size(), static_cast<std::size_t>(limits::page_bytes_max));
        for (std::size_t at = 0; (at = body.find("\"stream\":\"", at)) != std::string::npos; ++at)
            EXPECT_TRUE(seen.insert(body.substr(at + 10, 11)).second) << "each comes once";
        const std::size_t after = body.rfind("],\"after\":");
        query =
            after == std::string::npos ? "" : "?after=" + body.substr(after + 10, body.size() - after - 11);
        // What moves meanwhile, does so behind the reader.
        if (pages == 1) world.group(peer, {});
    } while (!query.empty());
    EXPECT_GT(pages, 1);
    EXPECT_EQ(seen.size(), 205u);
}

}  // namespace
}  // namespace parley::server::test
