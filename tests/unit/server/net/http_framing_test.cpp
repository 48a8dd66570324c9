#include "tests/unit/server/net/raw_client.hpp"
#include "tests/unit/server/net/real_server.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

/// Where a request ends: whoever stands between a client and the server, and thinks otherwise, would let
/// requests through that he never saw.
namespace parley::server::test {
namespace {

/// `head`: lines of the header besides Host.
std::string posted(const std::string& head, const std::string& body) {
    return "POST /v1/sessions HTTP/1.1\r\nHost: x\r\n" + head + "\r\n" + body;
}

/// Of fewer bytes than ten.
std::string chunk(const std::string& bytes) {
    return std::to_string(bytes.size()) + "\r\n" + bytes + "\r\n";
}

/// Everything that the server says until it ends the connection.
std::string said_to(const RealServer& server, const std::string& bytes) {
    RawClient client(server.port());
    client.send(bytes);
    const auto all = client.receive_all();
    EXPECT_TRUE(all) << "the connection goes on after " << bytes;
    return all.value_or("");
}

std::size_t answers_in(const std::string& said) {
    std::size_t count = 0;
    for (std::size_t at = said.find("HTTP/1.1 "); at != std::string::npos;
         at = said.find("HTTP/1.1 ", at + 1))
        ++count;
    return count;
}

TEST(HttpFraming, OfABodyThatCouldEndElsewhereIsRefusedAndEndsTheConnection) {
    RealServer server;
    const std::string inner = get("/livez");
    const std::string chunks = chunk("{}") + "0\r\n\r\n";
    const std::string length = "Content-Length: " + std::to_string(inner.size()) + "\r\n";
    for (const std::string& bytes : {
             posted("Transfer-Encoding: gzip\r\n", inner),
             posted("Transfer-Encoding: xchunked\r\n", inner),
             posted("Transfer-Encoding: identity\r\n", inner),
             posted("Transfer-Encoding:\r\n", inner),
             posted("Transfer-Encoding: chunked, identity\r\n", inner),
             posted("Transfer-Encoding: gzip, chunked\r\n", chunks + inner),
             posted("Transfer-Encoding: chunked, chunked\r\n", chunks + inner),
             posted("Transfer-Encoding: \"chunked\"\r\n", chunks + inner),
             posted("Transfer-Encoding: chunked;q=1\r\n", chunks + inner),
             posted("Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n", chunks + inner),
             posted("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n", chunks + inner),
             posted("Transfer-Encoding: chunked\r\n" + length, chunks + inner),
             posted(length + "Transfer-Encoding: chunked\r\n", chunks + inner),
             posted(length + "Transfer-Encoding: gzip\r\n", inner + inner),
             posted("Transfer-Encoding : chunked\r\n", chunks + inner),
             posted(length + length, inner + inner),
             posted("Content-Length: 0\r\n" + length, inner + inner),
             posted("Content-Length: 0, 0\r\n", inner),
             posted("Content-Length: +5\r\n", inner),
             posted("Content-Length: 0x5\r\n", inner),
             posted("Content-Length: 5 5\r\n", inner),
             posted("Content-Length: 0\r\n 5\r\n", inner),
             posted("Content-Length: 5,\r\n", inner),
             posted("Content-Length:\r\n", inner),
             posted("Transfer-Encoding: chunked\r\n", "2\n{}\r\n0\r\n\r\n" + inner),
             posted("Transfer-Encoding: chunked\r\n", "2;x\ny\r\n{}\r\n0\r\n\r\n" + inner),
             posted("Transfer-Encoding: chunked\r\n", "2\r\n{}0\r\n\r\n" + inner),
             posted("Transfer-Encoding: chunked\r\n", "+2\r\n{}\r\n0\r\n\r\n" + inner),
             "POST /v1/sessions HTTP/1.0\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n" +
                 chunks + inner,
             "POST /v1/sessions HTTP/1.1\nHost: x\nContent-Length: 0\n\n" + inner,
             "POST /v1/sessions HTTP/1.1\r\nHost: x\nContent-Length: 0\r\n\r\n" + inner,
             "POST /v1/sessions HTTP/1.1\r\nHost: x\r\nX: y\rContent-Length: 0\r\n\r\n" + inner,
         }) {
        const std::string said = said_to(server, bytes);
        EXPECT_EQ(answers_in(said), 1u) << bytes << said;
        EXPECT_TRUE(said.starts_with("HTTP/1.1 400 ")) << bytes << said;
    }
}

TEST(HttpFraming, OfWhatIsClearIsServed) {
    RealServer server;
    const std::string last = get("/livez", "Connection: close\r\n");
    const std::string chunks = chunk("{") + chunk("}") + "0\r\n\r\n";
    for (const std::string& bytes : {
             posted("Content-Length: 2\r\n", "{}"),
             posted("Transfer-Encoding: chunked\r\n", chunks),
             posted("Transfer-Encoding: Chunked\r\n", chunks),
             posted("transfer-encoding:\tchunked \r\n", chunks),
             // A line that goes on counts as one (RFC 9112, section 5.2).
             posted("Transfer-Encoding:\r\n chunked\r\n", chunks),
             posted("X: a\r\n b\r\nContent-Length: 2\r\n", "{}"),
         }) {
        const std::string said = said_to(server, bytes + last);
        EXPECT_EQ(answers_in(said), 2u) << bytes << said;
        EXPECT_TRUE(said.starts_with("HTTP/1.1 400 ")) << "the body lacks what it needs";
        EXPECT_NE(said.find("The field handle is missing"), std::string::npos) << said;
        EXPECT_TRUE(said.ends_with("alive\n")) << said;
    }
}

TEST(HttpFraming, TakesNoHeaderFromBehindTheBody) {
    RealServer server;
    const std::string call = "POST /v1/profiles HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n";
    const std::string said = said_to(
        server, call + "Connection: close\r\n\r\n" + chunk("{}") +
                    "0\r\nAuthorization: Bearer p1.AAAA.AAAA\r\nHost: y\r\nContent-Type: text/plain\r\n\r\n");
    EXPECT_TRUE(said.starts_with("HTTP/1.1 401 ")) << said;
    EXPECT_NE(said.find("\"not_signed_in\""), std::string::npos) << "not token_invalid: " << said;
}

TEST(HttpFraming, LeavesOutTheBodyForHead) {
    RealServer server;
    RawClient client(server.port());
    const auto head = [&](const std::string& path) {
        client.send("HEAD " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
        return client.receive_until("\r\n\r\n");
    };
    for (const char* path : {"/livez", "/v1/profile", "/v1/nothing", "/v1/accounts", "/v1//"}) {
        const std::string only_head = head(path);
        client.send(get(path));
        const Answer whole = receive_answer(client);
        if (std::string_view(path) == "/v1/accounts") {
            EXPECT_EQ(whole.status, 405);
        }
        EXPECT_EQ(only_head, whole.head) << "and no body of the first before the second";
        EXPECT_NE(only_head.find("Content-Length: " + std::to_string(whole.body.size())), std::string::npos);
    }
    // Where the header alone is refused.
    const std::string said = said_to(server, "HEAD /livez HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n");
    EXPECT_TRUE(said.starts_with("HTTP/1.1 400 ")) << said;
    EXPECT_TRUE(said.ends_with("\r\n\r\n")) << said;
}

TEST(HttpFraming, AsksForABodyThatWaitsForIt) {
    RealServer server;
    RawClient client(server.port());
    client.send(posted("Content-Length: 2\r\nExpect: 100-Continue\r\n", ""));
    EXPECT_EQ(client.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("{}");
    EXPECT_EQ(receive_answer(client).status, 400) << "the body lacks what it needs";
    client.send(posted("Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n", ""));
    EXPECT_EQ(client.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send(chunk("{}") + "0\r\n\r\n");
    EXPECT_EQ(receive_answer(client).status, 400);
    // Nobody waits where the body is there already, or where there is none.
    client.send(posted("Content-Length: 2\r\nExpect: 100-continue\r\n", "{}"));
    EXPECT_EQ(receive_answer(client).status, 400);
    client.send(get("/livez", "Expect: 100-continue\r\n"));
    EXPECT_EQ(receive_answer(client).status, 200);
    // It is not sent for only to be refused.
    client.send(posted("Content-Length: 65537\r\nExpect: 100-continue\r\n", ""));
    EXPECT_EQ(receive_answer(client).status, 413);
    RawClient other(server.port());
    other.send(posted("Content-Length: 2\r\nExpect: a miracle\r\n", ""));
    EXPECT_EQ(receive_answer(other).status, 417);
    EXPECT_TRUE(other.ends_within(std::chrono::seconds(3)));
}

TEST(HttpFraming, ServesATargetThatNamesItsHost) {
    RealServer server;
    RawClient client(server.port());
    client.send(get("http://x/livez"));
    EXPECT_EQ(receive_answer(client).status, 200);
    // The host of the target counts, whatever the header says (RFC 9112, section 3.2.2).
    const auto upgraded = [&](const std::string& host, const std::string& origin) {
        RawClient peer(server.port());
        return RawSocket(peer).upgrade("parley.v1.json", "Origin: http://" + origin + "\r\n",
                                       "http://" + host + "/v1/socket");
    };
    EXPECT_EQ(upgraded("chat.example", "chat.example"), 101);
    EXPECT_EQ(upgraded("chat.example", "evil.example"), 403);
}

}  // namespace
}  // namespace parley::server::test
