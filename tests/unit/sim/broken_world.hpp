#pragma once

#include "server/domain/keys.hpp"
#include "sim/promises/all.hpp"
#include "sim/scene.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::sim {

using server::AccountKey;
using server::ConversationKey;
using server::DeviceKey;

inline constexpr AccountKey ada{101};
inline constexpr AccountKey ben{102};
inline constexpr ConversationKey the_group{201};

inline Uuid uuid(std::uint8_t number) {
    Uuid id;
    id.bytes[6] = 0x70;
    id.bytes[15] = number;
    return id;
}

inline protocol::MemberChanged member(AccountKey account, protocol::Role role, bool present, AccountKey by) {
    return {.profile = {.account = to_id(account), .handle = "h", .name = "n", .avatar = {}},
            .role = role,
            .present = present,
            .by = to_id(by)};
}

/// The device's end of a wire on which only the server speaks.
class Nobody final : public WireEvents {
  public:
    void wire_connected() override {}
    void wire_frame(std::string_view) override {}
    void wire_disconnected(std::optional<std::uint16_t>) override {}
};

/// Speaks to a scene as the server would.
class Broken : public ::testing::Test {
  protected:
    Broken() {
        ada_ = connect(0, ada, 1);
        ben_ = connect(1, ben, 2);
    }

    void pass(Duration time) {
        scene_.world().after(time, [] {});
        scene_.world().step();
    }

    /// Ada makes the group with Ben in it: one command, so one batch.
    void founded() {
        server::Batch batch;
        batch.effects.emplace_back(
            change(1, protocol::ConversationChanged{
                          .kind = protocol::ConversationKind::group, .title = "t", .by = to_id(ada)}));
        batch.effects.emplace_back(change(2, member(ada, protocol::Role::owner, true, ada)));
        batch.effects.emplace_back(change(3, member(ben, protocol::Role::member, true, ada)));
        scene_.committed(batch);
    }

    static server::ConversationChange change(std::int64_t seq, protocol::ChangePayload payload,
                                             std::optional<Uuid> id = {}, AccountKey by = ada,
                                             std::optional<std::int64_t> born = {}) {
        server::ConversationChange change{.conversation = the_group, .change = {}, .origin = {}};
        change.change = {.id = id,
                         .seq = seq,
                         .born = born.value_or(seq),
                         .timestamp = {5},
                         .payload = std::move(payload)};
        change.origin.account = by;
        if (seq > 3) change.origin.command = uuid(static_cast<std::uint8_t>(seq));
        return change;
    }

    void commit(std::int64_t seq, protocol::ChangePayload payload, std::optional<Uuid> id = {},
                AccountKey by = ada, std::optional<std::int64_t> born = {}) {
        server::Batch batch;
        batch.effects.emplace_back(change(seq, std::move(payload), id, by, born));
        scene_.committed(batch);
    }

    void message(std::int64_t seq, AccountKey by, std::uint8_t id) { commit(seq, text(by), uuid(id), by); }

    static protocol::MessageNew text(AccountKey by) {
        return {.sender = to_id(by), .text = "hello", .reply_to = {}, .mentions = {}};
    }

    static server::Batch receipt_batch(AccountKey of, std::int64_t delivered) {
        server::Batch batch;
        batch.effects.emplace_back(
            server::ReceiptMoved{.conversation = the_group,
                                 .receipt = {.account = to_id(of), .delivered = delivered, .read = 0},
                                 .account = of});
        return batch;
    }
    void receipt_moves(AccountKey of, std::int64_t delivered) {
        scene_.committed(receipt_batch(of, delivered));
    }

    template <class Payload>
    void say(Wire& wire, Payload payload, std::optional<std::int64_t> seq = {}, std::optional<Uuid> re = {},
             std::optional<Uuid> id = {}) {
        protocol::Envelope envelope;
        envelope.stream = to_id(the_group);
        envelope.seq = seq;
        envelope.re = re;
        envelope.id = id;
        envelope.timestamp = WallTime{5};
        envelope.payload = std::move(payload);
        scene_.server_said(wire, envelope);
    }

    Showing showing(std::vector<core::MessageView> messages) {
        Showing result{.view = {}, .messages = std::move(messages), .missing = false};
        result.view.stream = to_id(the_group);
        return result;
    }

    static core::MessageView shown(std::uint8_t id, std::int64_t born) {
        core::MessageView view;
        view.id = uuid(id);
        view.born = born;
        view.sender = to_id(ada);
        view.text = "hello";
        view.at = {5};
        return view;
    }

    /// 0: none was found broken, or only the world itself.
    int broken() const { return scene_.violation() ? scene_.violation()->promise : -1; }

    /// The first device of the person with this number.
    Device& device(std::size_t number) { return *scene_.people()[number]->devices.front(); }

    SharedWire connect(std::size_t number, AccountKey account, std::int64_t device_number) {
        auto wire = std::make_shared<Wire>(scene_.world(),
                                           Wire::Ends{.server = scene_.server(),
                                                      .device = nobody_,
                                                      .device_life = std::make_shared<Life>(),
                                                      .link = device(number).node->link(),
                                                      .device_name = device(number).node->name()},
                                           scene_.world().next_number());
        say(*wire, protocol::AuthOk{.account = to_id(account), .device = to_id(DeviceKey{device_number})});
        return wire;
    }

    Nobody nobody_;
    Scene scene_{SceneOptions{.seed = 1}};
    SharedWire ada_;
    SharedWire ben_;
};

}  // namespace parley::sim
