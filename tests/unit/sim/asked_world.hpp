#pragma once

#include "tests/unit/sim/broken_world.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace parley::sim {

/// What was asked for and what was done, as a batch tells it.
class Asked : public Broken {
  protected:
    Asked() {
        for (const AccountKey account : {ada, ben}) {
            server::Batch batch;
            batch.effects.emplace_back(own(account, 1, profile(account, "n")));
            scene_.committed(batch);
        }
        founded();
    }

    static protocol::ProfileChanged profile(AccountKey account, const std::string& name) {
        return {.profile = {.account = to_id(account),
                            .handle = account == ada ? "ada" : "ben",
                            .name = name,
                            .avatar = {}}};
    }
    static server::AccountChange own(AccountKey account, std::int64_t seq, protocol::ChangePayload payload,
                                     std::int64_t born = 1) {
        server::AccountChange change{.account = account, .change = {}};
        change.change = {.id = {}, .seq = seq, .born = born, .timestamp = {5}, .payload = std::move(payload)};
        return change;
    }
    static protocol::Target in_the_group() { return {.stream = to_id(the_group)}; }

    /// Ada gives it on her device, under this id.
    void give(std::uint8_t id, protocol::Payload command) {
        device(0).ledger.add(uuid(id), std::move(command), to_id(ada));
    }
    /// Of Ada's, the fourth of the group and so on.
    static server::ConversationChange did(std::int64_t seq, protocol::ChangePayload payload, std::uint8_t id,
                                          std::optional<std::int64_t> born = {}) {
        auto made = change(seq, std::move(payload), {}, ada, born);
        made.origin.command = uuid(id);
        if (std::holds_alternative<protocol::MessageNew>(made.change.payload)) made.change.id = uuid(id);
        return made;
    }
    static server::Answer done(std::optional<std::int64_t> seq) {
        server::Answer answer{.payload = protocol::Done{}, .stream = {}, .seq = seq, .timestamp = {5}};
        if (seq) answer.stream = to_id(the_group);
        return answer;
    }
    static server::Answer accepted(std::int64_t born) {
        auto answer = done(born);
        answer.payload = protocol::MessageAccepted{};
        return answer;
    }
    static protocol::ConversationChanged titled(const std::string& title) {
        return {.kind = protocol::ConversationKind::group, .title = title, .by = to_id(ada)};
    }

    void happens(std::uint8_t id, std::vector<server::Effect> effects, Result<server::Answer> answer) {
        server::Batch batch{.first_position = 1, .last_position = 1, .effects = std::move(effects)};
        server::Replied replied{.origin = {.account = ada, .device = DeviceKey{1}, .command = uuid(id)},
                                .answer = std::move(answer)};
        batch.effects.emplace_back(std::move(replied));
        promise_->committed(scene_, batch);
    }
    bool says(const std::string& words) const {
        return broken() == 18 && scene_.violation()->what.find(words) != std::string::npos;
    }

    /// It has come to the server since that has started.
    void heard(std::uint8_t id, protocol::Payload command) {
        protocol::Envelope envelope;
        envelope.id = uuid(id);
        envelope.payload = std::move(command);
        promise_->server_heard(scene_, *ada_, envelope);
    }

    std::unique_ptr<Promise> promise_ = what_was_asked();
};

}  // namespace parley::sim
