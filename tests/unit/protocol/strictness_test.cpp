#include "protocol/codec.hpp"
#include "protocol/generated/cpp/limits.hpp"
#include "tests/unit/protocol/golden_files.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace parley::protocol {
namespace {

using parley::test::from_hex;

/// What becomes of one envelope: its type, or code and field of the refusal.
struct Outcome {
    std::string said;

    friend bool operator==(const Outcome&, const Outcome&) = default;
    friend std::ostream& operator<<(std::ostream& out, const Outcome& outcome) { return out << outcome.said; }
};

Outcome taken(std::string_view type) {
    return {"taken: " + std::string(type)};
}

Outcome refused(std::string_view code, std::string_view field = "") {
    return {std::string(code) + " at " + std::string(field)};
}

Outcome frame_refused(std::string_view code) {
    return {"frame: " + std::string(code)};
}

Outcome outcome_of(std::string_view frame, Encoding encoding) {
    const auto result = decode_frame(frame, encoding);
    if (!result) return frame_refused(name_of(result.error().code));
    const Decoded& decoded = result->front();
    if (const auto* rejected = std::get_if<Rejected>(&decoded)) {
        EXPECT_FALSE(rejected->error.context.empty());
        return refused(name_of(rejected->error.code), rejected->error.field);
    }
    return taken(name_of(std::get<Envelope>(decoded).type()));
}

Outcome json(std::string_view frame) {
    return outcome_of(frame, Encoding::json);
}
Outcome cbor(std::string_view hex) {
    return outcome_of(from_hex(hex), Encoding::cbor);
}

TEST(Strictness, PayloadsOfClientsHave48KiBInEitherEncoding) {
    const auto padded = [](std::size_t bytes) {
        return std::string(bytes, 'x');
    };
    // A map, a key of two bytes and a text: 1 + 2 + 3 bytes around it.
    const auto as_json = [&](std::size_t bytes) {
        return json(R"({"type":"ping","payload":{"u":")" + padded(bytes - 6) + R"("}})");
    };
    EXPECT_EQ(as_json(49'152), taken("ping"));
    EXPECT_EQ(as_json(49'153), refused("limit", "payload"));
    // Around the text: a map of 1, keys with their names of 7 + 5 + 6, {"stream": "c1"} of 11, "x" of 2,
    // and 3.
    const auto message = [&](std::size_t bytes) {
        return json(R"({"type":"message.send","payload":{"target":{"stream":"c1"},"text":"x","later":")" +
                    padded(bytes - 35) + R"("}})");
    };
    EXPECT_EQ(message(49'152), taken("message.send"));
    EXPECT_EQ(message(49'153), refused("limit", "payload"));
    // {0: 6, 6: {24: "x…"}}
    const auto as_cbor = [&](std::size_t bytes) {
        const auto size = static_cast<unsigned>(bytes - 6);
        const std::string head{static_cast<char>(size >> 8), static_cast<char>(size & 0xff)};
        return outcome_of(from_hex("a2000606a1181879") + head + padded(size), Encoding::cbor);
    };
    EXPECT_EQ(as_cbor(49'152), taken("ping"));
    EXPECT_EQ(as_cbor(49'153), refused("limit", "payload"));
    // Escapes are no content, and what servers send is measured by its rows.
    std::string escaped;
    for (int i = 0; i < 8'000; ++i)
        escaped += "\\u00e9";
    EXPECT_EQ(
        json(R"({"type":"message.send","payload":{"target":{"stream":"c1"},"text":")" + escaped + R"("}})"),
        taken("message.send"));
    EXPECT_EQ(json(R"({"type":"done","payload":{"u":")" + padded(60'000) + R"("}})"), taken("done"));
}

/// The outcome of a message.send with this payload.
Outcome send(const std::string& payload) {
    return json(R"({"type":"message.send","payload":)" + payload + "}");
}

/// The outcome of a `read` whose `upto` is this.
Outcome upto(const std::string& number) {
    return json(R"({"type":"read","payload":{"target":{"stream":"c1"},"upto":)" + number + "}}");
}

std::string text_of(std::size_t count, std::string_view what) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i)
        text += what;
    return text;
}

Outcome send_text(const std::string& text) {
    return send(R"({"target":{"direct":"a1"},"text":")" + text + R"("})");
}

TEST(Strictness, Types) {
    EXPECT_EQ(json("{}"), refused("malformed", "type"));
    EXPECT_EQ(json(R"({"type":null})"), refused("malformed", "type"));
    EXPECT_EQ(json(R"({"type":6})"), refused("malformed", "type"));
    EXPECT_EQ(json(R"({"type":""})"), refused("unknown_type", "type"));
    EXPECT_EQ(json(R"({"type":"Ping"})"), refused("unknown_type", "type"));
    EXPECT_EQ(json(R"({"type":"ping","type":"ping"})"), refused("malformed", "type"));
    EXPECT_EQ(cbor("a0"), refused("malformed", "type"));
    EXPECT_EQ(cbor("a1 00 6470696e67"), refused("malformed", "type")) << "a name instead of a number";
    EXPECT_EQ(cbor("a1 00 18ff"), refused("unknown_type", "type"));
    EXPECT_EQ(cbor("a1 00 190106"), refused("unknown_type", "type")) << "262 is not 6";
    EXPECT_EQ(cbor("a2 0006 0006"), refused("malformed", "type"));
    EXPECT_EQ(cbor("a1 00 06"), taken("ping"));
}

TEST(Strictness, EnvelopeFields) {
    EXPECT_EQ(json(R"({"type":"ping","id":"1"})"), refused("invalid", "id"));
    EXPECT_EQ(json(R"({"type":"ping","id":1})"), refused("malformed", "id"));
    EXPECT_EQ(json(R"({"type":"ping","re":true})"), refused("malformed", "re"));
    EXPECT_EQ(json(R"({"type":"ping","stream":""})"), refused("invalid", "stream"));
    EXPECT_EQ(json(R"({"type":"ping","stream":"a b"})"), refused("invalid", "stream"));
    EXPECT_EQ(json(R"({"type":"ping","stream":"é"})"), refused("invalid", "stream"));
    EXPECT_EQ(json(R"({"type":"ping","stream":")" + text_of(64, "c") + R"("})"), taken("ping"));
    EXPECT_EQ(json(R"({"type":"ping","stream":")" + text_of(65, "c") + R"("})"),
              refused("invalid", "stream"));
    EXPECT_EQ(json(R"({"type":"ping","seq":"1"})"), refused("malformed", "seq"));
    EXPECT_EQ(json(R"({"type":"ping","timestamp":-1})"), refused("invalid", "timestamp"));
    EXPECT_EQ(json(R"({"type":"ping","follows":[]})"), refused("malformed", "follows"));
    EXPECT_EQ(json(R"({"type":"ping","payload":[]})"), refused("malformed", "payload"));
    EXPECT_EQ(json(R"({"type":"ping","payload":{},"payload":{}})"), refused("malformed", "payload"));
    EXPECT_EQ(cbor("a2 0006 01 50 017f22e279b07cc398c4dc0c0c07398f"), taken("ping"));
    EXPECT_EQ(cbor("a2 0006 01 4f 017f22e279b07cc398c4dc0c0c0739"), refused("invalid", "id"));
    EXPECT_EQ(cbor("a2 0006 01 626161"), refused("malformed", "id"));
}

TEST(Strictness, RequiredFields) {
    EXPECT_EQ(json(R"({"type":"message.send"})"), refused("malformed", "target"));
    EXPECT_EQ(send("{}"), refused("malformed", "target"));
    const auto renamed = [](const std::string& rest) {
        return json(R"({"type":"conversation.rename","payload":{"target":{"direct":"a1"})" + rest + "}}");
    };
    EXPECT_EQ(renamed(""), refused("malformed", "title"));
    EXPECT_EQ(renamed(R"(,"title":null)"), refused("malformed", "title"));
    EXPECT_EQ(renamed(R"(,"title":"")"), refused("invalid", "title"));
    EXPECT_EQ(renamed(R"(,"title":"x")"), taken("conversation.rename"));
    // Whether a message says anything is the rule's to ask (core/rules/custom.hpp).
    EXPECT_EQ(send(R"({"target":{"direct":"a1"}})"), taken("message.send"));
    EXPECT_EQ(send(R"({"target":{"direct":"a1"},"text":null})"), taken("message.send"));
    EXPECT_EQ(send(R"({"target":{"direct":"a1"},"text":7})"), refused("malformed", "text"));
    EXPECT_EQ(send(R"({"target":"a1","text":"x"})"), refused("malformed", "target"));
    EXPECT_EQ(send(R"({"target":{"direct":"a1"},"text":"x","text":"y"})"), refused("malformed", "text"));
    EXPECT_EQ(send(R"({"target":{"direct":"a1"},"text":"x"})"), taken("message.send"));
    EXPECT_EQ(
        json(R"({"type":"device.changed","payload":{"device":"d1","name":"x","created_at":1,"present":1}})"),
        refused("malformed", "present"));
}

TEST(Strictness, ExactlyOneOf) {
    EXPECT_EQ(send(R"({"target":{},"text":"x"})"), refused("invalid", "target"));
    EXPECT_EQ(send(R"({"target":{"direct":null},"text":"x"})"), refused("invalid", "target"));
    EXPECT_EQ(send(R"({"target":{"direct":"a1","stream":"c1"},"text":"x"})"), refused("invalid", "target"));
    EXPECT_EQ(send(R"({"target":{"direct":""},"text":"x"})"), refused("invalid", "target.direct"));
    EXPECT_EQ(send(R"({"target":{"made_by":"x"},"text":"x"})"), refused("invalid", "target.made_by"));
}

TEST(Strictness, Numbers) {
    EXPECT_EQ(upto("0"), taken("read"));
    EXPECT_EQ(upto("9007199254740991"), taken("read"));
    EXPECT_EQ(upto("9007199254740992"), refused("invalid", "upto"));
    EXPECT_EQ(upto("18446744073709551616"), refused("invalid", "upto"));
    EXPECT_EQ(upto(text_of(400, "9")), refused("invalid", "upto"));
    EXPECT_EQ(upto("-1"), refused("invalid", "upto"));
    EXPECT_EQ(upto("-" + text_of(400, "9")), refused("invalid", "upto"));
    EXPECT_EQ(upto("1.0"), refused("malformed", "upto"));
    EXPECT_EQ(upto("1e3"), refused("malformed", "upto"));
    EXPECT_EQ(upto("1e400"), refused("malformed", "upto"));
    EXPECT_EQ(upto("\"1\""), refused("malformed", "upto"));
    EXPECT_EQ(upto("true"), refused("malformed", "upto"));
    EXPECT_EQ(upto("NaN"), frame_refused("malformed"));
    const std::string read = "a2 00181e 06 a2 01a1016163 02";
    EXPECT_EQ(cbor(read + "1b001fffffffffffff"), taken("read"));
    EXPECT_EQ(cbor(read + "1b0020000000000000"), refused("invalid", "upto"));
    EXPECT_EQ(cbor(read + "1bffffffffffffffff"), refused("invalid", "upto"));
    EXPECT_EQ(cbor(read + "20"), refused("invalid", "upto"));
    EXPECT_EQ(cbor(read + "f93c00"), refused("malformed", "upto")) << "1.0";
    EXPECT_EQ(cbor(read + "c24101"), frame_refused("malformed")) << "a bignum is a tag";
}

TEST(Strictness, RangesOfNumbers) {
    const auto limit = [](const std::string& number) {
        return json(R"({"type":"changes","payload":{"stream":"c1","after":0,"limit":)" + number + "}}");
    };
    EXPECT_EQ(limit("0"), refused("invalid", "limit"));
    EXPECT_EQ(limit("1"), taken("changes"));
    EXPECT_EQ(limit("200"), taken("changes"));
    EXPECT_EQ(limit("201"), refused("invalid", "limit"));
}

TEST(Strictness, LengthsOfTexts) {
    EXPECT_EQ(send_text(""), taken("message.send"));
    EXPECT_EQ(send_text("x"), taken("message.send"));
    EXPECT_EQ(send_text("🙂"), taken("message.send"));
    EXPECT_EQ(send_text(text_of(8000, "x")), taken("message.send"));
    EXPECT_EQ(send_text(text_of(8001, "x")), refused("invalid", "text"));
    EXPECT_EQ(send_text(text_of(8000, "é")), taken("message.send"));
    EXPECT_EQ(send_text(text_of(4096, "🙂")), taken("message.send")) << "16 KiB";
    EXPECT_EQ(send_text(text_of(4096, "🙂") + "x"), refused("invalid", "text")) << "16 KiB and one byte";
}

TEST(Strictness, ContentOfTexts) {
    EXPECT_EQ(send_text(R"(a\u0000b)"), refused("invalid", "text"));
    EXPECT_EQ(send_text(R"(a\u0001b)"), taken("message.send"));
    EXPECT_EQ(send_text(R"(\ud800)"), frame_refused("malformed"));
    EXPECT_EQ(send_text("\xff"), frame_refused("malformed"));
    EXPECT_EQ(send_text("\xed\xa0\x80"), frame_refused("malformed"));
    EXPECT_EQ(send_text("\xef\xbf\xbe \xef\xb7\x90 \xf4\x8f\xbf\xbf"), taken("message.send"))
        << "noncharacters";
    const std::string to_a = "a2 001828 06 a2 01a1026161 02";
    EXPECT_EQ(cbor(to_a + "6178"), taken("message.send"));
    EXPECT_EQ(cbor(to_a + "6100"), refused("invalid", "text"));
    EXPECT_EQ(cbor(to_a + "61ff"), frame_refused("malformed"));
    EXPECT_EQ(cbor(to_a + "4178"), refused("malformed", "text")) << "bytes are no text";
}

TEST(Strictness, Tokens) {
    const auto auth = [](const std::string& token) {
        return json(R"({"type":"auth","payload":{"client":"c","token":")" + token + R"("}})");
    };
    EXPECT_EQ(auth("a.b-c~!"), taken("auth"));
    EXPECT_EQ(auth(""), refused("invalid", "token"));
    EXPECT_EQ(auth("a b"), refused("invalid", "token"));
    EXPECT_EQ(auth("é"), refused("invalid", "token"));
    EXPECT_EQ(auth("\x7f"), refused("invalid", "token"));
    EXPECT_EQ(auth(text_of(1024, "x")), taken("auth"));
    EXPECT_EQ(auth(text_of(1025, "x")), refused("invalid", "token"));
}

TEST(Strictness, Lists) {
    const auto mentions = [](const std::string& list) {
        return send(R"({"target":{"direct":"a1"},"text":"x","mentions":)" + list + "}");
    };
    const auto ids = [](std::size_t count) {
        return "[\"a0\"" + text_of(count - 1, ",\"a1\"") + "]";
    };
    EXPECT_EQ(mentions("[]"), taken("message.send"));
    EXPECT_EQ(mentions("null"), taken("message.send"));
    EXPECT_EQ(mentions("{}"), refused("malformed", "mentions"));
    EXPECT_EQ(mentions("[1]"), refused("malformed", "mentions"));
    EXPECT_EQ(mentions("[null]"), refused("malformed", "mentions"));
    EXPECT_EQ(mentions("[\"\"]"), refused("invalid", "mentions"));
    EXPECT_EQ(mentions(ids(50)), taken("message.send"));
    EXPECT_EQ(mentions(ids(51)), refused("invalid", "mentions"));
    EXPECT_EQ(json(R"({"type":"ack","payload":{"streams":[{"stream":"c1"}]}})"),
              refused("malformed", "streams.seq"));
}

TEST(Strictness, Enumerations) {
    const auto rows = [](const std::string& kind) {
        return json(R"({"type":"rows","payload":{"stream":"c1","kind":)" + kind + "}}");
    };
    EXPECT_EQ(rows(R"("member")"), taken("rows"));
    EXPECT_EQ(rows(R"("Member")"), refused("invalid", "kind"));
    EXPECT_EQ(rows("1"), refused("malformed", "kind"));
    const std::string payload = "a2 001819 06 a2 01626331 02";
    EXPECT_EQ(cbor(payload + "01"), taken("rows"));
    EXPECT_EQ(cbor(payload + "00"), refused("invalid", "kind"));
    EXPECT_EQ(cbor(payload + "1901 01"), refused("invalid", "kind")) << "257 is not 1";
    EXPECT_EQ(cbor(payload + "666d656d626572"), refused("malformed", "kind"));
}

TEST(Strictness, Codes) {
    const auto error = [](const std::string& code) {
        return json(R"({"type":"error","payload":{"message":"x","code":)" + code + "}}");
    };
    EXPECT_EQ(error(R"("malformed")"), taken("error"));
    EXPECT_EQ(error(R"("nonsense")"), refused("invalid", "code"));
    EXPECT_EQ(error("1"), refused("malformed", "code"));
    EXPECT_EQ(cbor("a2 0004 06 a2 0101 026178"), taken("error"));
    EXPECT_EQ(cbor("a2 0004 06 a2 0100 026178"), refused("invalid", "code"));
    EXPECT_EQ(cbor("a2 0004 06 a2 011bffffffffffffffff 026178"), refused("invalid", "code"));
    EXPECT_EQ(json(R"({"type":"closing","payload":{"code":4004}})"), taken("closing"));
    EXPECT_EQ(json(R"({"type":"closing","payload":{"code":1006}})"), refused("invalid", "code"));
    EXPECT_EQ(json(R"({"type":"closing","payload":{"code":4294968300}})"), refused("invalid", "code"));
}

TEST(Strictness, RowsInsideOfReplies) {
    const auto reply = [](const std::string& row) {
        return json(R"({"type":"changes.ok","payload":{"after":0,"upto":1,"head":1,"rows":[)" + row + "]}}");
    };
    const std::string left = R"("payload":{"conversation":"c1","until":1})";
    EXPECT_EQ(reply(R"({"type":"left","seq":1,"timestamp":1,)" + left + "}"), taken("changes.ok"));
    EXPECT_EQ(reply(R"({"type":"left","timestamp":1,)" + left + "}"), refused("malformed", "rows.seq"));
    EXPECT_EQ(reply(R"({"type":"left","seq":1,)" + left + "}"), refused("malformed", "rows.timestamp"));
    EXPECT_EQ(reply(R"({"type":"left","seq":1,"timestamp":1})"), refused("malformed", "rows.conversation"));
    EXPECT_EQ(reply(R"({"type":"ping","seq":1,"timestamp":1})"), refused("malformed", "rows.type"));
    EXPECT_EQ(reply(R"({"seq":1,"timestamp":1})"), refused("malformed", "rows.type"));
    EXPECT_EQ(reply(R"({"type":7,"seq":1,"timestamp":1})"), refused("malformed", "rows.type"));
    // One of a later version keeps its place (Change.OfALaterVersionKeepsItsPlaceAndSaysNothing).
    EXPECT_EQ(reply(R"({"type":"nonsense","seq":1,"timestamp":1})"), taken("changes.ok"));
    EXPECT_EQ(reply("1"), refused("malformed", "rows"));
}

TEST(Strictness, Depth) {
    const auto ping_with = [](std::size_t levels) {
        return json(R"({"type":"ping","x":)" + text_of(levels, "[") + text_of(levels, "]") + "}");
    };
    EXPECT_EQ(ping_with(15), taken("ping"));
    EXPECT_EQ(ping_with(16), frame_refused("malformed"));
    EXPECT_EQ(ping_with(30'000), frame_refused("malformed"));
    EXPECT_EQ(cbor("a2 0006 1863" + text_of(15, "81") + "00"), taken("ping"));
    EXPECT_EQ(cbor("a2 0006 1863" + text_of(16, "81") + "00"), frame_refused("malformed"));
    EXPECT_EQ(cbor("a2 0006 1863" + text_of(30'000, "a100") + "00"), frame_refused("malformed"));
}

/// Every golden example, cut short or with one byte changed, is taken or refused, and nothing else happens.
TEST(Strictness, NoDamageDoesMoreThanBeRefused) {
    std::size_t refusals = 0;
    for (const auto& golden : parley::test::all_golden()) {
        if (!golden.is_envelope()) continue;
        for (std::size_t size = 0; size < golden.cbor.size(); ++size) {
            EXPECT_FALSE(decode_frame(golden.cbor.substr(0, size), Encoding::cbor).has_value());
            std::string changed = golden.cbor;
            changed[size] = static_cast<char>(changed[size] ^ 0x41);
            refusals += decode_frame(changed, Encoding::cbor).has_value() ? 0 : 1;
        }
        for (std::size_t size = 0; size < golden.json.size(); ++size) {
            EXPECT_FALSE(decode_frame(golden.json.substr(0, size), Encoding::json).has_value());
        }
    }
    EXPECT_GT(refusals, 100U);
}

template <class T>
std::string refusal_of(const std::string& payload) {
    const auto decoded = decode<T>(payload, Encoding::json);
    return decoded ? "taken" : decoded.error().context;
}

TEST(Strictness, RefusalsOfWhatIsBeyondItsBoundsSayTheBounds) {
    const auto group = [](const std::string& title) {
        return refusal_of<ConversationCreate>(R"({"title":")" + title + R"(","members":[]})");
    };
    EXPECT_EQ(group("x"), "taken");
    EXPECT_EQ(group(""), "The field title is too short: at least 1 character.");
    EXPECT_EQ(group(std::string(101, 'x')), "The field title is too long: at most 100 characters.");
    EXPECT_EQ(refusal_of<Refresh>(R"({"refresh_token":")" + std::string(5'000, 'x') + "\"}"),
              "The field refresh_token is too long: at most " + std::to_string(limits::token_bytes_max) +
                  " bytes.");
    EXPECT_EQ(refusal_of<InviteCreate>(R"({"uses":0})"), "The field uses is too small: at least 1.");
    EXPECT_EQ(refusal_of<Read>(R"({"target":{"stream":"c1"},"upto":9007199254740992})"),
              "The field upto is too large: at most 9007199254740991.");
}

}  // namespace
}  // namespace parley::protocol
