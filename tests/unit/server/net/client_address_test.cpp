#include "server/net/client_address.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "tests/unit/server/net/raw_client.hpp"
#include "tests/unit/server/net/real_server.hpp"

#include <gtest/gtest.h>

namespace parley::server::test {
namespace {

Address address(std::string_view text) {
    const auto parsed = parse_address(text);
    EXPECT_TRUE(parsed) << text;
    return parsed.value_or(Address{});
}

TrustedProxies proxies(const std::vector<std::string>& texts) {
    auto parsed = TrustedProxies::parse(texts);
    EXPECT_TRUE(parsed) << parsed.error().context;
    return parsed ? std::move(*parsed) : TrustedProxies();
}

TEST(Address, IsReadAsProxiesWriteIt) {
    EXPECT_EQ(address("203.0.113.7"), address("::ffff:203.0.113.7"));
    EXPECT_EQ(address(" 203.0.113.7:4711 "), address("203.0.113.7"));
    EXPECT_EQ(address("[2001:db8::7]:4711"), address("2001:db8::7"));
    EXPECT_EQ(address("[2001:db8::7]"), address("2001:DB8:0:0::7"));
    for (const char* text : {"", "unknown", "_hidden", "1.2.3", "1.2.3.4.5", "256.1.1.1", "[::1",
                             "::1::", "1:2", "proxy.example", "1.2.3.4 5.6.7.8"}) {
        EXPECT_FALSE(parse_address(text)) << text;
    }
}

TEST(Address, IsCountedByWhatOnePersonHas) {
    EXPECT_NE(limit_key(address("203.0.113.7")), limit_key(address("203.0.113.8")));
    EXPECT_EQ(limit_key(address("2001:db8:1:2::7")), limit_key(address("2001:db8:1:2:ffff::8")));
    EXPECT_NE(limit_key(address("2001:db8:1:2::7")), limit_key(address("2001:db8:1:3::7")));
}

TEST(TrustedProxies, AreAddressesAndNetworks) {
    const auto some = proxies({"127.0.0.1", "10.0.0.0/8", "172.16.0.0/12", "fd00::/8", "2001:db8::1"});
    for (const char* text :
         {"127.0.0.1", "10.255.1.2", "172.31.255.255", "fd12::7", "2001:db8::1", "::ffff:10.1.1.1"})
        EXPECT_TRUE(some.trusts(address(text))) << text;
    for (const char* text : {"127.0.0.2", "11.0.0.1", "172.32.0.0", "fe00::1", "2001:db8::2", "::1"})
        EXPECT_FALSE(some.trusts(address(text))) << text;
    EXPECT_FALSE(TrustedProxies().trusts(address("127.0.0.1")));
    for (const char* text : {"", "x", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.1/8", "fd00::/129",
                             "10.0.0.0/8x", "10.0.0.0:80", "/8", "10.0.0.0/2147483647", "fd00::/2147483647",
                             "10.0.0.0/99999999999", "::ffff:10.0.0.0/129", "::ffff:10.0.0.1/104"}) {
        const std::vector<std::string> texts{text};
        const auto parsed = TrustedProxies::parse(texts);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().code, ErrorCode::invalid);
    }
}

TEST(TrustedProxies, CountTheBitsOfTheFormInWhichTheyAreWritten) {
    const auto mapped = proxies({"::ffff:10.0.0.0/104"});
    EXPECT_TRUE(mapped.trusts(address("10.255.1.2")));
    EXPECT_FALSE(mapped.trusts(address("11.0.0.1")));
    EXPECT_TRUE(proxies({"::ffff:0.0.0.0/96"}).trusts(address("203.0.113.7")));
    EXPECT_TRUE(proxies({"0.0.0.0/0"}).trusts(address("203.0.113.7")));
    EXPECT_FALSE(proxies({"0.0.0.0/0"}).trusts(address("2001:db8::7")));
    EXPECT_TRUE(proxies({"::/0"}).trusts(address("203.0.113.7")));
    EXPECT_TRUE(proxies({"10.1.2.3/32"}).trusts(address("10.1.2.3")));
}

TEST(TrustedProxies, AreBelievedAndNobodyElse) {
    const auto some = proxies({"10.0.0.0/8"});
    const auto client = [&](std::string_view peer, std::string_view forwarded) {
        return some.client_of(address(peer), forwarded);
    };
    EXPECT_EQ(client("203.0.113.7", "198.51.100.1"), address("203.0.113.7")) << "no proxy of ours";
    EXPECT_EQ(client("10.0.0.1", "198.51.100.1"), address("198.51.100.1"));
    EXPECT_EQ(client("10.0.0.1", ""), address("10.0.0.1"));
    EXPECT_EQ(client("10.0.0.1", "198.51.100.1, 10.0.0.2"), address("198.51.100.1")) << "two proxies of ours";
    EXPECT_EQ(client("10.0.0.1", "1.1.1.1, 198.51.100.1"), address("198.51.100.1"))
        << "what the client wrote in front is not believed";
    EXPECT_EQ(client("10.0.0.1", "198.51.100.1, nonsense"), address("10.0.0.1"));
    EXPECT_EQ(client("10.0.0.1", "10.0.0.3,10.0.0.2"), address("10.0.0.3")) << "a client inside";
    EXPECT_EQ(client("10.0.0.1", "[2001:db8::7]:4711"), address("2001:db8::7"));
    EXPECT_EQ(client("10.0.0.1", ",,,"), address("10.0.0.1"));
}

/// The status of a sign-in with a wrong password, as from this client.
int wrong_password(RealServer& server, const std::string& headers) {
    RawClient client(server.port());
    const std::string body = R"({"handle":"ada","password":"wrong and long","device_name":"x"})";
    client.send("POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + headers +
                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return receive_answer(client).status;
}

TEST(TrustedProxies, LetThePasswordLimitCountTheirClients) {
    NetOptions net;
    net.proxies = proxies({"127.0.0.1"});
    RealServer server(net);
    const auto as = [&](const std::string& forwarded) {
        return wrong_password(server, "X-Forwarded-For: " + forwarded + "\r\n");
    };
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(as("198.51.100.1"), 401);
    EXPECT_EQ(as("198.51.100.1"), 429);
    EXPECT_EQ(as("1.1.1.1\r\nX-Forwarded-For: 198.51.100.1"), 429) << "the last header is the proxy's";
    EXPECT_EQ(as("198.51.100.2"), 401) << "another client of the same proxy";
}

TEST(TrustedProxies, ThatAreNotSetLeaveAllToTheAddressOfThePeer) {
    RealServer server;
    for (int i = 0; i < 5; ++i)
        EXPECT_EQ(wrong_password(server, "X-Forwarded-For: 198.51.100." + std::to_string(i) + "\r\n"), 401);
    EXPECT_EQ(wrong_password(server, "X-Forwarded-For: 198.51.100.9\r\n"), 429);
}

}  // namespace
}  // namespace parley::server::test
