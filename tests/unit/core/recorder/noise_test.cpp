// What is private becomes noise that behaves alike.

#include "core/recorder/noise.hpp"

#include "base/utf8.hpp"
#include "core/rules/custom.hpp"
#include "core/rules/text.hpp"
#include "tests/unit/protocol/random_values.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace parley::test {
namespace {

using core::Noise;
using protocol::Encoding;
using protocol::TextKind;
using ::testing::HasSubstr;
using ::testing::Not;

std::string hidden(std::string text, TextKind kind = TextKind::other) {
    Noise noise;
    noise.hide(text, kind);
    return text;
}

std::string in_json(const std::string& text) {
    return protocol::encode(protocol::Refresh{.refresh_token = text}, Encoding::json);
}

TEST(Noise, OfTextsOfOneSizeIsTheSame) {
    EXPECT_EQ(hidden("Meet me at 8"), hidden("(not a word)"));
    EXPECT_EQ(hidden("Meet me at 8").size(), 12u);
    EXPECT_NE(hidden("Meet me at 8"), "Meet me at 8");
}

TEST(Noise, TellsNotWhereInATextSomethingStood) {
    EXPECT_EQ(hidden("a\nb \"c\" 👋 é"), hidden("👋 é\"\"  abc\n"));
    EXPECT_EQ(hidden("line one\nline two"), hidden("line\none line two"));
    EXPECT_EQ(hidden("\x02 two"), hidden("two \x02"));
    // A title is a name: the second that is seen differs from the first in its letters only.
    Noise noise;
    std::string one = "Tea \"at\" 5";
    std::string other = "\"Tea at\" 5";
    noise.hide(one, TextKind::name);
    noise.hide(other, TextKind::name);
    EXPECT_NE(one, other);
    EXPECT_EQ(one.find('\n'), other.find('\n'));
}

TEST(Noise, OfHandlesTellsNotWhereADotStood) {
    EXPECT_EQ(hidden("ada.l", TextKind::handle), hidden("a-d_1", TextKind::handle));
    EXPECT_EQ(hidden("Ada L", TextKind::handle), hidden("1 da!", TextKind::handle));
}

TEST(Noise, HasNothingOfWhatItReplaces) {
    const std::string text = "grüße 👋 an 東京 \"heute\"";
    const std::string noise = hidden(text);
    for (const char* part : {"gr", "ü", "ße", "👋", "東", "京", "heute", " "})
        EXPECT_THAT(noise, Not(HasSubstr(part)));
}

RC_GTEST_PROP(Noise, HasTheSameBytesCodePointsAndSizeInJson, ()) {
    const auto numbers = *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::arbitrary<std::uint32_t>());
    parley::test::Choices choices(numbers);
    const std::string text = parley::test::any_text(choices, {});
    for (const TextKind kind : {TextKind::handle, TextKind::name, TextKind::custom_kind, TextKind::other}) {
        const std::string noise = hidden(text, kind);
        RC_ASSERT(noise.size() == text.size());
        RC_ASSERT(count_code_points(noise) == count_code_points(text));
        RC_ASSERT(in_json(noise).size() == in_json(text).size());
    }
}

TEST(Noise, OfWhatIsNoUtf8IsNoUtf8) {
    EXPECT_EQ(count_code_points(hidden("a\xff z")), std::nullopt);
}

TEST(Noise, OfAHandleIsAHandleAndOfNoneIsNone) {
    for (const char* handle : {"ada", "a-1.x_", "zz", "b0"})
        EXPECT_TRUE(core::rules::check_handle(hidden(handle, TextKind::handle))) << handle;
    for (const char* none : {"Ada", "1ada", "a", "a b", "ädä", "-a", "a!"})
        EXPECT_FALSE(core::rules::check_handle(hidden(none, TextKind::handle))) << none;
}

// A core refuses at once what is no name of a kind, and so must one that is played what was recorded.
TEST(Noise, OfAKindOfCustomDataIsOneAndOfNoneIsNone) {
    for (const char* kind : {"org.example.poll", "a.b", "x-1.y_2", "1.2.3.4"}) {
        EXPECT_TRUE(core::rules::check_kind(hidden(kind, TextKind::custom_kind))) << kind;
        EXPECT_EQ(hidden(kind, TextKind::custom_kind).size(), std::string_view(kind).size());
    }
    EXPECT_EQ(hidden("org.game", TextKind::custom_kind), hidden("it.is.me", TextKind::custom_kind));
    const std::string too_long = "a." + std::string(63, 'b');
    for (const std::string& none : {std::string("poll"), std::string("a..b"), std::string("A.b"), too_long})
        EXPECT_FALSE(core::rules::check_kind(hidden(none, TextKind::custom_kind))) << none;
}

TEST(Noise, OfANameThatIsRefusedIsRefusedToo) {
    const auto passes = [](const std::string& name) {
        return core::rules::check_name(name, "name").has_value();
    };
    for (const char* good : {"Ada", "\"", "ß", "東京", "👋", " a "})
        EXPECT_TRUE(passes(hidden(good, TextKind::name))) << good;
    for (const char* bad : {" ", "   ", "\u00a0", "\u3000", "\U000E0041", "a\nb", "\x1b", "\x7f", "a\u0085",
                            "\u202e\"", "👋\u2028", "\U000E0041\U000E0042"})
        EXPECT_FALSE(passes(hidden(bad, TextKind::name))) << bad;
}

RC_GTEST_PROP(Noise, OfANameStandsAsTheNameDoes, ()) {
    const auto numbers = *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::arbitrary<std::uint32_t>());
    parley::test::Choices choices(numbers);
    const std::string text = parley::test::any_text(choices, {});
    RC_ASSERT(core::rules::check_name(hidden(text, TextKind::name), "name").has_value() ==
              core::rules::check_name(text, "name").has_value());
}

TEST(Noise, TellsNamesApartAndKnowsThemAgain) {
    Noise noise;
    std::string one = "ada";
    std::string other = "bob";
    std::string again = "ada";
    for (std::string* name : {&one, &other, &again})
        noise.hide(*name, TextKind::name);
    EXPECT_NE(one, other);
    EXPECT_EQ(one, again);
}

protocol::Envelope message(std::string text) {
    return {.stream = StreamId("c1"),
            .seq = 5,
            .timestamp = WallTime{1000},
            .payload = protocol::MessageNew{AccountId("a1"), std::move(text), std::nullopt, {}}};
}

std::string frame_of(const std::vector<protocol::Envelope>& envelopes, Encoding encoding) {
    std::string frame;
    for (const auto& envelope : envelopes) {
        std::string one;
        protocol::append_envelope(one, envelope, encoding);
        protocol::append_to_frame(frame, one, encoding);
    }
    return frame;
}

TEST(Noise, LeavesAFrameItsEnvelopes) {
    for (const Encoding encoding : {Encoding::json, Encoding::cbor}) {
        const std::string frame = frame_of({message("secret one"), message("two")}, encoding);
        const std::string noise = Noise().frame(frame, encoding);
        EXPECT_EQ(noise.size(), frame.size());
        EXPECT_THAT(noise, Not(HasSubstr("secret")));
        const auto decoded = protocol::decode_frame(noise, encoding);
        ASSERT_TRUE(decoded);
        ASSERT_EQ(decoded->size(), 2u);
        auto expected = message(hidden("secret one"));
        EXPECT_EQ(std::get<protocol::Envelope>(decoded->front()), expected);
    }
}

TEST(Noise, LeavesWhatCannotBeReadUnreadableWithItsIds) {
    const std::string id = "019b76d9-bda0-7c4e-9b1d-3e5f7a9b1c03";
    const std::string frame = R"({"type":"of.later","id":")" + id + R"(","re":")" + id +
                              R"(","payload":{"text":"secret"}})"
                              "\n" +
                              frame_of({message("x")}, Encoding::json);
    const std::string noise = Noise().frame(frame, Encoding::json);
    EXPECT_THAT(noise, Not(HasSubstr("secret")));
    const auto decoded = protocol::decode_frame(noise, Encoding::json);
    ASSERT_TRUE(decoded);
    ASSERT_EQ(decoded->size(), 2u);
    const auto* rejected = std::get_if<protocol::Rejected>(&decoded->front());
    ASSERT_NE(rejected, nullptr);
    EXPECT_EQ(rejected->id, Uuid::parse(id));
    EXPECT_EQ(rejected->re, Uuid::parse(id));

    std::string bytes = "\xa3";  // the same in CBOR: type 0, id, re
    bytes += std::string("\x00\x00\x01\x50", 4) + std::string(16, 'i') + "\x02\x50" + std::string(16, 'r');
    const std::string again = Noise().frame(bytes, Encoding::cbor);
    EXPECT_EQ(again, bytes);
}

TEST(Noise, OfAFrameThatIsNoneIsNone) {
    for (const Encoding encoding : {Encoding::json, Encoding::cbor})
        EXPECT_FALSE(protocol::decode_frame(Noise().frame("\x01secret", encoding), encoding));
}

std::string hidden_body(std::int64_t status, std::string body) {
    protocol::DoorInput input{.answer = protocol::DoorAnswer{1, status, std::move(body)}};
    Noise().hide(input);
    return input.answer->body;
}

TEST(Noise, HidesTokensAndKeepsThatThereAreSome) {
    const protocol::Session session{AccountId("a1"), DeviceId("d1"), "access-1", WallTime{5}, "refresh-1"};
    const std::string body = hidden_body(200, protocol::encode(session, Encoding::json));
    EXPECT_THAT(body, Not(HasSubstr("access-1")));
    EXPECT_THAT(body, Not(HasSubstr("refresh-1")));
    const auto read = protocol::decode<protocol::Session>(body, Encoding::json);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->account, session.account);
    EXPECT_EQ(read->refresh_token.size(), session.refresh_token.size());
}

// Tokens are visible characters, of which two are escaped in JSON.
TEST(Noise, OfATokenIsAToken) {
    protocol::Sync sync;
    sync.token = R"(a"b\c)";
    for (const Encoding encoding : {Encoding::json, Encoding::cbor}) {
        const std::string frame = frame_of({{.payload = sync}}, encoding);
        const auto read = protocol::decode_frame(Noise().frame(frame, encoding), encoding);
        ASSERT_TRUE(read);
        EXPECT_TRUE(std::holds_alternative<protocol::Envelope>(read->front()));
    }
}

TEST(Noise, KeepsOfABodyOnlyWhatACoreReads) {
    EXPECT_EQ(hidden_body(502, "<html>secret</html>"), "");
    EXPECT_EQ(hidden_body(200, R"({"secret":1})"), "");
    const std::string problem =
        R"({"type":"t","title":"secret","status":401,"code":"credentials","more":"secret"})";
    const std::string body = hidden_body(401, problem);
    EXPECT_THAT(body, HasSubstr(R"("code":"credentials")"));
    EXPECT_THAT(body, Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace parley::test
