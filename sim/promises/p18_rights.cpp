// 18. Only who may make a change made it; every refusal leaves everything as it was.
//
// Of conversations.

#include "sim/promises/all.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <vector>

namespace parley::sim {

namespace {

using protocol::Role;

class Rights final : public Kept<Rights> {
  public:
    int number() const override { return 18; }

    void committed(Scene& scene, const server::Batch& batch) override {
        Members members;
        std::map<std::pair<AccountId, Uuid>, StreamId> changed;
        for (const auto& effect : batch.effects) {
            if (const auto* revoked = std::get_if<server::DeviceRevoked>(&effect))
                signed_out_.insert(revoked->device);
            const auto* change = std::get_if<server::ConversationChange>(&effect);
            if (change == nullptr) continue;
            not_by_a_ghost(scene, *change);
            if (change->origin.command) {
                changed[{server::to_id(change->origin.account), *change->origin.command}] =
                    server::to_id(change->conversation);
            }
            judge(scene, members, *change);
        }
        for (const auto& effect : batch.effects) {
            const auto* replied = std::get_if<server::Replied>(&effect);
            if (replied == nullptr || replied->answer || !replied->origin.command) continue;
            const AccountId account = server::to_id(replied->origin.account);
            const auto found = changed.find({account, *replied->origin.command});
            if (found == changed.end()) continue;
            scene.violated(
                {18,
                 "command " + replied->origin.command->text() + " was refused and changed something",
                 {found->second},
                 scene.devices_of(account)});
        }
    }

  private:
    /// What was under way when its device was signed out is not done any more.
    void not_by_a_ghost(Scene& scene, const server::ConversationChange& change) const {
        if (!signed_out_.contains(change.origin.device)) return;
        scene.violated({18,
                        "device " + server::to_id(change.origin.device).text() + " changed " +
                            server::to_id(change.conversation).text() + "/" +
                            std::to_string(change.change.seq) + " after it was signed out",
                        {server::to_id(change.conversation)},
                        scene.devices_of(server::to_id(change.origin.account))});
    }

    struct Standing {
        bool present = false;
        Role role = Role::member;
    };
    /// By conversation: as the history has it, plus what the batch brought so far.
    using Members = std::map<StreamId, std::map<AccountId, Standing>>;

    static std::map<AccountId, Standing>& members_of(const Scene& scene, Members& members,
                                                     const StreamId& stream) {
        const auto [found, first] = members.try_emplace(stream);
        const StreamHistory* history = scene.history().find(stream);
        if (first && history != nullptr) {
            for (const auto& [account, member] : history->members) {
                found->second[account] = {member.present, member.role};
            }
        }
        return found->second;
    }

    static void judge(Scene& scene, Members& members, const server::ConversationChange& change) {
        const StreamId stream = server::to_id(change.conversation);
        const AccountId by = server::to_id(change.origin.account);
        auto& known = members_of(scene, members, stream);
        const Standing actor = known.contains(by) ? known.at(by) : Standing{};
        const bool owns = actor.present && actor.role == Role::owner;
        bool allowed = true;
        if (const auto* message = std::get_if<protocol::MessageNew>(&change.change.payload)) {
            allowed = actor.present && may_say(scene, change, *message, owns);
        } else if (const auto* settings =
                       std::get_if<protocol::ConversationChanged>(&change.change.payload)) {
            allowed = (change.change.seq == 1 || owns) && settings->by == by;
        } else if (const auto* member = std::get_if<protocol::MemberChanged>(&change.change.payload)) {
            allowed = may_change(scene, known, change, *member);
            known[member->profile.account] = {member->present, member->role};
        }
        if (allowed) return;
        scene.violated({18,
                        by.text() + " changed " + stream.text() + "/" + std::to_string(change.change.seq) +
                            " and may not",
                        {stream},
                        scene.devices_of(by)});
    }

    /// A new message and another text are by their sender; a deletion by him, or by an owner. What is deleted
    /// stays so.
    static bool may_say(const Scene& scene, const server::ConversationChange& change,
                        const protocol::MessageNew& message, bool owns) {
        const AccountId by = server::to_id(change.origin.account);
        const StreamHistory* history = scene.history().find(server::to_id(change.conversation));
        const auto* before = history == nullptr || change.change.seq == change.change.born
                                 ? nullptr
                                 : history->message(change.change.born);
        if (before != nullptr && (before->deleted_by || before->sender != message.sender)) return false;
        if (message.deleted_by) return *message.deleted_by == by && (message.sender == by || owns);
        return message.sender == by;
    }

    static bool may_change(const Scene& scene, const std::map<AccountId, Standing>& known,
                           const server::ConversationChange& change, const protocol::MemberChanged& member) {
        const AccountId by = server::to_id(change.origin.account);
        const Standing actor = known.contains(by) ? known.at(by) : Standing{};
        const Standing before =
            known.contains(member.profile.account) ? known.at(member.profile.account) : Standing{};
        const bool owns = actor.present && actor.role == Role::owner;
        // The founding: members come right behind the settings, brought by who founds.
        const StreamHistory* history = scene.history().find(server::to_id(change.conversation));
        const bool plain = member.role == Role::member;
        if (history == nullptr && member.present)
            return member.by == by && (plain || member.profile.account == by);
        if (member.present && !before.present) return owns && plain;
        if (!member.present) return member.profile.account == by || owns;
        // An heir: the last owner has just left.
        const bool owned = std::ranges::any_of(
            known, [](const auto& one) { return one.second.present && one.second.role == Role::owner; });
        return member.role == Role::owner && !owned;
    }

    std::set<server::DeviceKey> signed_out_;
};

}  // namespace

std::unique_ptr<Promise> rights() {
    return std::make_unique<Rights>();
}

}  // namespace parley::sim
