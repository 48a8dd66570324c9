#include "bench/frame_scan.hpp"

#include "protocol/codec.hpp"

#include <gtest/gtest.h>

#include <string>

namespace parley::bench {
namespace {

std::string frame_of(std::initializer_list<protocol::Envelope> envelopes) {
    std::string frame;
    for (const auto& envelope : envelopes) {
        std::string bytes;
        protocol::append_envelope(bytes, envelope, protocol::Encoding::cbor);
        protocol::append_to_frame(frame, bytes, protocol::Encoding::cbor);
    }
    return frame;
}

protocol::Envelope delivery() {
    protocol::Envelope envelope;
    envelope.id = Uuid{.bytes = {1, 2, 3}};
    envelope.stream = StreamId("c0000000001");
    envelope.seq = 70'000;
    envelope.timestamp = WallTime{1'711'234'567'890};
    envelope.payload = protocol::MessageNew{
        .sender = AccountId("a0000000001"), .text = "12345 and more", .mentions = {AccountId("a0000000002")}};
    return envelope;
}

TEST(FrameScan, SeesWhatTheCodecWrote) {
    protocol::Envelope accepted;
    accepted.re = Uuid{.bytes = {9, 8, 7}};
    accepted.stream = StreamId("c0000000002");
    accepted.seq = 3;
    accepted.payload = protocol::MessageAccepted{};
    const std::string frame = frame_of({delivery(), accepted});

    FrameScan scan(frame);
    const auto first = scan.next();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->type, protocol::Type::message_new);
    EXPECT_EQ(first->stream, "c0000000001");
    EXPECT_EQ(first->seq, 70'000);
    EXPECT_EQ(first->text, "12345 and more");
    EXPECT_FALSE(first->re);
    const auto second = scan.next();
    ASSERT_TRUE(second);
    EXPECT_EQ(second->type, protocol::Type::message_accepted);
    EXPECT_EQ(second->re, accepted.re);
    EXPECT_EQ(first->bytes.size() + second->bytes.size(), frame.size());
    EXPECT_FALSE(scan.next());
    EXPECT_FALSE(scan.broken());
}

TEST(FrameScan, NoticesEveryFrameThatEndsEarly) {
    const std::string frame = frame_of({delivery()});
    for (std::size_t size = 1; size < frame.size(); ++size) {
        FrameScan scan(std::string_view(frame).substr(0, size));
        EXPECT_FALSE(scan.next()) << size;
        EXPECT_TRUE(scan.broken()) << size;
    }
}

}  // namespace
}  // namespace parley::bench
