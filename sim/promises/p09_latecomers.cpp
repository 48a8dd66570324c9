// 9. Resuming from any token or cursor ever issued ends in the same state as starting fresh.
//
// Here both are done: a device starts fresh when all is over, or goes on from a disk of before, and must show
// what the other devices of its person show.

#include "sim/promises/all.hpp"
#include "sim/said.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parley::sim {

namespace {

class LatecomersSeeTheSame final : public Kept<LatecomersSeeTheSame> {
  public:
    int number() const override { return 9; }

    void latecomer_at_rest(Scene& scene, Device& late, const std::vector<Showing>& shows,
                           const std::vector<Showing>& others_show) override {
        for (const Showing& other : others_show) {
            if (!other.view.present || other.view.pending) continue;
            const auto same = std::ranges::find_if(
                shows, [&](const Showing& one) { return one.view.stream == other.view.stream; });
            if (same == shows.end()) {
                wrong(scene, late, other, "does not list it");
                continue;
            }
            const Membership* member = scene.history().membership(other.view.stream, *late.person->account);
            // Joining is reading up to there, whether that was told or not.
            const std::int64_t joined = member == nullptr ? 0 : member->joined;
            if (const auto difference = difference_of(same->view, other.view, joined))
                wrong(scene, late, other, "shows another " + *difference);
            same_messages(scene, late, *same, other);
        }
        for (const Showing& one : shows) {
            const auto known = std::ranges::find_if(
                others_show, [&](const Showing& other) { return one.view.stream == other.view.stream; });
            if (one.view.present && known == others_show.end())
                wrong(scene, late, one, "lists it, and no other device does");
        }
    }

  private:
    static std::optional<std::string> difference_of(const core::ConversationView& one,
                                                    const core::ConversationView& other,
                                                    std::int64_t joined) {
        const protocol::Summary& here = one.summary;
        const protocol::Summary& there = other.summary;
        const auto instead = [](const std::string& what, const auto& shown, const auto& expected) {
            return what + ", " + std::to_string(shown) + " instead of " + std::to_string(expected);
        };
        if (one.present != other.present) return "membership";
        if (here.kind != there.kind || here.title != there.title) return "title";
        if (here.role != there.role) return "role";
        if (here.members != there.members) return instead("number of members", here.members, there.members);
        if (account_of(here) != account_of(there)) return "person";
        if (std::max(one.read, joined) != std::max(other.read, joined))
            return instead("read position", one.read, other.read);
        if (one.unread != other.unread) return instead("count of what is unread", one.unread, other.unread);
        if (one.mentions != other.mentions) return instead("count of mentions", one.mentions, other.mentions);
        if (one.complete != other.complete) return "completeness";
        return std::nullopt;
    }

    /// Which of his names a device knows depends on when it was told.
    static std::optional<AccountId> account_of(const protocol::Summary& summary) {
        return summary.peer ? std::optional(summary.peer->account) : std::nullopt;
    }

    /// What the server lost, and what failed, is on one device alone; how far messages have come is
    /// promise 11.
    static std::vector<const core::MessageView*> shared(const Showing& showing) {
        std::vector<const core::MessageView*> messages;
        for (const auto& message : showing.messages)
            if (message.born > 0 && !message.not_on_server) messages.push_back(&message);
        return messages;
    }

    static bool same(const core::MessageView* one, const core::MessageView* other) {
        return one->id == other->id && one->born == other->born && one->sender == other->sender &&
               say_the_same(*one, *other) && one->reply_to == other->reply_to &&
               one->names_all == other->names_all && one->at == other->at && one->own == other->own;
    }

    static void same_messages(Scene& scene, const Device& late, const Showing& one, const Showing& other) {
        const auto here = shared(one);
        const auto there = shared(other);
        const auto [at, beside] = std::ranges::mismatch(here, there, same);
        if (at == here.end() && beside == there.end()) return;
        const auto* message = at != here.end() ? *at : *beside;
        wrong(scene, late, other,
              "shows " + std::to_string(here.size()) + " messages of " + std::to_string(there.size()) +
                  ", first other ones at " + std::to_string(message->born));
    }

    static void wrong(Scene& scene, const Device& late, const Showing& showing, const std::string& what) {
        scene.violated(
            {9,
             late.node->name() + ", which came late, in " + showing.view.stream.text() + " " + what,
             {showing.view.stream},
             {late.node->name()}});
    }
};

}  // namespace

std::unique_ptr<Promise> latecomers_see_the_same() {
    return std::make_unique<LatecomersSeeTheSame>();
}

}  // namespace parley::sim
