#include "protocol/codec.hpp"
#include "tests/unit/protocol/golden_files.hpp"

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

TEST(Describe, NamesIdsNumbersAndSizes) {
    Envelope envelope;
    envelope.id = Uuid::parse("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    envelope.payload = MessageSend{
        .target = {.stream = StreamId("c1")}, .text = "the secret", .mentions = {AccountId("a1")}};
    EXPECT_EQ(
        describe(envelope),
        "type=message.send id=017f22e2-79b0-7cc3-98c4-dc0c0c07398f payload={target={stream=c1} text=10B "
        "mentions=[1]}");
}

TEST(Describe, ShowsNoToken) {
    Envelope envelope;
    envelope.payload = Auth{.token = "the-secret", .client = "parley"};
    EXPECT_EQ(describe(envelope), "type=auth payload={token=10B client=6B}");
}

TEST(Describe, SaysOfAListOnlyItsLength) {
    Envelope envelope;
    Change change{.seq = 3,
                  .born = 3,
                  .timestamp = WallTime{9},
                  .payload = MessageNew{.sender = AccountId("a1"), .text = "x"}};
    envelope.payload = ChangesOk{.after = 1, .upto = 3, .head = 3, .rows = {change, change}};
    EXPECT_EQ(describe(envelope), "type=changes.ok payload={after=1 upto=3 head=3 rows=[2]}");
}

TEST(Describe, HasNothingOfAnyTextOfTheExamples) {
    for (const auto& golden : parley::test::all_golden()) {
        if (!golden.is_envelope()) continue;
        const auto decoded = decode_frame(golden.json, Encoding::json);
        ASSERT_TRUE(decoded.has_value());
        const std::string text = describe(std::get<Envelope>(decoded->front()));
        for (const char* said :
             {"eight", "quoted", "an-access-token", "an-invite", "Choir", "Ada", "not in this"}) {
            EXPECT_EQ(text.find(said), std::string::npos) << text;
        }
    }
}

}  // namespace
}  // namespace parley::protocol
