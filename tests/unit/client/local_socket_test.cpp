#include "client/net/local_socket.hpp"

#include "tests/support/temporary_folder.hpp"
#include "tests/unit/client/soon.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace parley::client {
namespace {

using test::TemporaryFolder;

/// Both ends in one loop.
struct Pair {
    explicit Pair(const std::string& folder) {
        listener = *LocalListener::create(loop, folder, [this](std::unique_ptr<LocalConnection> connection) {
            server = std::move(connection);
            server->start([this](LocalMessage message) { heard.push_back(std::move(message)); },
                          [this] { server_saw_end = true; });
        });
        client = *LocalConnection::connect(loop, folder);
        client->start([this](LocalMessage message) { answered.push_back(std::move(message)); },
                      [this] { client_saw_end = true; });
        EXPECT_TRUE(loop.run_until([this] { return server != nullptr; }, soon()));
    }

    Loop loop;
    std::unique_ptr<LocalListener> listener;
    std::unique_ptr<LocalConnection> server;
    std::unique_ptr<LocalConnection> client;
    std::vector<LocalMessage> heard;
    std::vector<LocalMessage> answered;
    bool server_saw_end = false;
    bool client_saw_end = false;
};

TEST(LocalSocket, CarriesMessagesInOrderBothWays) {
    const TemporaryFolder folder;
    Pair pair(folder.path());
    const std::string large(1'000'000, 'x');
    pair.client->send({.kind = LocalMessage::Kind::request, .until = Instant{123456789}, .body = "one"});
    pair.client->send({.kind = LocalMessage::Kind::commands, .until = {}, .body = large});
    pair.client->send({.kind = LocalMessage::Kind::request, .until = {}, .body = ""});
    pair.server->send({.kind = LocalMessage::Kind::output, .until = {}, .body = std::string("\0z", 2)});
    ASSERT_TRUE(
        pair.loop.run_until([&] { return pair.heard.size() == 3 && pair.answered.size() == 1; }, soon()));
    EXPECT_EQ(pair.heard[0].body, "one");
    EXPECT_EQ(pair.heard[0].until, Instant{123456789});
    EXPECT_EQ(pair.heard[1].kind, LocalMessage::Kind::commands);
    EXPECT_EQ(pair.heard[1].body, large);
    EXPECT_EQ(pair.heard[2].body, "");
    EXPECT_EQ(pair.answered[0].body, std::string("\0z", 2));
    EXPECT_EQ(pair.client->bytes_queued(), 0u);
}

TEST(LocalSocket, TellsWhenTheOtherSideEnds) {
    const TemporaryFolder folder;
    Pair pair(folder.path());
    pair.server.reset();
    EXPECT_TRUE(pair.loop.run_until([&] { return pair.client_saw_end; }, soon()));
}

TEST(LocalSocket, FailsAtOnceWhereNobodyListens) {
    const TemporaryFolder folder;
    Loop loop;
    EXPECT_FALSE(LocalConnection::connect(loop, folder.path()));
    {
        const Pair pair(folder.path());
    }
    EXPECT_FALSE(LocalConnection::connect(loop, folder.path())) << "the socket of one that ended";
    const Pair next(folder.path());
    EXPECT_TRUE(next.server);
}

TEST(LocalSocket, LivesInFoldersWithLongNames) {
    const TemporaryFolder folder;
    const auto deep = folder.path() / std::string(100, 'a') / std::string(100, 'b');
    std::filesystem::create_directories(deep);
    const Pair pair(deep);
    EXPECT_TRUE(pair.server);
}

}  // namespace
}  // namespace parley::client
