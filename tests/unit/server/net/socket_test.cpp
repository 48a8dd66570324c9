#include "tests/unit/server/net/raw_client.hpp"
#include "tests/unit/server/net/real_server.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace parley::server::test {
namespace {

constexpr std::string_view json = "parley.v1.json";
constexpr std::string_view cbor = "parley.v1.cbor";
constexpr std::string_view ping = R"({"type":"ping"})";
using std::chrono::milliseconds;

/// Upgraded, `hello` read.
struct Open {
    explicit Open(RealServer& server, std::string_view subprotocol = json)
        : client(server.port()), socket(client) {
        EXPECT_EQ(socket.upgrade(subprotocol), 101);
        EXPECT_TRUE(socket.receive());
    }
    RawClient client;
    RawSocket socket;
};

/// An option of each socket of this process that is a connection to this port, as its server has it.
std::vector<int> options_of_accepted(std::uint16_t port, int level, int option) {
    std::vector<int> found;
    constexpr int descriptors_max = 1'024;
    for (int descriptor = 0; descriptor < descriptors_max; ++descriptor) {
        sockaddr_in own{};
        sockaddr_in peer{};
        socklen_t own_size = sizeof own;
        socklen_t peer_size = sizeof peer;
        const bool connected = ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&own), &own_size) == 0 &&
                               ::getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &peer_size) == 0;
        if (!connected || own.sin_family != AF_INET || ntohs(own.sin_port) != port) continue;
        int value = -1;
        socklen_t size = sizeof value;
        EXPECT_EQ(::getsockopt(descriptor, level, option, &value, &size), 0);
        found.push_back(value);
    }
    return found;
}

std::string register_ada(RealServer& server) {
    RawClient client(server.port());
    const std::string body = R"({"handle":"ada","password":"long enough","device_name":"x"})";
    client.send(
        "POST /v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
    const Answer answer = receive_answer(client);
    EXPECT_EQ(answer.status, 201) << answer.body;
    const auto session = protocol::decode<protocol::Session>(answer.body, protocol::Encoding::json);
    return session ? session->access_token : "";
}

TEST(Socket, SaysHelloInTheSubprotocolsKindOfFrame) {
    RealServer server;
    for (const auto& [subprotocol, opcode] : {std::pair(json, text_opcode), std::pair(cbor, binary_opcode)}) {
        RawClient client(server.port());
        RawSocket socket(client);
        ASSERT_EQ(socket.upgrade(subprotocol), 101);
        const auto hello = socket.receive();
        ASSERT_TRUE(hello);
        EXPECT_EQ(hello->opcode, opcode);
    }
}

TEST(Socket, HoldsLittleInTheKernelForAPeerThatDoesNotReadAndLetsItLive) {
    RealServer server;
    const Open open(server);
    const auto buffers = options_of_accepted(server.port(), SOL_SOCKET, SO_SNDBUF);
    ASSERT_EQ(buffers.size(), 1u);
    // Linux doubles what is asked for (socket(7)).
    EXPECT_EQ(buffers.front(), 2 * 128 * 1024);
    // It would end a peer too that lives and does not read; heartbeats find one that is gone.
    EXPECT_EQ(options_of_accepted(server.port(), IPPROTO_TCP, TCP_USER_TIMEOUT), std::vector<int>{0});
    EXPECT_EQ(options_of_accepted(server.port(), IPPROTO_TCP, TCP_NODELAY), std::vector<int>{1});
}

TEST(Socket, ServesASessionFromRegisteringToBeingLive) {
    RealServer server;
    const std::string token = register_ada(server);
    Open open(server);
    open.socket.send(text_opcode, R"({"type":"auth","payload":{"token":")" + token + R"(","client":"x"}})" +
                                      "\n" + R"({"type":"resume"})");
    std::string came;
    while (came.find("\"resumed\"") == std::string::npos) {
        const auto message = open.socket.receive();
        ASSERT_TRUE(message) << came;
        came += message->data;
    }
    EXPECT_NE(came.find("auth.ok"), std::string::npos);
}

TEST(Socket, AnswersHoweverMuchIsAskedAtOnce) {
    RealServer server;
    const std::string token = register_ada(server);
    Open open(server);
    open.socket.send(text_opcode, R"({"type":"auth","payload":{"token":")" + token + R"(","client":"x"}})");
    constexpr int frames = 40;
    constexpr int requests = 20;
    std::string frame;
    for (int i = 0; i < requests; ++i)
        frame += R"({"type":"profile.find","payload":{"handles":["ada"]}})"
                 "\n";
    for (int i = 0; i < frames; ++i)
        open.socket.send(text_opcode, frame);
    std::size_t answers = 0;
    while (answers < std::size_t{frames} * requests) {
        const auto message = open.socket.receive();
        ASSERT_TRUE(message) << answers;
        EXPECT_EQ(message->data.find("rate_limited"), std::string::npos);
        for (auto at = message->data.find("\"type\":\"profiles\""); at != std::string::npos;
             at = message->data.find("\"type\":\"profiles\"", at + 1))
            ++answers;
    }
}

TEST(Socket, TakesFragmentsAndAnswersPingsOfTheSocket) {
    RealServer server;
    Open open(server);
    open.socket.send(text_opcode, ping.substr(0, 5), false);
    open.socket.send(ping_opcode, "x");
    open.socket.send(continuation_opcode, ping.substr(5));
    bool ponged = false;
    bool answered = false;
    while (!ponged || !answered) {
        const auto message = open.socket.receive();
        ASSERT_TRUE(message);
        ponged = ponged || (message->opcode == pong_opcode && message->data == "x");
        answered = answered || message->data.find("not_signed_in") != std::string::npos;
    }
}

TEST(Socket, ClosesWithTheCodeThatFits) {
    RealServer server;
    const std::string long_text(65'537, ' ');
    const auto code_after = [&](std::string_view subprotocol, int opcode, std::string_view data,
                                bool masked = true) {
        Open open(server, subprotocol);
        open.socket.send(opcode, data, true, masked);
        return open.socket.close_code();
    };
    EXPECT_EQ(code_after(json, text_opcode, "hello"), 4003);
    EXPECT_EQ(code_after(cbor, binary_opcode, "\xff"), 4003);
    EXPECT_EQ(code_after(json, binary_opcode, ping), 4003) << "the wrong kind of frame";
    EXPECT_EQ(code_after(cbor, text_opcode, ping), 4003);
    EXPECT_EQ(code_after(json, text_opcode, long_text), 1009);
    EXPECT_EQ(code_after(json, text_opcode, "\xff"), 1007);
    EXPECT_EQ(code_after(json, text_opcode, ping, false), 1002) << "not masked";
    EXPECT_EQ(code_after(json, 5, ping), 1002) << "no opcode";
}

TEST(Socket, EndsFragmentsThatAddUpToTooMuch) {
    RealServer server;
    Open open(server);
    const std::string part(10'000, ' ');
    for (int i = 0; i < 8; ++i)
        open.socket.send(i == 0 ? text_opcode : continuation_opcode, part, false);
    EXPECT_EQ(open.socket.close_code(), 1009);
}

TEST(Socket, AnswersTheClientsClose) {
    RealServer server;
    Open open(server);
    open.socket.send(close_opcode, std::string("\x03\xe8", 2));
    EXPECT_EQ(open.socket.close_code(), 1000);
    EXPECT_TRUE(open.client.ends_within(milliseconds(3'000)));
}

TEST(Socket, IsRefusedToForeignPagesAndUnknownSubprotocols) {
    RealServer server;
    const auto status = [&](std::string_view subprotocol, std::string_view headers,
                            std::string_view path = "/v1/socket") {
        RawClient client(server.port());
        return RawSocket(client).upgrade(subprotocol, headers, path);
    };
    EXPECT_EQ(status(json, "Origin: https://evil.example\r\n"), 403);
    EXPECT_EQ(status(json, "Origin: null\r\n"), 403);
    EXPECT_EQ(status(json, "Origin: http://127.0.0.1\r\n"), 101);
    EXPECT_EQ(status("", ""), 400);
    EXPECT_EQ(status("mqtt", ""), 400);
    EXPECT_EQ(status(json, "", "/v1/other"), 404);
}

TEST(Socket, CutsOffWhoDoesNotAnswerItsClose) {
    NetOptions net;
    net.close_time_max = parley::milliseconds(200);
    RealServer server(net);
    Open open(server);
    server.drain();
    EXPECT_EQ(open.socket.close_code(), 1001);
    EXPECT_TRUE(open.client.ends_within(milliseconds(3'000)));
}

TEST(Socket, IsCountedWhileItIsThere) {
    RealServer server;
    {
        Open open(server);
        EXPECT_EQ(server.listener().sockets(), 1);
        server.drain();
        open.socket.close_code();
        open.socket.send(close_opcode, std::string("\x03\xe9", 2));
        EXPECT_TRUE(open.client.ends_within(milliseconds(3'000)));
    }
    Open again(server);
    EXPECT_LE(server.listener().sockets(), 2);
}

}  // namespace
}  // namespace parley::server::test
