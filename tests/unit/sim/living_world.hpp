#pragma once

#include "server/domain/keys.hpp"
#include "sim/memory_disk.hpp"
#include "sim/promise.hpp"
#include "sim/scene.hpp"
#include "tests/unit/sim/broken_world.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parley::sim {

/// A real server and three real devices, Ada's, Ben's and Cyd's, with a group and one message in it, at rest.
/// Then the history goes on without them: what they hold is behind, and a check that looks at rest has to say
/// so.
class Living : public ::testing::Test {
  protected:
    Living() {
        while (!scene_.server().start())
            scene_.world().step();
        for (const auto& device : scene_.devices())
            device->node->start();
        for (int second = 0; second < 10; ++second) {
            for (const auto& device : scene_.devices())
                scene_.sign_in(*device);
            pass(seconds(1));
        }
        scene_.give(of(ada),
                    protocol::ConversationCreate{.title = "group", .members = {account(ben), account(cyd)}});
        pass(seconds(5));
        group_ = of(ada).node->client().conversations(0, 1)->front().stream;
        protocol::MessageSend message{.text = "hello"};
        message.target.stream = group_;
        scene_.give(of(ada), std::move(message));
        pass(seconds(10));
    }

    void pass(Duration time) {
        const Instant until = scene_.world().instant() + time;
        while (scene_.world().instant() < until && scene_.world().step()) {
        }
    }

    Device& of(std::size_t person) { return *scene_.people()[person]->devices.front(); }
    AccountId account(std::size_t person) { return *scene_.people()[person]->account; }
    server::AccountKey key(std::size_t person) { return *server::account_key(account(person).text()); }
    std::int64_t head() { return scene_.history().find(group_)->head(); }

    /// It stands in the history as if the server had committed it, and no device is told.
    void commit_untold(protocol::ChangePayload payload, std::optional<std::int64_t> born = {},
                       std::optional<Uuid> id = {}, std::size_t by = ada) {
        const std::int64_t seq = head() + 1;
        server::ConversationChange change{
            .conversation = *server::conversation_key(group_.text()), .change = {}, .origin = {}};
        change.change = {.id = id,
                         .seq = seq,
                         .born = born.value_or(seq),
                         .timestamp = {5},
                         .payload = std::move(payload)};
        change.origin.account = key(by);
        server::Batch batch{.first_position = 1'000, .last_position = 1'000, .effects = {}};
        batch.effects.emplace_back(std::move(change));
        scene_.committed(batch);
    }
    void message_untold() {
        commit_untold(protocol::MessageNew{.sender = account(ada), .text = "unheard"}, {}, uuid(1));
    }
    void member_untold(std::size_t person, protocol::Role role, bool present, std::size_t by) {
        // The settings come first in a group, and then its members.
        const std::int64_t born = static_cast<std::int64_t>(person) + 2;
        commit_untold(
            protocol::MemberChanged{.profile = {.account = account(person), .handle = "h", .name = "n"},
                                    .role = role,
                                    .present = present,
                                    .by = account(by)},
            born, {}, by);
    }

    std::vector<Showing> everything_of(Device& device) {
        std::vector<Showing> all;
        const auto views = device.node->client().conversations(0, 100);
        for (const auto& view : *views)
            all.push_back(*everything_shown(device.node->client(), view));
        return all;
    }
    void look_at_rest(const std::unique_ptr<Promise>& promise, Device& device) {
        promise->device_at_rest(scene_, device, everything_of(device));
    }

    /// -1: none was found broken.
    int broken() const { return scene_.violation() ? scene_.violation()->promise : -1; }
    std::string said() const { return scene_.violation() ? scene_.violation()->what : ""; }
    bool says(const std::string& words) const { return said().find(words) != std::string::npos; }

    static constexpr std::size_t ada = 0;
    static constexpr std::size_t ben = 1;
    static constexpr std::size_t cyd = 2;
    SqliteChance chance_{1};
    Scene scene_{SceneOptions{.seed = 1, .people = 3, .devices_max = 1}};
    StreamId group_;
};

}  // namespace parley::sim
