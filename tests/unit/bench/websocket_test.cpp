#include "bench/websocket.hpp"

#include <gtest/gtest.h>

#include <string>

namespace parley::bench {
namespace {

/// As a server would send it.
std::string unmasked(std::string_view payload) {
    std::string frame("\x82", 1);
    if (payload.size() < 126) {
        frame.push_back(static_cast<char>(payload.size()));
    } else {
        frame += {'\x7e', static_cast<char>(payload.size() >> 8), static_cast<char>(payload.size() & 0xff)};
    }
    return frame.append(payload);
}

TEST(ServerFrames, AreParsedWhole) {
    for (const std::size_t size : {0, 1, 125, 126, 300, 65535}) {
        const std::string payload(size, 'x');
        const std::string bytes = unmasked(payload) + "rest";
        const auto frame = parse_frame(bytes);
        ASSERT_TRUE(frame) << size;
        EXPECT_EQ(frame->opcode, Opcode::binary);
        EXPECT_TRUE(frame->final);
        EXPECT_EQ(frame->payload, payload);
        EXPECT_EQ(frame->size + 4, bytes.size());
    }
}

TEST(ServerFrames, WaitForTheirEnd) {
    const std::string bytes = unmasked(std::string(200, 'x'));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        EXPECT_FALSE(parse_frame(std::string_view(bytes).substr(0, size))) << size;
    }
}

TEST(ClientFrames, AreMaskedWithTheKeyThatTheyName) {
    for (const std::size_t size : {0, 5, 125, 126, 65535, 65536}) {
        const std::string payload(size, 'y');
        std::string bytes;
        append_frame(bytes, Opcode::text, payload);
        const std::size_t head = size < 126 ? 2 : size < 65536 ? 4 : 10;
        ASSERT_EQ(bytes.size(), head + 4 + size);
        EXPECT_EQ(bytes[0], '\x81');
        EXPECT_EQ(bytes[1] & 0x80, 0x80);
        std::string unmasked_again;
        for (std::size_t i = 0; i < size; ++i) {
            unmasked_again.push_back(static_cast<char>(bytes[head + 4 + i] ^ bytes[head + i % 4]));
        }
        EXPECT_EQ(unmasked_again, payload);
    }
}

}  // namespace
}  // namespace parley::bench
