#include "tests/unit/server/api/world.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <initializer_list>
#include <string>

namespace parley::server::test {
namespace {

/// What has come to these since they connected.
struct Written {
    explicit Written(std::initializer_list<const Peer*> peers) {
        for (const Peer* peer : peers) {
            frames += static_cast<std::int64_t>(peer->frames.size());
            for (const std::string& frame : peer->frames)
                bytes += static_cast<std::int64_t>(frame.size());
        }
    }
    std::int64_t frames = 0;
    std::int64_t bytes = 0;
};

TEST(Operations, AreProbedAndMeasuredByEverybody) {
    World world;
    EXPECT_EQ(world.call("GET", "/livez").status, 200);
    EXPECT_EQ(world.call("GET", "/readyz").status, 200);
    EXPECT_EQ(world.call("GET", "/metrics").body, "metrics\n");
    // Whoever asks whether to send people here hears no; whoever asks whether to start it anew, that it
    // lives.
    world.is_ready = false;
    EXPECT_EQ(world.call("GET", "/readyz").status, 503);
    EXPECT_EQ(world.call("GET", "/readyz").body, "not ready\n");
    EXPECT_EQ(world.call("GET", "/livez").status, 200);
    world.is_ready = true;
    EXPECT_EQ(world.call("GET", "/readyz").status, 200);
    World::Options options;
    options.http.metrics = false;
    World quiet(options);
    EXPECT_EQ(quiet.call("GET", "/metrics").status, 403);
}

TEST(Operations, MeasureADeliveryFromTheFrameInToTheFrameOut) {
    World world;
    const Account bob = world.person("bob");
    Peer& ada = world.online(world.person("ada"));
    Peer& hearing = world.online(bob);
    const StreamId group = world.group(ada, {bob});
    world.settle();
    const Histogram& deliveries = world.shard_metrics.front()->delivery_us;
    const std::int64_t sum_before = deliveries.sum();
    hearing.take();
    ada.ask(message(group, "it takes its time"));
    world.now.instant = world.now.instant + milliseconds(7);
    world.settle();
    ASSERT_EQ(texts_of(hearing.take()).size(), 1u);
    EXPECT_EQ(deliveries.sum() - sum_before, 7'000);
    // Above 5 ms, up to 10 ms.
    ASSERT_EQ(deliveries.bounds()[6], 10'000);
    EXPECT_EQ(deliveries.count(6), 1) << "hers is an answer, his a delivery";
}

TEST(Operations, MeasureADeliveryOfLessThanAMillisecond) {
    World world;
    const Account bob = world.person("bob");
    Peer& ada = world.online(world.person("ada"));
    world.online(bob);
    const StreamId group = world.group(ada, {bob});
    world.settle();
    const Histogram& deliveries = world.shard_metrics.front()->delivery_us;
    const std::int64_t sum_before = deliveries.sum();
    ada.ask(message(group, "in no time"));
    world.besides_us += 400;
    world.settle();
    EXPECT_EQ(deliveries.sum() - sum_before, 400);
    // As much by HTTP, from the call on.
    const Account carol = world.person("carol");
    auto answer = world.begin({.method = "POST",
                               .target = "/v1/direct/" + bob.id.text() + "/messages",
                               .authorization = "Bearer " + carol.access,
                               .idempotency_key = world.next_id().text(),
                               .body = R"({"text":"by a call"})"});
    world.besides_us += 300;
    world.settle();
    ASSERT_TRUE(*answer);
    EXPECT_EQ((*answer)->status, 200) << (*answer)->body;
    EXPECT_EQ(deliveries.sum() - sum_before, 700);
}

// Held until its answer: what waits with the server counts as well.
TEST(Operations, MeasureADeliveryOfWhatHadToWait) {
    World world;
    const Account bob = world.person("bob");
    const Account ada = world.person("ada");
    world.online(bob);
    const StreamId group = world.group(world.online(ada), {bob});
    world.settle();
    const Histogram& deliveries = world.shard_metrics.front()->delivery_us;
    const std::int64_t sum_before = deliveries.sum();
    Peer& sending = world.connect();
    sending.ask(protocol::Auth{ada.access, {}});
    sending.ask(message(group, "behind the sign-in"));
    world.besides_us += 900;
    world.settle();
    EXPECT_EQ(deliveries.sum() - sum_before, 900);
}

TEST(Operations, CountFramesAndTheirBytesAndRefusalsAsTheyGoOut) {
    World world;
    const Account bob = world.person("bob");
    Peer& ada = world.online(world.person("ada"));
    Peer& hearing = world.online(bob, 0, protocol::Encoding::cbor);
    const StreamId group = world.group(ada, {bob});
    for (const char* text : {"one", "two", "grüße 👋"})
        ada.ask(message(group, text));
    world.settle();
    const ShardMetrics& metrics = *world.shard_metrics.front();
    EXPECT_EQ(metrics.errors_out.value(), 0);
    EXPECT_EQ(ada.refusal(ada.ask(message(StreamId{"c00000000zz"}, "x"))),
              ErrorCode::conversation_not_member);
    EXPECT_EQ(metrics.errors_out.value(), 1);
    const Written written({&ada, &hearing});
    EXPECT_GT(written.frames, 4);
    EXPECT_EQ(metrics.frames_out.value(), written.frames);
    EXPECT_EQ(metrics.bytes_out.value(), written.bytes);
}

}  // namespace
}  // namespace parley::server::test
