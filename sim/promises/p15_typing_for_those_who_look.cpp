// 15. No receipt, typing or presence goes to anyone who may not have it: typing.

#include "sim/promises/all.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace parley::sim {

namespace {

using protocol::TypingKind;

/// What a shard that lags, or somebody who reads slowly, may have before him of a while ago.
constexpr Duration lag_max = seconds(120);

class TypingForThoseWhoLook final : public Kept<TypingForThoseWhoLook> {
  public:
    int number() const override { return 15; }

    void committed(Scene& scene, const server::Batch& batch) override {
        for (const auto& effect : batch.effects) {
            const auto* change = std::get_if<server::ConversationChange>(&effect);
            const auto* member =
                change != nullptr ? std::get_if<protocol::MemberChanged>(&change->change.payload) : nullptr;
            if (member == nullptr) continue;
            const Who who{server::to_id(change->conversation), member->profile.account};
            if (member->present)
                out_since_.erase(who);
            else
                out_since_[who] = scene.world().instant();
        }
    }

    void server_heard(Scene& scene, Line& line, const protocol::Envelope& envelope) override {
        const SignedIn* who = scene.signed_in(line);
        if (const auto* look = std::get_if<protocol::Look>(&envelope.payload)) {
            Looks& looks = looks_[line.number()];
            looks.before = std::exchange(looks.now, {look->streams.begin(), look->streams.end()});
            looks.since = scene.world().instant();
        } else if (const auto* typing = std::get_if<protocol::Typing>(&envelope.payload)) {
            if (who == nullptr) return;
            if (typing->kind != TypingKind::stopped && was_in(scene, {typing->stream, who->account}))
                typed_[{typing->stream, who->account}] = scene.world().instant();
        }
    }

    void server_said(Scene& scene, Line& line, const SignedIn& who,
                     const protocol::Envelope& envelope) override {
        const auto* changed = std::get_if<protocol::TypingChanged>(&envelope.payload);
        if (changed == nullptr) return;
        const StreamId& stream = envelope.stream;
        const std::string told = who.account.text() + " was told that " + changed->account.text() + " types";
        if (changed->account == who.account) return wrong(scene, stream, told + ", which is himself");
        if (!was_in(scene, {stream, who.account})) wrong(scene, stream, told + ", and is out");
        const auto typed = typed_.find({stream, changed->account});
        if (typed == typed_.end() || typed->second + lag_max < scene.world().instant())
            return wrong(scene, stream, told + ", who did not, or was out");
        const Looks& looks = looks_[line.number()];
        const bool looked = looks.now.contains(stream) || (looks.before.contains(stream) &&
                                                           scene.world().instant() < looks.since + lag_max);
        if (!looked) wrong(scene, stream, told + ", and did not look");
    }

    /// Long after the last key nobody is shown as typing.
    void device_at_rest(Scene& scene, Device& device, const std::vector<Showing>& shows) override {
        for (const Showing& showing : shows) {
            const StreamId& stream = showing.view.stream;
            if (stream.empty()) continue;
            const auto view = device.node->client().conversation(stream);
            if (view && *view && !(*view)->typing.empty())
                scene.violated({15,
                                stream.text() + ": " + (*view)->typing.front().account.text() +
                                    " is shown as typing for ever",
                                {stream},
                                {device.node->name()}});
        }
    }

  private:
    struct Looks {
        std::set<StreamId> now;
        std::set<StreamId> before;
        Instant since;
    };
    using Who = std::pair<StreamId, AccountId>;

    /// He is in the conversation, or was a short while ago.
    bool was_in(Scene& scene, const Who& who) const {
        const Membership* membership = scene.history().membership(who.first, who.second);
        if (membership == nullptr) return false;
        if (membership->present) return true;
        const auto out = out_since_.find(who);
        return out != out_since_.end() && scene.world().instant() < out->second + lag_max;
    }

    static void wrong(Scene& scene, const StreamId& stream, std::string what) {
        scene.violated({15, stream.text() + ": " + std::move(what), {stream}, {}});
    }

    std::map<std::uint64_t, Looks> looks_;
    std::map<Who, Instant> typed_;
    std::map<Who, Instant> out_since_;
};

}  // namespace

std::unique_ptr<Promise> typing_for_those_who_look() {
    return std::make_unique<TypingForThoseWhoLook>();
}

}  // namespace parley::sim
