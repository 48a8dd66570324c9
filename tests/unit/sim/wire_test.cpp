#include "sim/wire.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

namespace parley::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Two ends that write down what they are told.
struct Server final : WireAcceptor {
    std::vector<std::string> heard;
    std::vector<SharedWire> accepted;
    int gone = 0;

    bool listening() const override { return true; }
    void accept(SharedWire wire) override { accepted.push_back(std::move(wire)); }
    void frame_arrived(Wire&, std::string_view frame) override { heard.emplace_back(frame); }
    void frame_written(Wire&) override {}
    void peer_gone(Wire&) override { ++gone; }
    void frame_leaves(Wire&, std::string_view) override {}
    void frame_said(Wire&, std::string_view) override {}
};

struct Phone final : WireEvents {
    std::vector<std::string> told;

    void wire_connected() override { told.emplace_back("connected"); }
    void wire_frame(std::string_view frame) override { told.emplace_back(frame); }
    void wire_disconnected(std::optional<std::uint16_t>) override { told.emplace_back("disconnected"); }
};

class Connected : public ::testing::Test {
  protected:
    Connected() {
        wire->connect();
        pass(seconds(1));
    }

    /// Lets everything happen that is due within this time.
    void pass(Duration time) {
        bool over = false;
        world.after(time, [&over] { over = true; });
        while (!over)
            world.step();
    }
    void say(const std::string& text) {
        server::Frame frame;
        frame.pieces.push_back(std::make_shared<const std::string>(text));
        frame.bytes = text.size();
        wire->send(std::move(frame));
    }

    World world{1};
    Link link;
    Server server;
    Phone phone;
    SharedWire wire = std::make_shared<Wire>(world,
                                             Wire::Ends{.server = server,
                                                        .device = phone,
                                                        .device_life = std::make_shared<Life>(),
                                                        .link = link,
                                                        .device_name = "phone"},
                                             1);
};

TEST_F(Connected, WhatIsSentWhileTheWayIsSilentComesLateAndInOrder) {
    say("one");
    pass(seconds(1));
    EXPECT_TRUE(wire->carries());
    link.silent = true;
    EXPECT_FALSE(wire->carries());
    say("two");
    wire->send_to_server("up");
    pass(seconds(20));
    EXPECT_THAT(phone.told, ElementsAre("connected", "one"));
    EXPECT_THAT(server.heard, IsEmpty());
    link.silent = false;
    say("three");
    pass(seconds(20));
    EXPECT_THAT(phone.told, ElementsAre("connected", "one", "two", "three"));
    EXPECT_THAT(server.heard, ElementsAre("up"));
}

TEST_F(Connected, NothingPassesAHalfOpenConnectionAndNobodyIsTold) {
    wire->fall_silent();
    say("one");
    wire->send_to_server("up");
    pass(seconds(600));
    EXPECT_THAT(phone.told, ElementsAre("connected"));
    EXPECT_THAT(server.heard, IsEmpty());
    EXPECT_EQ(server.gone, 0);
    EXPECT_TRUE(wire->server_holds());
    EXPECT_FALSE(wire->carries()) << "a world with such a connection is not at rest";
}

TEST_F(Connected, ACutLosesWhatIsUnderWayAndBothEndsLearnOfIt) {
    say("one");
    wire->cut();
    pass(seconds(2));
    EXPECT_THAT(phone.told, ElementsAre("connected", "disconnected"));
    EXPECT_EQ(server.gone, 1);
    EXPECT_FALSE(wire->server_holds());
}

TEST_F(Connected, ALossDelaysWhatComesBehindIt) {
    link.loss = 1000;
    say("lost once");
    link.loss = 0;
    say("behind it");
    pass(milliseconds(150));
    EXPECT_THAT(phone.told, ElementsAre("connected"));
    pass(seconds(1));
    EXPECT_THAT(phone.told, ElementsAre("connected", "lost once", "behind it"));
}

TEST_F(Connected, AThrottledLinkTakesItsTimeForManyBytes) {
    link.bytes_per_second = 1000;
    say(std::string(3000, 'x'));
    pass(seconds(2));
    EXPECT_EQ(phone.told.size(), 1U);
    pass(seconds(2));
    EXPECT_EQ(phone.told.size(), 2U);
}

TEST_F(Connected, WhatComesWhileTheServerTakesNothingWaitsInOrder) {
    wire->send_to_server("one");
    pass(seconds(1));
    wire->take_frames(false);
    wire->send_to_server("two");
    wire->send_to_server("three");
    pass(seconds(1));
    EXPECT_THAT(server.heard, ElementsAre("one"));
    EXPECT_FALSE(wire->quiet());
    wire->take_frames(true);
    wire->send_to_server("four");
    EXPECT_THAT(server.heard, ElementsAre("one")) << "it is still in the middle of what it does";
    pass(seconds(1));
    EXPECT_THAT(server.heard, ElementsAre("one", "two", "three", "four"));
    EXPECT_TRUE(wire->quiet());
}

TEST_F(Connected, AServerThatTakesNothingSeesTheEndBehindWhatWasSent) {
    wire->take_frames(false);
    wire->send_to_server("last");
    wire->close_from_device();
    pass(seconds(1));
    EXPECT_EQ(server.gone, 0);
    wire->take_frames(true);
    pass(seconds(1));
    EXPECT_THAT(server.heard, ElementsAre("last"));
    EXPECT_EQ(server.gone, 1);
}

TEST_F(Connected, WhatLeftOnASlowWayIsUnderWayHoweverFastTheWayIsNow) {
    EXPECT_TRUE(wire->quiet());
    link.bytes_per_second = 1000;
    say(std::string(3000, 'x'));
    wire->send_to_server(std::string(5000, 'y'));
    link = Link{};
    say("behind it");
    pass(seconds(2));
    EXPECT_TRUE(wire->carries());
    EXPECT_FALSE(wire->quiet());
    pass(seconds(2));
    EXPECT_EQ(phone.told.size(), 3U);
    EXPECT_FALSE(wire->quiet()) << "the other direction";
    pass(seconds(2));
    EXPECT_TRUE(wire->quiet());
}

}  // namespace
}  // namespace parley::sim
