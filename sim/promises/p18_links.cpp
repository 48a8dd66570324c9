// 18. Only who may make a change made it; every refusal leaves everything as it was.
//
// Of invite links: who joins by one joins by one that is there, whose maker may invite, whose time is not
// over and that was not used as often as it may be; he becomes no more than it says; and who is refused has
// no such link. What it says of them, the server says to those who may know.

#include "sim/promises/all.hpp"
#include "sim/promises/moment.hpp"
#include "sim/promises/right.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace parley::sim {

namespace {

using protocol::Role;

class LinkRights final : public Kept<LinkRights> {
  public:
    int number() const override { return 18; }

    void committed(Scene& scene, const server::Batch& batch) override {
        const Effects all(batch.effects);
        std::size_t begin = 0;
        for (std::size_t end = 0; end < all.size(); ++end) {
            if (const auto* change = std::get_if<server::ConversationChange>(&all[end])) note_going(*change);
            if (std::holds_alternative<server::FollowedUp>(all[end])) begin = end + 1;
            const auto* replied = std::get_if<server::Replied>(&all[end]);
            if (replied == nullptr) continue;
            const Work work{.before = Moment(scene.history(), all.first(begin)),
                            .effects = all.subspan(begin, end - begin),
                            .replied = *replied,
                            .by = server::to_id(replied->origin.account)};
            begin = end + 1;
            if (!replied->origin.account || !replied->origin.command) continue;
            if (const Given* given = given_by(scene, work.by, *replied->origin.command))
                judge(scene, work, given->command);
        }
    }

    /// What the server did and died before it told: links that nobody heard of, uses and ends of others.
    void server_started(Scene&, const StoredRows&) override {
        for (auto& [id, link] : links_)
            link.certain = false;
    }

    void server_heard(Scene& scene, Line& line, const protocol::Envelope& envelope) override {
        const SignedIn* who = scene.signed_in(line);
        if (!envelope.id || who == nullptr) return;
        if (const auto* list = std::get_if<protocol::LinkList>(&envelope.payload)) {
            Question question{.stream = list->stream, .may = may_invite(scene, list->stream, who->account)};
            for (const auto& [id, link] : links_) {
                question.uses[id] = link.uses;
                if (link.gone && link.certain) question.gone.insert(id);
            }
            questions_[{line.number(), *envelope.id}] = std::move(question);
        } else if (const auto* look = std::get_if<protocol::LinkLook>(&envelope.payload)) {
            const Link* link = with_code(look->code);
            questions_[{line.number(), *envelope.id}] = {
                .code = look->code,
                .good = link == nullptr || is_good(scene, *link),
                .inside = link != nullptr && is_inside(scene, link->stream, who->account)};
        }
    }

    void server_said(Scene& scene, Line& line, const SignedIn& who,
                     const protocol::Envelope& envelope) override {
        if (!envelope.re) return;
        const auto question = questions_.extract({line.number(), *envelope.re});
        if (!question) return;
        const Telling telling{scene, line, who.account};
        if (const auto* list = std::get_if<protocol::Links>(&envelope.payload))
            was_listed(telling, question.mapped(), *list);
        else if (const auto* view = std::get_if<protocol::LinkView>(&envelope.payload))
            was_looked_at(telling, question.mapped(), *view);
    }

  private:
    /// One link, as it came about.
    struct Link {
        std::string code;
        StreamId stream;
        AccountId by;
        Role role = Role::member;
        std::optional<WallTime> expires_at;
        std::optional<std::int64_t> uses_max;
        /// How many are known to have come by it.
        std::int64_t uses = 0;
        /// Revoked, or its maker went.
        bool gone = false;
        /// Nothing has happened to it that nobody heard of.
        bool certain = true;

        bool used_up() const { return uses_max && uses >= *uses_max; }
    };

    struct Work {
        Moment before;
        Effects effects;
        const server::Replied& replied;
        AccountId by;

        const protocol::MemberChanged* came_in() const {
            for (const auto& effect : effects) {
                const auto* change = std::get_if<server::ConversationChange>(&effect);
                const auto* member = change == nullptr
                                         ? nullptr
                                         : std::get_if<protocol::MemberChanged>(&change->change.payload);
                if (member != nullptr && member->present && member->profile.account == by) return member;
            }
            return nullptr;
        }
    };

    /// What was asked, as things stood when it reached the server.
    struct Question {
        StreamId stream = {};
        bool may = false;
        std::map<LinkId, std::int64_t> uses = {};
        std::set<LinkId> gone = {};
        std::string code = {};
        bool good = false;
        bool inside = false;
    };

    struct Telling {
        Scene& scene;
        Line& line;
        AccountId account;
        void wrong(const StreamId& stream, const std::string& what) const {
            scene.violated(
                {18, account.text() + " was told of invite links; " + what, {stream}, {line.device_name()}});
        }
    };

    void judge(Scene& scene, const Work& work, const protocol::Payload& asked) {
        const auto& answer = work.replied.answer;
        if (const auto* create = std::get_if<protocol::LinkCreate>(&asked)) {
            const auto* made = answer ? std::get_if<protocol::LinkMade>(&answer->payload) : nullptr;
            if (made != nullptr) was_made(scene, work, *create, made->link);
        } else if (const auto* revoke = std::get_if<protocol::LinkRevoke>(&asked)) {
            if (answer) was_revoked(scene, work, revoke->link);
        } else if (const auto* join = std::get_if<protocol::LinkJoin>(&asked)) {
            if (answer)
                joined(scene, work, join->code);
            else
                refused(scene, work, join->code);
        }
    }

    void was_made(Scene& scene, const Work& work, const protocol::LinkCreate& asked,
                  const protocol::Link& link) {
        const server::Answer& answer = *work.replied.answer;
        const auto lasts = asked.lasts_ms ? std::optional(answer.timestamp + Duration{*asked.lasts_ms})
                                          : std::optional<WallTime>();
        const bool fits = link.code && link.by == work.by && link.uses == 0 && link.uses_max == asked.uses &&
                          link.expires_at == lasts && asked.role.value_or(link.role) == link.role &&
                          !stands_above(link.role, Role::member);
        if (!fits) return wrong(scene, work, answer.stream, "the link is not the one that was asked for");
        const Link* same = with_code(*link.code);
        const auto known = links_.find(link.id);
        if (same != nullptr && (known == links_.end() || same != &known->second))
            return wrong(scene, work, answer.stream, "two links have one code");
        if (known != links_.end()) return;
        learn(answer.stream, link);
    }

    void learn(const StreamId& stream, const protocol::Link& link) {
        links_[link.id] = {.code = link.code.value_or(""),
                           .stream = stream,
                           .by = link.by,
                           .role = link.role,
                           .expires_at = link.expires_at,
                           .uses_max = link.uses_max,
                           .uses = link.uses};
    }

    void was_revoked(Scene& scene, const Work& work, const LinkId& id) {
        const auto found = links_.find(id);
        if (found == links_.end() || work.replied.answer->stream != found->second.stream) return;
        Link& link = found->second;
        const bool may = link.by == work.by || work.before.has_right(link.stream, work.by, Right::invite);
        if (!link.gone && link.certain && !may)
            wrong(scene, work, link.stream, "a link was ended by somebody who may not");
        link.gone = true;
    }

    void joined(Scene& scene, const Work& work, const std::string& code) {
        const auto* member = work.came_in();
        if (member == nullptr) return;  // He was in it, or has come in before.
        const StreamId& stream = work.replied.answer->stream;
        Link* link = with_code(code);
        if (link == nullptr) return wrong(scene, work, stream, "there is no such link");
        if (link->stream != stream) return wrong(scene, work, stream, "the link is another group's");
        ++link->uses;
        const auto maker = work.before.member(stream, link->by);
        const auto before = work.before.member(stream, work.by);
        if (link->gone && link->certain) return wrong(scene, work, stream, "the link had been ended");
        if (link->expires_at && *link->expires_at <= work.replied.answer->timestamp)
            return wrong(scene, work, stream, "its time was over");
        if (link->uses_max && link->uses > *link->uses_max)
            return wrong(scene, work, stream, "it was used as often as it may be");
        if (!work.before.has_right(stream, link->by, Right::invite))
            return wrong(scene, work, stream, "who made the link may not invite");
        if (member->invited_by != link->by) return wrong(scene, work, stream, "it names another inviter");
        const Role least = link->role == Role::guest ? Role::guest : maker->role;
        if (member->role != comes_in_as(least, before ? before->role : Role::member))
            wrong(scene, work, stream, "he came in as something else");
    }

    void refused(Scene& scene, const Work& work, const std::string& code) {
        const Error& error = work.replied.answer.error();
        const Link* link = with_code(code);
        // Of what nobody heard there may be anything.
        if (class_of(error.code) != ErrorClass::permanent || error.code == ErrorCode::id_reused ||
            (link != nullptr && !link->certain))
            return;
        bool reason = false;
        const bool is_there = link != nullptr && !link->gone;
        if (error.code == ErrorCode::link_unknown) {
            reason = !is_there || !work.before.has_right(link->stream, link->by, Right::invite);
        } else if (error.code == ErrorCode::link_over) {
            reason = is_there && (error.field == "uses" ? link->used_up() : link->expires_at.has_value());
        } else if (error.code == ErrorCode::link_barred) {
            const auto member = is_there ? work.before.member(link->stream, work.by) : std::nullopt;
            reason = member && !member->present;
        } else {
            return;
        }
        const bool inside = is_there && work.before.present(link->stream, work.by);
        if (!reason || inside)
            wrong(scene, work, link == nullptr ? StreamId() : link->stream,
                  "he was refused with " + std::string(name_of(error.code)) + ", for no reason");
    }

    /// His links go with him.
    void note_going(const server::ConversationChange& change) {
        const auto* member = std::get_if<protocol::MemberChanged>(&change.change.payload);
        if (member == nullptr || member->present) return;
        for (auto& [id, link] : links_)
            if (link.by == member->profile.account && link.stream == server::to_id(change.conversation))
                link.gone = true;
    }

    void was_listed(const Telling& telling, const Question& question, const protocol::Links& list) {
        if (!question.may && !may_invite(telling.scene, question.stream, telling.account))
            telling.wrong(question.stream, "who may not invite saw the list");
        for (const auto& one : list.links) {
            const auto found = links_.find(one.id);
            if (found == links_.end()) {
                if (one.code) learn(question.stream, one);
                continue;
            }
            const Link& link = found->second;
            const auto before = question.uses.find(one.id);
            const bool between = before == question.uses.end() || one.uses >= before->second;
            if (question.gone.contains(one.id) && link.certain)
                telling.wrong(question.stream, "of one that had been ended");
            if (link.stream != question.stream) telling.wrong(question.stream, "of another group's");
            if (link.certain && (!between || one.uses > link.uses))
                telling.wrong(question.stream, "their uses are counted wrong");
            if (one.code && *one.code != link.code) telling.wrong(question.stream, "under another code");
        }
    }

    void was_looked_at(const Telling& telling, const Question& question, const protocol::LinkView& view) {
        const Link* link = with_code(question.code);
        if (link == nullptr) return telling.wrong({}, "of one that nobody made");
        const bool inside = question.inside || is_inside(telling.scene, link->stream, telling.account);
        if (link->certain && !inside && !question.good && !is_good(telling.scene, *link))
            telling.wrong(link->stream, "of one that is not good any more");
        if (view.stream && (!inside || *view.stream != link->stream))
            telling.wrong(link->stream, "and of a group's id that he may not have");
    }

    static bool may_invite(Scene& scene, const StreamId& stream, const AccountId& account) {
        return Moment(scene.history(), {}).has_right(stream, account, Right::invite);
    }

    static bool is_inside(Scene& scene, const StreamId& stream, const AccountId& account) {
        return Moment(scene.history(), {}).present(stream, account);
    }

    static bool is_good(Scene& scene, const Link& link) {
        const bool over = link.expires_at && *link.expires_at <= scene.server().now().wall;
        return !link.gone && !link.used_up() && !over && may_invite(scene, link.stream, link.by);
    }

    Link* with_code(const std::string& code) {
        const auto found =
            std::ranges::find_if(links_, [&](const auto& one) { return one.second.code == code; });
        return found == links_.end() ? nullptr : &found->second;
    }

    static void wrong(Scene& scene, const Work& work, const StreamId& stream, const std::string& what) {
        scene.violated({18,
                        "command " + work.replied.origin.command->text() + " of " + work.by.text() +
                            " about an invite link: " + what,
                        {stream},
                        scene.devices_of(work.by)});
    }

    std::map<LinkId, Link> links_;
    std::map<std::pair<std::uint64_t, Uuid>, Question> questions_;
};

}  // namespace

std::unique_ptr<Promise> link_rights() {
    return std::make_unique<LinkRights>();
}

}  // namespace parley::sim
