// The other end of a session.

#include "tests/unit/server/api/world.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::server::test {

namespace {

std::string text_of(const Frame& frame) {
    std::string text;
    for (const SharedText& piece : frame.pieces)
        text += *piece;
    EXPECT_EQ(text.size(), frame.bytes);
    EXPECT_LE(text.size(), static_cast<std::size_t>(limits::frame_bytes_max));
    return text;
}

}  // namespace

Peer::Peer(World& owner, std::uint32_t on, protocol::Encoding chosen)
    : world(owner), shard(on), encoding(chosen) {}

void Peer::send(Frame frame) {
    EXPECT_FALSE(writing) << "a frame was sent before the last one was written";
    EXPECT_FALSE(closed) << "a frame was sent after the close";
    frames.push_back(text_of(frame));
    last_pieces = std::move(frame.pieces);
    writing = true;
}

void Peer::close(CloseCode code, Frame last) {
    EXPECT_FALSE(closed) << "closed twice";
    if (last.bytes > 0) frames.push_back(text_of(last));
    closed = code;
}

Uuid Peer::ask(protocol::Payload payload, std::optional<Uuid> follows) {
    protocol::Envelope envelope;
    envelope.id = world.next_id();
    envelope.follows = follows;
    envelope.payload = std::move(payload);
    const Uuid id = *envelope.id;
    send(std::move(envelope));
    return id;
}

void Peer::send(protocol::Envelope envelope) {
    std::string frame;
    protocol::append_envelope(frame, envelope, encoding);
    send_frame(frame);
}

void Peer::send_frame(std::string_view bytes) {
    if (!takes_frames) {
        unsent.emplace_back(bytes);
        return;
    }
    world.shard(shard).handle_frame(key, bytes, world.now);
}

void Peer::disconnect() {
    world.shard(shard).handle_disconnected(key, world.now);
}

std::vector<protocol::Envelope> Peer::take() {
    std::vector<protocol::Envelope> came;
    for (; taken < frames.size(); ++taken) {
        const auto decoded = protocol::decode_frame(frames[taken], encoding);
        EXPECT_TRUE(decoded) << frames[taken];
        if (!decoded) continue;
        for (const protocol::Decoded& one : *decoded) {
            const auto* envelope = std::get_if<protocol::Envelope>(&one);
            EXPECT_NE(envelope, nullptr) << frames[taken];
            if (envelope != nullptr) came.push_back(*envelope);
        }
    }
    return came;
}

protocol::Envelope Peer::answer(Uuid command) {
    world.settle();
    for (protocol::Envelope& envelope : take()) {
        if (envelope.re == command) return std::move(envelope);
    }
    ADD_FAILURE() << "no answer came";
    return {};
}

ErrorCode Peer::refusal(Uuid command) {
    const protocol::Envelope envelope = answer(command);
    const auto* error = std::get_if<protocol::ErrorReply>(&envelope.payload);
    EXPECT_NE(error, nullptr) << "it was not refused";
    return error != nullptr ? error->code : ErrorCode{};
}

}  // namespace parley::server::test
