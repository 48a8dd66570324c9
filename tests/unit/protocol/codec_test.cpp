#include "protocol/codec.hpp"

#include "protocol/field.hpp"
#include "protocol/generated/cpp/door.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "tests/unit/protocol/golden_files.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace parley::protocol {
namespace {

using parley::test::from_hex;

constexpr std::string_view ping = R"({"type":"ping"})";

std::size_t count_of(const Result<std::vector<Decoded>>& frame) {
    return frame ? frame->size() : 0;
}

ErrorCode refusal(std::string_view frame, Encoding encoding) {
    const auto result = decode_frame(frame, encoding);
    EXPECT_FALSE(result.has_value());
    return result ? ErrorCode{} : result.error().code;
}

TEST(Frame, HoldsJsonEnvelopesOneALine) {
    const std::string two = std::string(ping) + "\n" + std::string(ping);
    EXPECT_EQ(count_of(decode_frame(ping, Encoding::json)), 1U);
    EXPECT_EQ(count_of(decode_frame(two, Encoding::json)), 2U);
    EXPECT_EQ(count_of(decode_frame(two + "\n", Encoding::json)), 2U);
    EXPECT_EQ(count_of(decode_frame(" " + two + " \r\n", Encoding::json)), 2U);
}

TEST(Frame, HoldsCborEnvelopesOneAfterAnother) {
    EXPECT_EQ(count_of(decode_frame(from_hex("a10006"), Encoding::cbor)), 1U);
    EXPECT_EQ(count_of(decode_frame(from_hex("a10006a10006bf0006ff"), Encoding::cbor)), 3U);
}

TEST(Frame, IsMalformedWhereItIsNotMadeOfEnvelopes) {
    const std::string good(ping);
    for (const std::string& frame :
         {std::string(), std::string("\n"), good + "\n\n", "\n" + good, good + good, good + " x",
          good + "\nx", std::string("[]"), std::string("1"), good + "\nnull", std::string("{\n}"),
          good + std::string(1, '\0')}) {
        EXPECT_EQ(refusal(frame, Encoding::json), ErrorCode::malformed) << frame;
    }
    for (const std::string_view hex :
         {"", "00", "80", "f6", "a1", "a1000600", "a10006ff", "d9d9f7a10006", "40"}) {
        EXPECT_EQ(refusal(from_hex(hex), Encoding::cbor), ErrorCode::malformed) << hex;
    }
}

TEST(Frame, HasALargestSize) {
    const auto largest = static_cast<std::size_t>(limits::frame_bytes_max);
    std::string frame(ping);
    frame.resize(largest, ' ');
    EXPECT_EQ(count_of(decode_frame(frame, Encoding::json)), 1U);
    EXPECT_EQ(refusal(frame + ' ', Encoding::json), ErrorCode::too_large);

    std::string padded =
        from_hex("a200061820");  // a ping with an unknown field, a text of 65,536 bytes in all
    padded += from_hex("79fff8");
    padded.resize(largest, 'x');
    EXPECT_EQ(count_of(decode_frame(padded, Encoding::cbor)), 1U);
    EXPECT_EQ(refusal(padded + 'x', Encoding::cbor), ErrorCode::too_large);
}

TEST(Frame, KeepsWhatIsGoodBesideWhatIsRefused) {
    const auto result = decode_frame(
        R"({"type":"ping"}
{"type":"nonsense","id":"017f22e2-79b0-7cc3-98c4-dc0c0c07398f"}
{"type":"read","re":"017f22e2-79b0-7cc3-98c4-dc0c0c07398f","payload":{"upto":1}}
{"type":"ping"})",
        Encoding::json);
    ASSERT_TRUE(result.has_value());
    ASSERT_EQ(result->size(), 4U);
    EXPECT_TRUE(std::holds_alternative<Envelope>((*result)[0]));
    const auto& unknown = std::get<Rejected>((*result)[1]);
    EXPECT_EQ(unknown.error.code, ErrorCode::unknown_type);
    EXPECT_EQ(unknown.id, Uuid::parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"));
    const auto& incomplete = std::get<Rejected>((*result)[2]);
    EXPECT_EQ(incomplete.error.code, ErrorCode::malformed);
    EXPECT_EQ(incomplete.error.field, "target");
    EXPECT_FALSE(incomplete.id.has_value());
    EXPECT_TRUE(incomplete.re.has_value());
    EXPECT_TRUE(std::holds_alternative<Envelope>((*result)[3]));
}

TEST(Frame, NamesNoIdThatItCouldNotRead) {
    for (const std::string id : {R"("1; DROP TABLE row")", "7", R"("017f22e2-79b0-7cc3-98c4-dc0c0c0739")"}) {
        const auto result = decode_frame(R"({"type":"ping","id":)" + id + "}", Encoding::json);
        ASSERT_TRUE(result.has_value()) << id;
        const auto& rejected = std::get<Rejected>(result->front());
        EXPECT_EQ(rejected.error.field, "id");
        EXPECT_EQ(rejected.id, std::nullopt) << id;
    }
    const auto result = decode_frame(from_hex("a200060143010203"), Encoding::cbor);
    EXPECT_EQ(std::get<Rejected>(result->front()).id, std::nullopt) << "three bytes";
}

TEST(Frame, IsJoinedAsItIsRead) {
    for (const Encoding encoding : {Encoding::json, Encoding::cbor}) {
        std::string one;
        append_envelope(one, Envelope{.payload = Ping{}}, encoding);
        std::string frame;
        for (int i = 0; i < 3; ++i)
            append_to_frame(frame, one, encoding);
        EXPECT_EQ(count_of(decode_frame(frame, encoding)), 3U);
        EXPECT_EQ(frame.ends_with('\n'), false);
    }
}

TEST(Frame, AppendsBehindWhatIsThere) {
    std::string bytes = "before";
    append_envelope(bytes, Envelope{.payload = Ping{}}, Encoding::json);
    EXPECT_EQ(bytes, R"(before{"type":"ping"})");
}

TEST(Envelope, MayHaveItsFieldsInAnyOrder) {
    const auto result = decode_frame(
        R"({"payload":{"text":"x","target":{"direct":"a1"}},"timestamp":5,"type":"message.send"})",
        Encoding::json);
    ASSERT_TRUE(result.has_value());
    const auto& envelope = std::get<Envelope>(result->front());
    EXPECT_EQ(std::get<MessageSend>(envelope.payload).text, "x");
    EXPECT_EQ(envelope.timestamp, WallTime{5});
}

TEST(Envelope, IgnoresUnknownFieldsWhereverTheyAre) {
    const auto json = decode_frame(R"({"new":{"a":[1.5,{}]},"type":"message.send",)"
                                   R"("payload":{"target":{"direct":"a1","new":null},"text":"x","new":[]}})",
                                   Encoding::json);
    ASSERT_TRUE(json.has_value());
    EXPECT_TRUE(std::holds_alternative<Envelope>(json->front()));
    // Unknown numbers, a text as key, a negative one, a float as value.
    const auto cbor =
        decode_frame(from_hex("a5 0006 1828 6161 617901 2002 18c8 fb3ff199999999999a"), Encoding::cbor);
    ASSERT_TRUE(cbor.has_value());
    ASSERT_TRUE(std::holds_alternative<Envelope>(cbor->front()));
}

TEST(Envelope, TakesNullForAnAbsentField) {
    const auto result =
        decode_frame(R"({"type":"resume","id":null,"payload":{"token":null}})", Encoding::json);
    ASSERT_TRUE(result.has_value());
    const auto& envelope = std::get<Envelope>(result->front());
    EXPECT_FALSE(std::get<Resume>(envelope.payload).token.has_value());
    const auto without = decode_frame(R"({"type":"resume","payload":null})", Encoding::json);
    EXPECT_TRUE(std::holds_alternative<Envelope>(without->front()));
}

TEST(Envelope, LeavesOutAPayloadWithoutFields) {
    std::string json;
    append_envelope(json, Envelope{.payload = Resume{}}, Encoding::json);
    EXPECT_EQ(json, R"({"type":"resume"})");
}

TEST(Change, LeavesOutBornWhereItIsSeq) {
    Change change{.seq = 7,
                  .born = 7,
                  .timestamp = WallTime{1},
                  .payload = Left{.conversation = StreamId("c1"), .until = 3}};
    EXPECT_EQ(encode(change, Encoding::json),
              R"({"type":"left","seq":7,"payload":{"conversation":"c1","until":3},"timestamp":1})");
    EXPECT_EQ(decode<Change>(encode(change, Encoding::cbor), Encoding::cbor)->born, 7);
    change.born = 2;
    EXPECT_EQ(decode<Change>(encode(change, Encoding::cbor), Encoding::cbor)->born, 2);
    EXPECT_EQ(to_envelope(StreamId("c9"), change).born, 2);
    EXPECT_EQ(to_change(to_envelope(StreamId("c9"), change)), change);
}

TEST(Change, IsNoOtherMessage) {
    EXPECT_FALSE(to_change(Envelope{.seq = 1, .timestamp = WallTime{1}, .payload = Ping{}}).has_value());
    EXPECT_FALSE(to_change(Envelope{.timestamp = WallTime{1}, .payload = MessageNew{}}).has_value());
    EXPECT_FALSE(to_change(Envelope{.seq = 1, .payload = MessageNew{}}).has_value());
    const auto result = decode<Change>(R"({"type":"ping","seq":1,"timestamp":1})", Encoding::json);
    ASSERT_FALSE(result.has_value());
    EXPECT_EQ(result.error().code, ErrorCode::malformed);
}

/// The same row in both encodings, for a test to change its type or a value in it.
struct Wire {
    Encoding encoding;
    std::string row;
};

const std::vector<Wire> rows_of_a_later_version = {
    // A type, and a role, that nobody knows yet; the rest is as ever.
    {Encoding::json, R"({"type":"reaction","seq":7,"born":3,"payload":{"emoji":"x"},"timestamp":1})"},
    {Encoding::json,
     R"({"type":"member.changed","seq":7,"born":3,"payload":{"profile":{"account":"a","handle":"ada",)"
     R"("name":"A"},"role":"emperor","present":true,"by":"a"},"timestamp":1})"},
    {Encoding::cbor, from_hex("a5"
                              "0018fa"
                              "0407"
                              "0503"
                              "06a10101"
                              "0701")},
};

TEST(Change, OfALaterVersionKeepsItsPlaceAndSaysNothing) {
    for (const Wire& wire : rows_of_a_later_version) {
        const auto change = decode<Change>(wire.row, wire.encoding);
        ASSERT_TRUE(change) << change.error().context;
        EXPECT_TRUE(change->unreadable);
        EXPECT_EQ(change->seq, 7);
        EXPECT_EQ(change->born, 3);
        EXPECT_FALSE(is_change(change->type()));
        // It stays what it is.
        for (const Encoding encoding : {Encoding::json, Encoding::cbor})
            EXPECT_EQ(decode<Change>(encode(*change, encoding), encoding), *change);
    }
}

TEST(Change, ThatIsMalformedIsRefusedAsEver) {
    for (const char* row :
         {R"({"type":"left","seq":7,"payload":{"conversation":"c"},"timestamp":1})",
          R"({"type":"left","seq":7,"payload":{"conversation":5,"until":1},"timestamp":1})",
          R"({"type":"reaction","payload":{},"timestamp":1})", R"({"seq":1,"timestamp":1})"}) {
        const auto change = decode<Change>(row, Encoding::json);
        ASSERT_FALSE(change) << row;
        EXPECT_EQ(change.error().code, ErrorCode::malformed) << row;
    }
}

TEST(Frame, ARowOfALaterVersionLeavesTheReplyAroundItReadable) {
    const std::string frame =
        R"({"type":"changes.ok","re":"019b76d9-bda0-7c4e-9b1d-3e5f7a9b1c03","stream":"c1",)"
        R"("payload":{"after":1,"upto":8,"head":8,"rows":[{"type":"reaction","seq":7,"timestamp":1},)"
        R"({"type":"left","seq":8,"payload":{"conversation":"c1","until":3},"timestamp":1}]}})";
    const auto decoded = decode_frame(frame, Encoding::json);
    ASSERT_TRUE(decoded);
    const auto* envelope = std::get_if<Envelope>(&decoded->front());
    ASSERT_NE(envelope, nullptr);
    const auto& rows = std::get<ChangesOk>(envelope->payload).rows;
    ASSERT_EQ(rows.size(), 2u);
    EXPECT_TRUE(rows[0].unreadable);
    EXPECT_EQ(rows[1].type(), Type::left);
}

TEST(Frame, ARowOfALaterVersionThatIsPushedIsToldWithItsPlace) {
    const auto pushed = [](const std::string& frame) {
        auto decoded = decode_frame(frame, Encoding::json);
        EXPECT_TRUE(decoded && std::holds_alternative<Rejected>(decoded->front())) << frame;
        return std::get<Rejected>(decoded->front());
    };
    const Rejected row =
        pushed(R"({"type":"reaction","stream":"c1","seq":7,"born":3,"payload":{},"timestamp":1})");
    EXPECT_EQ(row.stream, StreamId("c1"));
    ASSERT_TRUE(row.change);
    EXPECT_TRUE(row.change->unreadable);
    EXPECT_EQ(row.change->seq, 7);
    EXPECT_EQ(row.change->born, 3);
    const Rejected changed = pushed(
        R"({"type":"read.changed","stream":"a","seq":7,"payload":{"conversation":"c","upto":-1,"as_of":{}},)"
        R"("timestamp":1})");
    EXPECT_TRUE(changed.change);
    // Neither an answer, nor what has no number, nor what is malformed, nor another message.
    for (const char* other :
         {R"({"type":"x","re":"019b76d9-bda0-7c4e-9b1d-3e5f7a9b1c03","stream":"c","seq":1,"timestamp":1})",
          R"({"type":"typing","stream":"c1","timestamp":1})",
          R"({"type":"message.new","stream":"c1","seq":1,"timestamp":1})",
          R"({"type":"receipt","stream":"c","seq":1,"payload":{"account":"a","read":-1},"timestamp":1})"})
        EXPECT_FALSE(pushed(other).change) << other;
}

TEST(Door, TakesMoreThanAFrame) {
    DoorAnswer answer{.call = 1, .status = 200, .body = std::string(100'000, 'x')};
    const auto result =
        decode<DoorInput>(encode(DoorInput{.answer = answer}, Encoding::cbor), Encoding::cbor);
    ASSERT_TRUE(result.has_value()) << result.error().context;
    EXPECT_EQ(result->answer, answer);
    const std::string too_much(static_cast<std::size_t>(limits::local_bytes_max) + 1, ' ');
    EXPECT_EQ(decode<DoorInput>(too_much, Encoding::json).error().code, ErrorCode::too_large);
    const std::string longer_than_a_frame(static_cast<std::size_t>(limits::frame_bytes_max) + 1, ' ');
    EXPECT_EQ(decode<SignIn>(longer_than_a_frame, Encoding::json).error().code, ErrorCode::too_large);
}

TEST(Encoding, OfANumberThatNoReaderTakesIsRefused) {
    for (const Encoding encoding : {Encoding::json, Encoding::cbor}) {
        for (const std::int64_t number :
             {std::int64_t{-1}, int_max + 1, std::numeric_limits<std::int64_t>::max(),
              std::numeric_limits<std::int64_t>::min()}) {
            EXPECT_EQ(try_encode(AsOf{.conversation = 1, .account = number}, encoding).error().code,
                      ErrorCode::internal);
            std::string frame = "as it was";
            const Envelope envelope{.seq = 1, .timestamp = WallTime{number}, .payload = Done{}};
            EXPECT_FALSE(try_append_envelope(frame, envelope, encoding));
            EXPECT_EQ(frame, "as it was");
        }
        EXPECT_FALSE(
            try_encode(Summary{.kind = ConversationKind::group, .members = 1, .role = Role{}}, encoding));
        const AsOf largest{.conversation = 0, .account = int_max};
        const auto encoded = try_encode(largest, encoding);
        ASSERT_TRUE(encoded);
        EXPECT_EQ(*decode<AsOf>(*encoded, encoding), largest);
        std::string frame;
        EXPECT_TRUE(try_append_envelope(frame, Envelope{.payload = Ping{}}, encoding));
        EXPECT_EQ(count_of(decode_frame(frame, encoding)), 1U);
    }
}

}  // namespace
}  // namespace parley::protocol
