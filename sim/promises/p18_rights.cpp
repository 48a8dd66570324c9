// 18. Only who may make a change made it; every refusal leaves everything as it was.
//
// Of conversations.

#include "sim/promises/all.hpp"
#include "sim/promises/moment.hpp"
#include "sim/promises/right.hpp"
#include "sim/said.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
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
        Groups groups;
        std::map<std::pair<AccountId, Uuid>, StreamId> changed;
        for (std::size_t i = 0; i < batch.effects.size(); ++i) {
            const auto& effect = batch.effects[i];
            if (const auto* revoked = std::get_if<server::DeviceRevoked>(&effect))
                signed_out_.insert(revoked->device);
            if (const auto* own = std::get_if<server::AccountChange>(&effect)) comes_in(scene, groups, *own);
            const auto* change = std::get_if<server::ConversationChange>(&effect);
            if (change == nullptr) continue;
            not_by_a_ghost(scene, *change);
            if (change->origin.command) {
                changed[{server::to_id(change->origin.account), *change->origin.command}] =
                    server::to_id(change->conversation);
            }
            judge(scene, groups, *change, Moment(scene.history(), Effects(batch.effects).first(i)));
        }
        for (const auto& [stream, group] : groups)
            is_owned(scene, stream, group);
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
        /// `seq` of the joining.
        std::int64_t joined = 0;
        /// Of the last change that ended a membership; 0: none did. And whether somebody else did that.
        std::int64_t left = 0;
        bool removed = false;
    };
    /// A conversation as the history has it, plus what the batch brought so far.
    struct Group {
        /// Absent: it is being made.
        std::optional<protocol::ConversationChanged> settings;
        std::map<AccountId, Standing> members;
        /// Something of it nobody heard of, so that nobody knows who came when.
        bool partly_unknown = false;
        /// As in the history.
        std::optional<AccountId> spared = {};

        Standing of(const AccountId& account) const {
            const auto found = members.find(account);
            return found == members.end() ? Standing{} : found->second;
        }
        bool has(const AccountId& account, Right right) const {
            const Standing standing = of(account);
            return standing.present && has_right(standing.role, right, permissions());
        }
        protocol::Permissions permissions() const {
            const auto set = settings ? settings->permissions : std::nullopt;
            return set.value_or(protocol::Permissions{});
        }
        bool owned() const {
            return std::ranges::any_of(members, [](const auto& one) {
                return one.second.present && one.second.role == Role::owner;
            });
        }
    };
    using Groups = std::map<StreamId, Group>;

    static Group& group_of(const Scene& scene, Groups& groups, const StreamId& stream) {
        const auto [found, first] = groups.try_emplace(stream);
        const StreamHistory* history = scene.history().find(stream);
        if (!first || history == nullptr) return found->second;
        for (const auto& [account, member] : history->members)
            found->second.members[account] = standing_of(member);
        found->second.partly_unknown = !history->unseen.empty();
        found->second.spared = history->spared;
        const auto* row = history->row(1);
        const auto* settings =
            row == nullptr ? nullptr : std::get_if<protocol::ConversationChanged>(&row->payload);
        if (settings != nullptr) found->second.settings = *settings;
        return found->second;
    }

    /// Whoever was spared a direct conversation comes in without a change of it.
    static void comes_in(const Scene& scene, Groups& groups, const server::AccountChange& own) {
        const auto* joined = std::get_if<protocol::Joined>(&own.change.payload);
        if (joined == nullptr || joined->state.kind != protocol::ConversationKind::direct) return;
        group_of(scene, groups, joined->conversation).members[server::to_id(own.account)].present = true;
    }

    static Standing standing_of(const Membership& member) {
        Standing standing{.present = member.present,
                          .role = member.role,
                          .joined = member.joined,
                          .removed = member.removed};
        for (const Interval& one : member.intervals)
            standing.left = std::max(standing.left, one.until.value_or(0));
        return standing;
    }

    static void judge(Scene& scene, Groups& groups, const server::ConversationChange& change,
                      const Moment& moment) {
        const StreamId stream = server::to_id(change.conversation);
        const AccountId by = server::to_id(change.origin.account);
        Group& group = group_of(scene, groups, stream);
        bool allowed = true;
        if (const auto* message = std::get_if<protocol::MessageNew>(&change.change.payload)) {
            allowed = group.of(by).present && may_say(scene, group, change, *message) &&
                      may_name_all(group, change, *message, moment);
        } else if (const auto* settings =
                       std::get_if<protocol::ConversationChanged>(&change.change.payload)) {
            allowed = settings->by == by &&
                      (change.change.seq == 1 || may_set(group, by, change.change.seq, *settings));
            group.settings = *settings;
        } else if (const auto* reaction = std::get_if<protocol::ReactionChanged>(&change.change.payload)) {
            allowed = reaction->account == by && group.of(by).present &&
                      is_there(scene, stream, by, reaction->message);
        } else if (const auto* pin = std::get_if<protocol::PinChanged>(&change.change.payload)) {
            allowed = pin->by == by && group.of(by).present && may_pin(scene, group, stream, *pin);
        } else if (const auto* member = std::get_if<protocol::MemberChanged>(&change.change.payload)) {
            allowed = change.origin.account ? may_change(scene, group, change, *member)
                                            : names_anew(group, *member, moment);
            Standing& standing = group.members[member->profile.account];
            if (member->present && !standing.present) {
                sees_what_is_shared(scene, group, standing, change, *member);
                standing.joined = change.change.seq;
            }
            if (!member->present && standing.present) {
                standing.left = change.change.seq;
                standing.removed = member->by != member->profile.account;
            }
            standing.present = member->present;
            standing.role = member->role;
        }
        if (allowed) return;
        scene.violated({18,
                        by.text() + " changed " + stream.text() + "/" + std::to_string(change.change.seq) +
                            " and may not",
                        {stream},
                        scene.devices_of(by)});
    }

    /// A group in which anybody is has an owner, whoever has left.
    static void is_owned(Scene& scene, const StreamId& stream, const Group& group) {
        const bool empty =
            std::ranges::none_of(group.members, [](const auto& one) { return one.second.present; });
        const bool direct = group.settings && group.settings->kind == protocol::ConversationKind::direct;
        if (empty || direct || group.partly_unknown || group.owned()) return;
        scene.violated({18, "nobody owns " + stream.text() + " any more", {stream}, {}});
    }

    /// A new message and another text are by their sender, who may post; a deletion by him, or by whoever may
    /// delete what others said. What is deleted stays so.
    static bool may_say(const Scene& scene, const Group& group, const server::ConversationChange& change,
                        const protocol::MessageNew& message) {
        const AccountId by = server::to_id(change.origin.account);
        const StreamHistory* history = scene.history().find(server::to_id(change.conversation));
        const auto* before = history == nullptr || change.change.seq == change.change.born
                                 ? nullptr
                                 : history->message(change.change.born);
        if (before != nullptr && (before->deleted_by || before->sender != message.sender)) return false;
        if (message.deleted_by) {
            return *message.deleted_by == by && (message.sender == by || group.has(by, Right::delete_others));
        }
        return message.sender == by && group.has(by, Right::post);
    }

    /// Whoever names all at once in a group has the right to, but where the text did so before.
    static bool may_name_all(const Group& group, const server::ConversationChange& change,
                             const protocol::MessageNew& message, const Moment& moment) {
        const AccountId by = server::to_id(change.origin.account);
        const bool direct = group.settings && group.settings->kind == protocol::ConversationKind::direct;
        if (direct || !names_everybody(message) || group.has(by, Right::name_all)) return true;
        if (change.change.seq == change.change.born || !change.change.id) return false;
        const auto* before =
            moment.message(server::to_id(change.conversation), message.sender, *change.change.id);
        // Of one that a crash left unheard nobody knows.
        return before == nullptr || names_everybody(std::get<protocol::MessageNew>(before->payload));
    }

    /// A message that this account sees, and that is not deleted.
    static bool is_there(const Scene& scene, const StreamId& stream, const AccountId& account,
                         std::int64_t place) {
        const StreamHistory* history = scene.history().find(stream);
        const auto* message = history == nullptr ? nullptr : history->message(place);
        // Of one that the same batch brought it is known that its sender sees it.
        if (message == nullptr) return history == nullptr || place > history->head();
        const Membership* own = scene.history().membership(stream, account);
        return !message->deleted_by && own != nullptr && own->sees(place);
    }

    /// In a group who has the right to; what he sees, and is not deleted.
    static bool may_pin(const Scene& scene, const Group& group, const StreamId& stream,
                        const protocol::PinChanged& pin) {
        const bool direct = group.settings && group.settings->kind == protocol::ConversationKind::direct;
        return (direct || group.has(pin.by, Right::pin)) && is_there(scene, stream, pin.by, pin.message);
    }

    /// What nobody's command does: the row says by which name the person goes by now, and nothing else.
    static bool names_anew(const Group& group, const protocol::MemberChanged& member, const Moment& moment) {
        const auto before = group.members.find(member.profile.account);
        const bool spared = group.spared == member.profile.account;
        if (!spared && (before == group.members.end() || !before->second.present)) return false;
        const Role role = spared ? Role::member : before->second.role;
        const auto* now = moment.profile(member.profile.account);
        return member.present && member.by == member.profile.account && member.role == role &&
               now != nullptr && now->profile.name == member.profile.name &&
               now->profile.handle == member.profile.handle && now->profile.avatar == member.profile.avatar;
    }

    /// Either the title, or what is allowed, or how slow it is, or whether the history is shared: and that
    /// from now on.
    static bool may_set(const Group& group, const AccountId& by, std::int64_t seq,
                        const protocol::ConversationChanged& settings) {
        const protocol::Permissions set = settings.permissions.value_or(protocol::Permissions{});
        const bool same_permissions = same_besides({}, set, group.permissions());
        const bool same_title = group.settings && group.settings->title == settings.title;
        const bool same_speed = group.settings && group.settings->slow_ms == settings.slow_ms;
        if (group.settings && group.settings->history_from != settings.history_from) {
            return group.has(by, Right::share_history) && same_permissions && same_title && same_speed &&
                   settings.history_from.value_or(seq) == seq;
        }
        if (group.settings && !same_speed)
            return group.has(by, Right::slow_down) && same_permissions && same_title;
        if (same_permissions) return group.has(by, Right::rename);
        return group.has(by, Right::set_permissions) && same_title;
    }

    /// 17: of what was said before he came a newcomer sees what the group shares by now, behind what he has
    /// seen in a membership of before.
    static void sees_what_is_shared(Scene& scene, const Group& group, const Standing& before,
                                    const server::ConversationChange& change,
                                    const protocol::MemberChanged& member) {
        // Who founds it, or is there from then on, sees everything.
        const bool founding = scene.history().find(server::to_id(change.conversation)) == nullptr;
        if (founding || group.partly_unknown || !group.settings) return;
        auto shared = group.settings->history_from;
        if (shared) shared = std::max(*shared, before.left + 1);
        if (shared == change.change.seq) shared.reset();
        if (member.history_from == shared) return;
        scene.violated({17,
                        member.profile.account.text() + " came into " +
                            server::to_id(change.conversation).text() + " with " +
                            std::to_string(change.change.seq) + " and sees from " +
                            std::to_string(member.history_from.value_or(0)) + " on, where the group shares " +
                            std::to_string(shared.value_or(0)),
                        {server::to_id(change.conversation)},
                        {}});
    }

    static bool may_change(const Scene& scene, const Group& group, const server::ConversationChange& change,
                           const protocol::MemberChanged& member) {
        const AccountId by = server::to_id(change.origin.account);
        const AccountId& who = member.profile.account;
        const Standing before = group.of(who);
        // The founding: members come right behind the settings, brought by who founds.
        const StreamHistory* history = scene.history().find(server::to_id(change.conversation));
        const bool plain = member.role == Role::member;
        if (history == nullptr && member.present) return member.by == by && (plain || who == by);
        if (member.present && !before.present && member.invited_by)
            return came_by_link(group, by, member, before);
        if (member.present && !before.present)
            return group.has(by, Right::add) && member.role == comes_in_as(group.of(by).role, before.role);
        if (!member.present)
            return who == by || (group.has(by, Right::remove) && reaches(group.of(by).role, before.role));
        if (!group.owned()) return member.role == Role::owner && is_heir(group, before);
        if (who == by) return steps_down(group, by, member.role);
        const Role own = group.of(by).role;
        return group.has(by, Right::give_roles) && reaches(own, before.role) && reaches(own, member.role);
    }

    /// By himself, and as one whom the maker of the link might have brought in; which link that was, and what
    /// it said, is for p18_links.cpp. Who was removed does not.
    static bool came_by_link(const Group& group, const AccountId& by, const protocol::MemberChanged& member,
                             const Standing& before) {
        const Standing maker = group.of(*member.invited_by);
        return member.by == by && member.profile.account == by && !before.removed &&
               group.has(*member.invited_by, Right::invite) &&
               !stands_above(member.role, comes_in_as(maker.role, before.role));
    }

    /// The last owner has just left: nobody stands above this one, nor beside him for longer.
    static bool is_heir(const Group& group, const Standing& heir) {
        return std::ranges::none_of(group.members, [&](const auto& one) {
            const Standing& other = one.second;
            const bool longer = other.role == heir.role && other.joined < heir.joined;
            return other.present &&
                   (stands_above(other.role, heir.role) || (longer && !group.partly_unknown));
        });
    }

    /// Who takes a lower role leaves another owner where he was one.
    static bool steps_down(const Group& group, const AccountId& by, Role role) {
        const Standing own = group.of(by);
        if (!own.present || stands_above(role, own.role)) return false;
        if (own.role != Role::owner || role == Role::owner) return true;
        return std::ranges::any_of(group.members, [&](const auto& one) {
            return one.first != by && one.second.present && one.second.role == Role::owner;
        });
    }

    std::set<server::DeviceKey> signed_out_;
};

}  // namespace

std::unique_ptr<Promise> rights() {
    return std::make_unique<Rights>();
}

}  // namespace parley::sim
