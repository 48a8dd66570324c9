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

TEST(Connections, AboveTheirNumberAreToldSoAndEndedAtOnce) {
    NetOptions net;
    net.connections_max = 2;
    RealServer server(net);
    RawClient one(server.port());
    one.send(get("/livez"));
    EXPECT_EQ(receive_answer(one).status, 200);
    RawClient two(server.port());
    two.send(get("/livez"));
    EXPECT_EQ(receive_answer(two).status, 200);
    RawClient three(server.port());
    three.send(get("/livez"));
    const Answer answer = receive_answer(three);
    EXPECT_EQ(answer.status, 503);
    EXPECT_NE(answer.head.find("Retry-After: 5\r\n"), std::string::npos) << answer.head;
    EXPECT_NE(answer.body.find(R"("code":"unavailable")"), std::string::npos) << answer.body;
    EXPECT_TRUE(three.ends_within(milliseconds(3'000)));
    RawClient four(server.port());
    RawSocket socket(four);
    EXPECT_EQ(socket.upgrade("parley.v1.json"), 503);
    one.send(get("/livez"));
    EXPECT_EQ(receive_answer(one).status, 200);
    EXPECT_EQ(server.listener().refused(), 2);
    EXPECT_EQ(server.listener().connections(), 2);
}

TEST(Connections, OfOneAddressDoNotTakeAllPlaces) {
    NetOptions net;
    net.strangers_max = 2;
    RealServer server(net);
    RawClient one(server.port());
    one.send(get("/livez"));
    EXPECT_EQ(receive_answer(one).status, 200);
    {
        RawClient two(server.port());
        two.send(get("/livez"));
        EXPECT_EQ(receive_answer(two).status, 200);
        RawClient three(server.port());
        three.send(get("/livez"));
        const Answer answer = receive_answer(three);
        EXPECT_EQ(answer.status, 503);
        EXPECT_NE(answer.head.find("Retry-After: 5\r\n"), std::string::npos) << answer.head;
        EXPECT_TRUE(three.ends_within(milliseconds(3'000)));
        EXPECT_EQ(server.listener().refused(), 1);
    }
    EXPECT_TRUE(parley::test::comes_true([&] { return server.listener().connections() == 1; }));
    RawClient four(server.port());
    four.send(get("/livez"));
    EXPECT_EQ(receive_answer(four).status, 200) << "a place is free again";
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
        all.back()->send(get("/livez"));
        EXPECT_EQ(receive_answer(*all.back()).status, 200);
    }
}

TEST(Connections, AFloodAboveTheirNumberHoldsNothing) {
    NetOptions net;
    net.connections_max = 1;
    RealServer server(net);
    RawClient one(server.port());
    one.send(get("/livez"));
    EXPECT_EQ(receive_answer(one).status, 200);
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
    one.send(get("/livez"));
    EXPECT_EQ(receive_answer(one).status, 200);
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
    one.send(get("/livez"));
    EXPECT_EQ(receive_answer(one).status, 200);
    RawClient two(server.port());
    ASSERT_TRUE(two.secure());
    two.send(get("/livez"));
    const Answer answer = receive_answer(two);
    EXPECT_EQ(answer.status, 503);
    EXPECT_NE(answer.head.find("Retry-After: 5\r\n"), std::string::npos) << answer.head;
    EXPECT_NE(answer.body.find(R"("code":"unavailable")"), std::string::npos) << answer.body;
    EXPECT_TRUE(two.ends_within(milliseconds(3'000)));
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
    one.send(get("/livez"));
    EXPECT_EQ(receive_answer(one).status, 200);
}

}  // namespace
}  // namespace parley::server::test
