#include "protocol/codec.hpp"
#include "server/net/options.hpp"
#include "server/ops/clock.hpp"
#include "tests/support/comes_true.hpp"
#include "tests/unit/server/net/certificate.hpp"
#include "tests/unit/server/net/raw_client.hpp"
#include "tests/unit/server/net/real_server.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <string>
#include <thread>

namespace parley::server::test {
namespace {

using std::chrono::milliseconds;

/// Whatever a peer may take long for ends after a fifth of a second.
NetOptions impatient() {
    NetOptions net;
    net.header_time_max = parley::milliseconds(200);
    net.idle_time_max = parley::milliseconds(200);
    net.body_time_max = parley::milliseconds(200);
    return net;
}

TEST(HttpConnection, ServesOneCallAfterAnother) {
    RealServer server;
    RawClient client(server.port());
    for (int i = 0; i < 3; ++i) {
        client.send(get("/livez"));
        const Answer answer = receive_answer(client);
        EXPECT_EQ(answer.status, 200);
        EXPECT_EQ(answer.body, "alive\n");
        EXPECT_NE(answer.head.find("Cache-Control: no-store"), std::string::npos);
    }
    client.send(get("/livez") + get("/v1/nothing"));
    EXPECT_EQ(receive_answer(client).status, 200);
    EXPECT_EQ(receive_answer(client).status, 404);
}

TEST(HttpConnection, EndsWhenItIsAskedTo) {
    RealServer server;
    RawClient client(server.port());
    client.send(get("/livez", "Connection: close\r\n"));
    EXPECT_EQ(receive_answer(client).status, 200);
    EXPECT_TRUE(client.ends_within(milliseconds(3'000)));
}

TEST(HttpConnection, RefusesWhatIsTooLongOrNoRequest) {
    RealServer server;
    const auto status = [&](const std::string& bytes) {
        RawClient client(server.port());
        client.send(bytes);
        return receive_answer(client).status;
    };
    EXPECT_EQ(status(get("/livez", "X: " + std::string(10'000, 'x') + "\r\n")), 431);
    EXPECT_EQ(status(get("/" + std::string(10'000, 'x'))), 431);
    EXPECT_EQ(status("POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 65537\r\n\r\n"), 413);
    EXPECT_EQ(status("POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"), 400);
    EXPECT_EQ(status("SSH-2.0-OpenSSH_9.2\r\n\r\n"), 400);
    EXPECT_EQ(status(get("/v1/%2e%2e/profile")), 400);
    EXPECT_EQ(status(get("//v1/profile")), 400);
}

TEST(HttpConnection, SaysItsStatusInTheProblemToo) {
    RealServer server;
    const auto says = [&](const std::string& bytes, int status) {
        RawClient client(server.port());
        client.send(bytes);
        const Answer answer = receive_answer(client);
        EXPECT_EQ(answer.status, status) << bytes;
        EXPECT_NE(answer.head.find("application/problem+json"), std::string::npos) << answer.head;
        EXPECT_NE(answer.body.find("\"status\":" + std::to_string(status)), std::string::npos) << answer.body;
        return answer.head;
    };
    says(get("/livez", "X: " + std::string(10'000, 'x') + "\r\n"), 431);
    says("PUT /v1/profile HTTP/1.1\r\nHost: x\r\n\r\n", 405);
    says(get("/v1/socket"), 426);
    says("GET /livez HTTP/1.1\r\n\r\n", 400);
    says(get("/livez", "Host: example.com\r\n"), 400);
    const std::string upgrade =
        "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Protocol: parley.v1.json\r\n";
    says(get("/v1/socket", upgrade + "Sec-WebSocket-Version: 13\r\n"), 400);
    const std::string key = "Sec-WebSocket-Key: eHh4eHh4eHh4eHh4eHh4eA==\r\n";
    EXPECT_NE(says(get("/v1/socket", upgrade + key + "Sec-WebSocket-Version: 8\r\n"), 426)
                  .find("Sec-WebSocket-Version: 13"),
              std::string::npos)
        << "which one it speaks";
}

TEST(HttpConnection, OfASlowHeaderIsEnded) {
    RealServer server(impatient());
    RawClient nothing(server.port());
    RawClient half(server.port());
    half.send("GET /livez HTTP/1.1\r\nHost: x\r\n");
    RawClient body(server.port());
    body.send("POST /v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
    RawClient idle(server.port());
    idle.send(get("/livez"));
    EXPECT_EQ(receive_answer(idle).status, 200);
    for (RawClient* client : {&nothing, &half, &body, &idle})
        EXPECT_TRUE(client->ends_within(milliseconds(3'000)));
}

TEST(HttpConnection, OfASlowHeaderIsEndedHoweverItDribbles) {
    RealServer server(impatient());
    RawClient client(server.port());
    client.send("GET /livez HTTP/1.1\r\nX: ");
    int bytes = 0;
    while (bytes < 1'000 && !client.ends_within(milliseconds(20))) {
        client.send("x");
        ++bytes;
    }
    EXPECT_LT(bytes, 100);
}

std::string post(const std::string& path, const std::string& body) {
    return "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string registration() {
    return post("/v1/accounts", R"({"handle":"ada","password":"long enough","device_name":"first"})");
}

/// A device of ada's is signed in, as soon as she is registered; its access token.
std::string sign_in(RawClient& client) {
    Answer answer;
    parley::test::comes_true([&] {
        client.send(
            post("/v1/sessions", R"({"handle":"ada","password":"long enough","device_name":"second"})"));
        answer = receive_answer(client);
        return answer.status == 201;
    });
    const auto session = protocol::decode<protocol::Session>(answer.body, protocol::Encoding::json);
    EXPECT_TRUE(session) << answer.head << answer.body;
    return session ? session->access_token : std::string();
}

std::string devices(RawClient& client, const std::string& token) {
    client.send(get("/v1/devices", "Authorization: Bearer " + token + "\r\n"));
    return receive_answer(client).body;
}

TEST(HttpConnection, WhoseAnswerDoesNotComeIsToldSo) {
    NetOptions net;
    net.answer_time_max = parley::milliseconds(200);
    RealServer server(net, RealServer::WithoutWriter{});
    RawClient client(server.port());
    client.send(registration());
    const Answer answer = receive_answer(client);
    EXPECT_EQ(answer.status, 503);
    EXPECT_NE(answer.head.find("Retry-After: 1\r\n"), std::string::npos) << answer.head;
    EXPECT_NE(answer.body.find(R"("code":"unavailable")"), std::string::npos) << answer.body;
    EXPECT_TRUE(client.ends_within(milliseconds(3'000)));
    // The answer that comes after all goes nowhere, and the device that was added is signed out.
    server.start_writing();
    RawClient other(server.port());
    const std::string token = sign_in(other);
    std::string listed;
    EXPECT_TRUE(parley::test::comes_true([&] {
        listed = devices(other, token);
        return listed.find("second") != std::string::npos && listed.find("first") == std::string::npos;
    })) << listed;
}

TEST(HttpConnection, WhoHasGoneBeforeTheAnswerLeavesNoDevice) {
    RealServer server({}, RealServer::WithoutWriter{});
    {
        RawClient client(server.port());
        client.send(registration());
        ASSERT_TRUE(parley::test::comes_true([&] { return server.listener().calls() == 1; }));
        // The registration, and the first look for what is to be followed up.
        ASSERT_TRUE(parley::test::comes_true([&] { return server.works_queued() == 2; }));
    }
    server.start_writing();
    // And the sign-out of its device.
    EXPECT_TRUE(parley::test::comes_true([&] { return server.works_done() == 3; }));
}

bool comes_to(const Listener& listener, std::int64_t calls) {
    return parley::test::comes_true([&] { return listener.calls() == calls; });
}

TEST(HttpConnection, IsAnsweredByAServerThatDrainsAndEnds) {
    RealServer server({}, RealServer::WithoutWriter{});
    RawClient idle(server.port());
    idle.send(get("/livez"));
    EXPECT_EQ(receive_answer(idle).status, 200);
    // The call that was answered just now may count for a moment longer: it would pass for the registration.
    ASSERT_TRUE(comes_to(server.listener(), 0));
    RawClient client(server.port());
    client.send(registration());
    ASSERT_TRUE(comes_to(server.listener(), 1));
    server.listener().stop();
    server.start_writing();
    const Answer answer = receive_answer(client);
    EXPECT_EQ(answer.status, 201);
    EXPECT_NE(answer.head.find("Connection: close\r\n"), std::string::npos) << answer.head;
    EXPECT_TRUE(client.ends_within(milliseconds(3'000)));
    EXPECT_TRUE(comes_to(server.listener(), 0));
    idle.send(get("/livez"));
    EXPECT_EQ(receive_answer(idle).status, 200);
    EXPECT_TRUE(idle.ends_within(milliseconds(3'000))) << "one that was idle ends with its next answer";
}

TEST(HttpConnection, SpeaksTls) {
    const Certificate certificate;
    NetOptions net = impatient();
    net.header_time_max = seconds(2);
    net.certificate_file = certificate.certificate_file();
    net.key_file = certificate.key_file();
    RealServer server(net);
    EXPECT_TRUE(server.listener().secured());
    RawClient client(server.port());
    ASSERT_TRUE(client.secure());
    client.send(get("/livez"));
    EXPECT_EQ(receive_answer(client).status, 200);

    RawClient upgraded(server.port());
    ASSERT_TRUE(upgraded.secure());
    RawSocket socket(upgraded);
    ASSERT_EQ(socket.upgrade("parley.v1.json"), 101);
    ASSERT_TRUE(socket.receive());
    socket.send(text_opcode, "nonsense");
    EXPECT_EQ(socket.close_code(), 4003);

    RawClient plain(server.port());
    plain.send(get("/livez"));
    EXPECT_TRUE(plain.ends_within(milliseconds(3'000))) << "no answer without TLS";
    RawClient silent(server.port());
    EXPECT_TRUE(silent.ends_within(milliseconds(5'000))) << "nor waiting for a handshake";
}

TEST(HttpConnection, EndsAHandshakeThatIsDoneAsItsTimeEnds) {
    const Certificate certificate;
    constexpr auto turn = milliseconds(4);
    int served = 0;
    int ended = 0;
    // Up to what some of them need on this machine.
    for (int time = 2; time <= 40 || (served == 0 && time < 5'000); time += std::max(2, time / 20)) {
        NetOptions net;
        net.header_time_max = parley::milliseconds(time);
        net.certificate_file = certificate.certificate_file();
        net.key_file = certificate.key_file();
        // A loop that is busy finds many things done at once: the handshake, and the time that it may take.
        std::atomic<bool> busy = true;
        std::function<void()> stay_busy;
        RealServer server(net, 1);
        stay_busy = [&] {
            server.loops().front()->post([&](Shard&, Now) {
                const Stopwatch work;
                while (work.elapsed() < turn)
                    std::this_thread::yield();
                if (busy) stay_busy();
            });
        };
        stay_busy();
        for (int i = 0; i < 3; ++i) {
            RawClient client(server.port());
            if (!client.secure()) {
                ++ended;
                continue;
            }
            client.send(get("/livez"));
            ++(receive_answer(client).status == 200 ? served : ended);
        }
        busy = false;
    }
    EXPECT_GT(served, 0);
    EXPECT_GT(ended, 0);
}

TEST(Listener, SaysWhatIsWrongWithItsAddressAndFiles) {
    RealServer server;
    NetOptions net;
    net.port = server.port();
    const auto mistake = [&](const NetOptions& options) {
        // The loops are not touched where listening fails.
        RealServer other;
        auto made = Listener::create(options, other.loops());
        EXPECT_FALSE(made);
        return made ? std::string() : made.error().context;
    };
    EXPECT_NE(mistake(net).find("taken by another program"), std::string::npos);
    net.port = 0;
    net.address = "not an address";
    EXPECT_NE(mistake(net).find("not an address"), std::string::npos);
    net.address = "127.0.0.1";
    net.certificate_file = "/nowhere/certificate.pem";
    net.key_file = "/nowhere/key.pem";
    EXPECT_NE(mistake(net).find("/nowhere/certificate.pem"), std::string::npos);
}

}  // namespace
}  // namespace parley::server::test
