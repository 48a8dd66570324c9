#include "client/host.hpp"

#include "core/recorder/recording.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <variant>

namespace parley::client {
namespace {

/// A host without a server, whose database was given a session as a server would.
struct Unreached {
    /// `before` is done to the database before the host opens it.
    explicit Unreached(std::string_view before = {}) {
        options = {.database_file = (folder.path() / "parley.db").string(),
                   .durability = Durability::never,
                   .server = *ServerAddress::parse("127.0.0.1:1"),
                   .recording_file = (folder.path() / "recording").string()};
        sign_in(before);
        auto opened = Host::open(loop, options, [this](const core::Notice& notice) {
            if (const auto* changed = std::get_if<core::ConnectionChanged>(&notice)) told = changed->now;
        });
        EXPECT_TRUE(opened) << opened.error().context;
        host = std::move(*opened);
    }

    void sign_in(std::string_view before) const {
        SystemPrimitives primitives;
        const auto database = *SqliteDatabase::open(options.database_file, Durability::never);
        const auto client = *core::Client::open({}, *database, primitives, read_clocks());
        client->sign_in({.handle = "ada", .password = "12345678", .device_name = "test"}, read_clocks());
        std::optional<core::CallHttp> call;
        while (const auto action = client->poll_action())
            if (const auto* http = std::get_if<core::CallHttp>(&*action)) call = *http;
        ASSERT_TRUE(call);
        const protocol::Session session{.account = AccountId{"a1"},
                                        .device = DeviceId{"d1"},
                                        .access_token = "access",
                                        .expires_at = read_clocks().wall + seconds(900),
                                        .refresh_token = "refresh"};
        client->handle_http_response(call->call, 200, protocol::encode(session, protocol::Encoding::json),
                                     read_clocks());
        EXPECT_TRUE(database->execute(before));
    }

    bool can_submit() {
        const auto id =
            host->client().submit(protocol::ConversationCreate{"Team", {AccountId("a2")}}, read_clocks());
        host->drive();
        return id.has_value();
    }

    core::Recording recording() const {
        const auto text = RecordingFile::read(options.recording_file);
        auto read = core::read_recording(text.value_or(""));
        EXPECT_TRUE(read) << read.error().context;
        return read ? std::move(*read) : core::Recording{};
    }

    test::TemporaryFolder folder;
    Loop loop;
    HostOptions options;
    std::optional<core::Connection> told;
    std::unique_ptr<Host> host;
};

TEST(Host, GoesOnWithAnotherCore) {
    Unreached unreached;
    EXPECT_TRUE(unreached.can_submit());
    ASSERT_TRUE(unreached.host->begin_new_life());
    EXPECT_TRUE(unreached.can_submit());
    EXPECT_EQ(unreached.host->client().outbox()->size(), 2u);
    EXPECT_EQ(unreached.recording().lives.size(), 2u);
}

TEST(Host, KeepsTheCoreThatWorksWhereNoOtherCanBeOpened) {
    // The lease can be taken by the one that signed in and by the host's first, and no more.
    Unreached unreached(
        "CREATE TRIGGER no_third BEFORE UPDATE ON lease WHEN old.generation = 2"
        " BEGIN SELECT RAISE(ABORT, 'no'); END");
    unreached.host->client().connect(read_clocks());
    unreached.host->drive();
    ASSERT_EQ(unreached.told, core::Connection::connecting);
    EXPECT_FALSE(unreached.host->begin_new_life());
    EXPECT_FALSE(unreached.host->broken());
    EXPECT_EQ(unreached.told, core::Connection::connecting);
    EXPECT_TRUE(unreached.can_submit());
    // What the old one does is not taken for deeds of one that never was.
    const core::Recording recording = unreached.recording();
    ASSERT_EQ(recording.lives.size(), 2u);
    EXPECT_EQ(recording.lives.back().lost, "the core could not be opened");
    EXPECT_EQ(recording.lives.back().steps.size(), 1u);
}

}  // namespace
}  // namespace parley::client
