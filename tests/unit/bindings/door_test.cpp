#include "protocol/generated/cpp/door.hpp"

#include "bindings/parley.h"
#include "protocol/codec.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "tests/unit/bindings/sqlite_host.hpp"

#include <gmock/gmock.h>

#include <vector>

namespace parley::test {
namespace {

using protocol::DoorInput;
using protocol::DoorOutput;
using protocol::DoorRequest;
using protocol::Encoding;
using testing::HasSubstr;
using testing::SizeIs;

constexpr WallTime start{1'700'000'000'000};
const AccountId ada{"a1"};
const StreamId room{"c1"};

/// A host with a script in place of a server. Messages and frames are in the same encoding.
class Door {
  public:
    Door(SqliteHost& host, Encoding encoding) : encoding_(encoding) {
        const protocol::DoorOptions options{.client_name = "test", .json_frames = encoding == Encoding::json};
        const std::string bytes = protocol::encode(options, encoding);
        result_ = parley_create(&host.table(), encoding == Encoding::json ? PARLEY_JSON : PARLEY_CBOR,
                                data(bytes), size(bytes), 1000, start.ms, &client_);
        if (client_ != nullptr) poll();
    }
    ~Door() { parley_destroy(client_); }
    Door(const Door&) = delete;
    Door& operator=(const Door&) = delete;

    std::int32_t create_result() const { return result_; }

    std::int32_t push(int kind, const std::string& bytes) {
        const std::int32_t result = parley_push(client_, kind, data(bytes), size(bytes), 1000, start.ms);
        poll();
        return result;
    }
    void tell(const DoorInput& input) {
        EXPECT_EQ(push(PARLEY_MESSAGE, protocol::encode(input, encoding_)), 0);
    }
    void serve(const std::vector<protocol::Envelope>& envelopes) {
        EXPECT_EQ(push(PARLEY_FRAME, frame(envelopes)), 0);
    }
    protocol::DoorReply ask(DoorRequest request) {
        tell({.request = std::move(request)});
        return reply();
    }
    protocol::DoorReply command(const std::vector<protocol::Envelope>& envelopes) {
        EXPECT_EQ(push(PARLEY_COMMANDS, frame(envelopes)), 0);
        return reply();
    }

    /// Of what was polled after the last push.
    std::vector<DoorOutput> said;
    std::vector<protocol::Envelope> sent;

  private:
    static const std::uint8_t* data(const std::string& bytes) {
        return reinterpret_cast<const std::uint8_t*>(bytes.data());
    }
    static std::uint32_t size(const std::string& bytes) { return static_cast<std::uint32_t>(bytes.size()); }

    std::string frame(const std::vector<protocol::Envelope>& envelopes) const {
        std::string bytes;
        for (const auto& envelope : envelopes) {
            std::string one;
            protocol::append_envelope(one, envelope, encoding_);
            protocol::append_to_frame(bytes, one, encoding_);
        }
        return bytes;
    }

    void poll() {
        said.clear();
        sent.clear();
        parley_bytes bytes{};
        while (const std::int32_t kind = parley_poll(client_, &bytes)) {
            const std::string_view view(reinterpret_cast<const char*>(bytes.data), bytes.size);
            if (kind == PARLEY_MESSAGE) {
                const auto output = protocol::decode<DoorOutput>(view, encoding_);
                ASSERT_TRUE(output) << output.error().context;
                said.push_back(*output);
            } else {
                ASSERT_EQ(kind, PARLEY_FRAME);
                const auto envelopes = protocol::decode_frame(view, encoding_);
                ASSERT_TRUE(envelopes);
                for (const auto& one : *envelopes)
                    sent.push_back(std::get<protocol::Envelope>(one));
            }
            parley_free(bytes.data);
        }
        EXPECT_EQ(bytes.data, nullptr);
    }

    protocol::DoorReply reply() const {
        for (const auto& output : said) {
            if (output.reply) return *output.reply;
        }
        ADD_FAILURE() << "no reply";
        return {};
    }

    Encoding encoding_;
    parley_client* client_ = nullptr;
    std::int32_t result_ = 0;
};

class BothEncodings : public testing::TestWithParam<Encoding> {
  protected:
    /// Signed in and live, with one conversation.
    void go_live(Door& door) {
        door.ask(
            {.sign_in = protocol::SignIn{.handle = "ada", .password = "secret 123", .device_name = "d"}});
        const auto call = find_call(door);
        ASSERT_TRUE(call);
        EXPECT_EQ(call->path, "/v1/sessions");
        EXPECT_THAT(call->body, HasSubstr("secret 123"));
        const protocol::Session session{.account = ada,
                                        .device = DeviceId{"d1"},
                                        .access_token = "access",
                                        .expires_at = start + seconds(900),
                                        .refresh_token = "refresh"};
        door.tell(
            {.answer = protocol::DoorAnswer{
                 .call = call->call, .status = 200, .body = protocol::encode(session, Encoding::json)}});
        door.ask({.act = protocol::DoorAct::connect});
        connect(door);
    }

    void connect(Door& door) {
        door.tell({.connected = true});
        const auto sent = door.sent;
        door.serve({{.payload = protocol::Hello{
                         .version = 1, .heartbeat_ms = 25000, .frame_bytes_max = 65536, .time = start}}});
        std::optional<Uuid> auth;
        for (const auto& envelope : sent) {
            if (envelope.type() == protocol::Type::auth) auth = envelope.id;
        }
        ASSERT_TRUE(auth) << "the core signs in on the socket";
        door.serve({{.re = auth,
                     .timestamp = start,
                     .payload = protocol::AuthOk{.account = ada,
                                                 .device = DeviceId{"d1"},
                                                 .session = SessionId{"s1"},
                                                 .expires_at = start + seconds(900)}}});
        door.serve({{.timestamp = start, .payload = protocol::Resumed{.token = "t1", .epoch = 1}}});
    }

    static std::optional<protocol::DoorCall> find_call(const Door& door) {
        for (const auto& output : door.said) {
            if (output.call) return output.call;
        }
        return std::nullopt;
    }

    static std::optional<protocol::DoorSettled> settled(const Door& door) {
        for (const auto& output : door.said) {
            if (output.notice && output.notice->settled) return output.notice->settled;
        }
        return std::nullopt;
    }

    static protocol::Envelope message(std::uint8_t number, std::string text) {
        Uuid id;
        id.bytes[6] = 0x70;
        id.bytes[8] = 0x80;
        id.bytes[15] = number;
        return {.id = id,
                .payload = protocol::MessageSend{.target = {.stream = room}, .text = std::move(text)}};
    }
};

TEST_P(BothEncodings, ANewDatabaseIsSignedOut) {
    SqliteHost host(":memory:");
    Door door(host, GetParam());
    const auto reply = door.ask({.call = 7, .act = protocol::DoorAct::status});
    EXPECT_EQ(reply.call, 7);
    ASSERT_TRUE(reply.status);
    EXPECT_EQ(reply.status->connection, protocol::DoorConnection::signed_out);
}

TEST_P(BothEncodings, SignsInSendsAndHearsThatItIsAccepted) {
    SqliteHost host(":memory:");
    Door door(host, GetParam());
    go_live(door);

    const auto hello = message(1, "hello");
    const auto reply = door.command({hello});
    EXPECT_EQ(reply.accepted, (std::vector<Uuid>{*hello.id}));
    ASSERT_THAT(door.sent, SizeIs(1));
    EXPECT_EQ(door.sent.front().payload, hello.payload);

    door.serve({{.re = hello.id,
                 .stream = room,
                 .seq = 5,
                 .timestamp = start,
                 .payload = protocol::MessageAccepted{}}});
    const auto end = settled(door);
    ASSERT_TRUE(end);
    EXPECT_EQ(end->command, *hello.id);
    EXPECT_FALSE(end->failure);
    EXPECT_EQ(end->stream, room);

    const auto waits = message(2, "waits");
    door.command({waits});
    const auto asked = door.ask({.settled = protocol::DoorCommands{.ids = {*waits.id, *hello.id}}});
    ASSERT_THAT(asked.settled, SizeIs(1));
    EXPECT_EQ(asked.settled.front().command, *hello.id);
    EXPECT_FALSE(asked.settled.front().failure);
    EXPECT_EQ(asked.settled.front().stream, room);
}

TEST_P(BothEncodings, WhatIsQueuedOfflineIsThereAfterARestart) {
    SqliteHost host(":memory:");
    const auto hello = message(1, "hello");
    {
        Door door(host, GetParam());
        go_live(door);
        door.tell({.disconnected = protocol::DoorDisconnected{}});
        door.command({hello});
        EXPECT_THAT(door.sent, SizeIs(0));
    }
    EXPECT_EQ(host.open_statements(), 0u);

    Door again(host, GetParam());
    const auto outbox = again.ask({.act = protocol::DoorAct::outbox}).outbox;
    ASSERT_THAT(outbox, SizeIs(1));
    EXPECT_EQ(outbox.front().text, "hello");
    EXPECT_EQ(outbox.front().state, protocol::ViewState::queued);
    again.ask({.act = protocol::DoorAct::connect});
    connect(again);
    const auto status = again.ask({.act = protocol::DoorAct::status}).status;
    EXPECT_EQ(status->account, ada);
    EXPECT_EQ(status->waiting, 1);
}

TEST_P(BothEncodings, NamesWhatCanNeverBeAccepted) {
    SqliteHost host(":memory:");
    Door door(host, GetParam());
    go_live(door);
    const auto empty = message(1, "");
    const auto good = message(2, "good");
    const auto reply = door.command({empty, good});
    ASSERT_THAT(reply.refused, SizeIs(1));
    EXPECT_EQ(reply.refused.front().command, *empty.id);
    EXPECT_EQ(reply.refused.front().failure->code, ErrorCode::invalid);
    EXPECT_EQ(reply.accepted, (std::vector<Uuid>{*good.id}));
}

TEST_P(BothEncodings, RefusesBytesThatItCannotUnderstand) {
    SqliteHost host(":memory:");
    Door door(host, GetParam());
    EXPECT_EQ(door.push(PARLEY_MESSAGE, "\xff{"), static_cast<int>(ErrorCode::malformed));
    EXPECT_EQ(door.push(PARLEY_MESSAGE, ""), static_cast<int>(ErrorCode::malformed));
    EXPECT_EQ(door.push(99, "x"), static_cast<int>(ErrorCode::invalid));
    EXPECT_EQ(door.push(PARLEY_COMMANDS, "\xff{"), 0);
    ASSERT_THAT(door.said, SizeIs(1));
    EXPECT_EQ(door.said.front().reply->failure->code, ErrorCode::malformed);
}

TEST_P(BothEncodings, SaysWhenTheDatabaseFails) {
    SqliteHost host(":memory:");
    Door door(host, GetParam());
    go_live(door);
    host.fail_commits_with(PARLEY_FULL);
    const auto reply = door.command({message(1, "lost?")});
    EXPECT_THAT(reply.accepted, SizeIs(0));
    ASSERT_TRUE(reply.failure);
    EXPECT_EQ(reply.failure->code, ErrorCode::disk_full);
}

TEST_P(BothEncodings, IsNotMadeOverADatabaseThatFails) {
    SqliteHost host(":memory:");
    host.fail_commits_with(PARLEY_FAILED);
    const Door door(host, GetParam());
    EXPECT_EQ(door.create_result(), static_cast<int>(ErrorCode::internal));
    EXPECT_EQ(host.open_statements(), 0u);
}

TEST(DoorEncoding, IsOneThatItKnows) {
    SqliteHost host(":memory:");
    const protocol::DoorOptions options{.client_name = "test", .json_frames = true};
    const std::string bytes = protocol::encode(options, Encoding::json);
    for (const std::int32_t unknown : {-1, 2, 256}) {
        parley_client* client = nullptr;
        EXPECT_EQ(parley_create(&host.table(), unknown, reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                static_cast<std::uint32_t>(bytes.size()), 1000, start.ms, &client),
                  static_cast<int>(ErrorCode::invalid))
            << unknown;
        EXPECT_EQ(client, nullptr);
    }
}

INSTANTIATE_TEST_SUITE_P(Door, BothEncodings, testing::Values(Encoding::json, Encoding::cbor));

}  // namespace
}  // namespace parley::test
