#pragma once

#include "client/account.hpp"
#include "tests/support/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

namespace parley::test {

/// Two invocations of one account, in one loop, without a server.
struct TwoInvocations {
    TwoInvocations() {
        const client::Home home(folder.path());
        const auto prepared = home.prepare("ada", *client::ServerAddress::parse("127.0.0.1:1"), "");
        settings = {
            .place = *prepared, .core = {}, .durability = client::Durability::never, .connect = false};
        sign_in();
    }

    /// Gives the database a session, as a server would.
    void sign_in() const {
        client::SystemPrimitives primitives;
        const auto database =
            *client::SqliteDatabase::open(settings.place.database_file(), client::Durability::never);
        const auto client = *core::Client::open({}, *database, primitives, client::read_clocks());
        client->sign_in({.handle = "ada", .password = "12345678", .device_name = "test"},
                        client::read_clocks());
        std::optional<core::CallHttp> call;
        while (const auto action = client->poll_action()) {
            if (const auto* http = std::get_if<core::CallHttp>(&*action)) call = *http;
        }
        ASSERT_TRUE(call);
        const protocol::Session session{.account = AccountId{"a1"},
                                        .device = DeviceId{"d1"},
                                        .access_token = "access",
                                        .expires_at = client::read_clocks().wall + seconds(900),
                                        .refresh_token = "refresh"};
        const std::string body = protocol::encode(session, protocol::Encoding::json);
        client->handle_http_response(call->call, 200, body, client::read_clocks());
    }

    std::unique_ptr<client::Account> open() {
        auto account = client::Account::open(loop, settings);
        EXPECT_TRUE(account) << account.error().context;
        return std::move(*account);
    }

    TemporaryFolder folder;
    client::Loop loop;
    client::DoorSettings settings;
};

/// A command that makes a group; the number makes its id.
inline protocol::Envelope group_named(std::string title, std::uint16_t number) {
    Uuid id;
    id.bytes[6] = 0x70;
    id.bytes[8] = 0x80;
    id.bytes[14] = static_cast<std::uint8_t>(number >> 8);
    id.bytes[15] = static_cast<std::uint8_t>(number);
    return {.id = id, .payload = protocol::ConversationCreate{.title = std::move(title)}};
}

}  // namespace parley::test
