// How many connections there may be, in all and of one address, and what the others hear.

#include "tests/support/comes_true.hpp"
#include "tests/unit/server/net/certificate.hpp"
#include "tests/unit/server/net/raw_client.hpp"
#include "tests/unit/server/net/real_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace parley::server::test {
namespace {

using std::chrono::milliseconds;

void expect_served(RawClient& client) {
    client.send(get("/livez"));
    EXPECT_EQ(receive_answer(client).status, 200);
}

/// It is told when to come again, and ended.
void expect_refused(RawClient& client) {
    client.send(get("/livez"));
    const Answer answer = receive_answer(client);
    EXPECT_EQ(answer.status, 503);
    EXPECT_NE(answer.head.find("Retry-After: 5\r\n"), std::string::npos) << answer.head;
    EXPECT_NE(answer.body.find(R"("code":"unavailable")"), std::string::npos) << answer.body;
    EXPECT_TRUE(client.ends_within(milliseconds(3'000)));
}

TEST(Connections, AboveTheirNumberAreToldSoAndEndedAtOnce) {
    NetOptions net;
    net.connections_max = 2;
    RealServer server(net);
    RawClient one(server.port());
    expect_served(one);
    RawClient two(server.port());
    expect_served(two);
    RawClient three(server.port());
    expect_refused(three);
    RawClient four(server.port());
    RawSocket socket(four);
    EXPECT_EQ(socket.upgrade("parley.v1.json"), 503);
    expect_served(one);
    EXPECT_EQ(server.listener().refused(), 2);
    EXPECT_EQ(server.listener().connections(), 2);
}

TEST(Connections, OfOneAddressDoNotTakeAllPlaces) {
    NetOptions net;
    net.strangers_max = 2;
    RealServer server(net);
    RawClient one(server.port());
    expect_served(one);
    {
        RawClient two(server.port());
        expect_served(two);
        RawClient three(server.port());
        expect_refused(three);
        EXPECT_EQ(server.listener().refused(), 1);
    }
    EXPECT_TRUE(parley::test::comes_true([&] { return server.listener().connections() == 1; }));
    RawClient four(server.port());
    // A place is free again.
    expect_served(four);
}

TEST(Connections, OfAProxyAreAsManyAsItLikes) {
    NetOptions net;
    net.strangers_max = 1;
    const std::vector<std::string> proxies{"127.0.0.1"};
    net.proxies = *TrustedProxies::parse(proxies);
    RealServer server(net);
    std::vector<std::unique_ptr<RawClient>> all;
    for (int i = 0; i < 5; ++i) {
        all.push_back(std::make_unique<RawClient>(server.port()));
        expect_served(*all.back());
    }
}

TEST(Connections, AFloodAboveTheirNumberHoldsNothing) {
    NetOptions net;
    net.connections_max = 1;
    RealServer server(net);
    RawClient one(server.port());
    expect_served(one);
    // Those that are held for a moment are some of them; the others have their end at once, though they read
    // nothing.
    std::vector<std::unique_ptr<RawClient>> flood;
    std::int64_t held = 0;
    for (int i = 0; i < 300; ++i) {
        flood.push_back(std::make_unique<RawClient>(server.port()));
        held = std::max(held, server.listener().refusals());
    }
    for (const auto& client : flood)
        EXPECT_TRUE(client->receive_all());
    held = std::max(held, server.listener().refusals());
    EXPECT_GT(held, 0);
    EXPECT_LE(held, refusals_held_max);
    // The peers are all there still.
    EXPECT_TRUE(parley::test::comes_true([&] { return server.listener().refusals() == 0; }));
    EXPECT_EQ(server.listener().refused(), 300);
    EXPECT_EQ(server.listener().connections(), 1);
    expect_served(one);
}

TEST(Connections, AboveTheirNumberAreToldSoThroughTlsToo) {
    const Certificate certificate;
    NetOptions net;
    net.connections_max = 1;
    net.certificate_file = certificate.certificate_file();
    net.key_file = certificate.key_file();
    RealServer server(net);
    RawClient one(server.port());
    ASSERT_TRUE(one.secure());
    expect_served(one);
    RawClient two(server.port());
    ASSERT_TRUE(two.secure());
    expect_refused(two);
    // Handshakes are work: of a flood that begins none, few are held, and all have their end soon.
    std::vector<std::unique_ptr<RawClient>> flood;
    std::int64_t held = 0;
    for (int i = 0; i < 100; ++i) {
        flood.push_back(std::make_unique<RawClient>(server.port()));
        held = std::max(held, server.listener().refusals());
    }
    for (const auto& client : flood)
        EXPECT_TRUE(client->ends_within(milliseconds(3'000)));
    EXPECT_LE(held, refusals_secured_max);
    EXPECT_EQ(server.listener().refused(), 101);
    EXPECT_EQ(server.listener().connections(), 1);
    expect_served(one);
}

}  // namespace
}  // namespace parley::server::test
