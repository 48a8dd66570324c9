#include "server/api/outbound.hpp"

#include "protocol/generated/cpp/limits.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace parley::server {
namespace {

using protocol::Encoding;

SharedText text(std::string content) {
    return std::make_shared<const std::string>(std::move(content));
}

std::string joined(const Frame& frame) {
    std::string all;
    for (const SharedText& piece : frame.pieces)
        all += *piece;
    return all;
}

TEST(Outbound, JoinsWhatWaitsIntoOneFrame) {
    Outbound json(Encoding::json);
    json.push_reply(text("one"));
    json.push_change(text("two"), {}, {});
    EXPECT_EQ(json.bytes(), 6u);
    const Frame frame = json.take_frame();
    EXPECT_EQ(joined(frame), "one\ntwo");
    EXPECT_EQ(frame.bytes, 7u);
    EXPECT_TRUE(json.empty());
    EXPECT_EQ(json.bytes(), 0u);

    Outbound cbor(Encoding::cbor);
    cbor.push_reply(text("one"));
    cbor.push_reply(text("two"));
    EXPECT_EQ(joined(cbor.take_frame()), "onetwo");
}

TEST(Outbound, SharesTextsInsteadOfCopyingThem) {
    Outbound queue(Encoding::cbor);
    const SharedText shared = text("one");
    queue.push_change(shared, {}, {});
    EXPECT_EQ(queue.take_frame().pieces.front().get(), shared.get());
}

TEST(Outbound, FillsFramesUpToTheirLimit) {
    Outbound queue(Encoding::json);
    for (int i = 0; i < 5; ++i)
        queue.push_reply(text(std::string(30'000, 'x')));
    std::size_t frames = 0;
    while (!queue.empty()) {
        EXPECT_LE(queue.take_frame().bytes, static_cast<std::size_t>(limits::frame_bytes_max));
        ++frames;
    }
    EXPECT_EQ(frames, 3u);
}

TEST(Outbound, DropsChangesAndKeepsReplies) {
    Outbound queue(Encoding::json);
    queue.push_change(text("taken"), {.position = 1, .account_seq = 1}, {});
    queue.take_frame();
    queue.push_reply(text("reply"));
    queue.push_change(text("first"), {.position = 7, .account_seq = 3}, {});
    queue.push_change(text("second"), {.position = 8, .account_seq = 4}, {});
    const auto covered = queue.drop_changes();
    ASSERT_TRUE(covered);
    EXPECT_EQ(covered->position, 7);
    EXPECT_EQ(covered->account_seq, 3);
    EXPECT_EQ(queue.bytes(), 5u);
    EXPECT_EQ(joined(queue.take_frame()), "reply");
    EXPECT_FALSE(queue.drop_changes());
}

TEST(Outbound, TakesTheTokenOutOfPongsWhoseChangesAreDropped) {
    Outbound queue(Encoding::json);
    const std::string token = "t2.1.9";
    queue.push_change(text("change"), {}, {});
    queue.push_pong(std::nullopt, token, {5});
    queue.drop_changes();
    EXPECT_EQ(joined(queue.take_frame()).find("token"), std::string::npos);
    queue.push_change(text("change"), {}, {});
    queue.push_pong(std::nullopt, token, {5});
    EXPECT_NE(joined(queue.take_frame()).find(token), std::string::npos);
}

TEST(Outbound, AnswersTheLatestOfManyPingsForThoseForWhichThereIsNoRoom) {
    Outbound queue(Encoding::json);
    for (std::int64_t i = 1; i <= 20; ++i)
        queue.push_pong(std::nullopt, std::nullopt, {.ms = 1'000 + i});
    EXPECT_LE(queue.bytes(), 16U * 200);
    const std::string all = joined(queue.take_frame());
    EXPECT_EQ(std::ranges::count(all, '\n'), 15);
    EXPECT_NE(all.find("1015"), std::string::npos);
    EXPECT_EQ(all.find("1016"), std::string::npos);
    EXPECT_NE(all.find("1020"), std::string::npos);
    EXPECT_TRUE(queue.empty());
}

TEST(Outbound, RemembersWhenTheOldestOfAFrameCameIn) {
    Outbound queue(Encoding::json);
    queue.push_change(text("a"), {}, {70});
    queue.push_change(text("b"), {}, {50});
    queue.push_reply(text("c"));
    queue.take_frame();
    EXPECT_EQ(queue.oldest_received(), Stamp{50});
    queue.push_reply(text("c"));
    queue.take_frame();
    EXPECT_EQ(queue.oldest_received(), Stamp{0});
}

TEST(Outbound, ThatNeverRunsEmptyStaysInOrderAndSmall) {
    Outbound queue(Encoding::cbor);
    const std::string big(30'000, 'x');
    int next = 0;
    for (int i = 0; i < 1'000; ++i) {
        queue.push_reply(text(big + std::to_string(2 * i)));
        queue.push_reply(text(big + std::to_string(2 * i + 1)));
        const Frame frame = queue.take_frame();
        for (const SharedText& piece : frame.pieces)
            EXPECT_EQ(piece->substr(big.size()), std::to_string(next++));
    }
    EXPECT_LE(queue.bytes(), 2 * big.size());
}

}  // namespace
}  // namespace parley::server
