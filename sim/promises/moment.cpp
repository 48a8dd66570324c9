#include "sim/promises/moment.hpp"

#include <algorithm>
#include <ranges>

namespace parley::sim {

namespace {

/// The newest change of this stream for which `wanted` is true, in this part of a batch.
template <class Wanted>
const protocol::Change* newest_of(Effects effects, const StreamId& stream, Wanted wanted) {
    for (const auto& effect : effects | std::views::reverse) {
        const protocol::Change* change = nullptr;
        if (const auto* shared = std::get_if<server::ConversationChange>(&effect)) {
            if (server::to_id(shared->conversation) == stream) change = &shared->change;
        } else if (const auto* own = std::get_if<server::AccountChange>(&effect)) {
            if (server::to_stream(own->account) == stream) change = &own->change;
        }
        if (change != nullptr && wanted(*change)) return change;
    }
    return nullptr;
}

template <class Payload, class Wanted>
const Payload* newest_in(Effects effects, const StreamId& stream, Wanted wanted) {
    const auto* found = newest_of(effects, stream, [&](const protocol::Change& change) {
        const auto* payload = std::get_if<Payload>(&change.payload);
        return payload != nullptr && wanted(*payload);
    });
    return found == nullptr ? nullptr : std::get_if<Payload>(&found->payload);
}

}  // namespace

std::optional<Moment::Standing> Moment::member(const StreamId& stream, const AccountId& account) const {
    const auto* changed = newest_in<protocol::MemberChanged>(
        so_far_, stream, [&](const auto& one) { return one.profile.account == account; });
    if (changed != nullptr) return Standing{changed->present, changed->role};
    const Membership* known = history_.membership(stream, account);
    if (known != nullptr) return Standing{known->present, known->role};
    const StreamHistory* history = history_.find(stream);
    // He is in it for the other one, who may name it by him.
    if (history != nullptr && history->spared == account) return Standing{false, protocol::Role::member};
    return std::nullopt;
}

bool Moment::has_blocked(const AccountId& blocker, const AccountId& blocked) const {
    const auto* fresh = newest_in<protocol::BlockChanged>(
        so_far_, StreamId{blocker.text()}, [&](const auto& one) { return one.account == blocked; });
    return fresh != nullptr ? fresh->blocked : history_.has_blocked(blocker, blocked);
}

std::optional<AccountId> Moment::other_in(const StreamId& stream, const AccountId& account) const {
    if (kind(stream) != protocol::ConversationKind::direct) return std::nullopt;
    const auto* fresh = newest_in<protocol::MemberChanged>(
        so_far_, stream, [&](const auto& one) { return one.profile.account != account; });
    if (fresh != nullptr) return fresh->profile.account;
    const StreamHistory* known = history_.find(stream);
    if (known == nullptr) return std::nullopt;
    for (const auto& [other, member] : known->members)
        if (other != account) return other;
    return known->spared;
}

bool Moment::present(const StreamId& stream, const AccountId& account) const {
    return member(stream, account).value_or(Standing{}).present;
}

const protocol::Change* Moment::change(const StreamId& stream, std::int64_t seq) const {
    const auto* fresh =
        newest_of(so_far_, stream, [seq](const protocol::Change& change) { return change.seq == seq; });
    if (fresh != nullptr) return fresh;
    const StreamHistory* known = history_.find(stream);
    if (known == nullptr) return nullptr;
    const auto found = known->changes.find(seq);
    return found == known->changes.end() ? nullptr : &found->second;
}

const protocol::Change* Moment::message(const StreamId& stream, const AccountId& sender,
                                        const Uuid& id) const {
    const auto* fresh = newest_of(so_far_, stream, [&](const protocol::Change& change) {
        const auto* message = std::get_if<protocol::MessageNew>(&change.payload);
        return message != nullptr && message->sender == sender && change.id == id;
    });
    if (fresh != nullptr) return fresh;
    const Place* place = history_.place(sender, id);
    const StreamHistory* known =
        place != nullptr && place->stream == stream ? history_.find(stream) : nullptr;
    return known == nullptr ? nullptr : known->row(place->born);
}

std::int64_t Moment::edits(const StreamId& stream, std::int64_t born) const {
    const StreamHistory* known = history_.find(stream);
    const auto fresh = std::ranges::count_if(so_far_, [&](const server::Effect& effect) {
        const auto* shared = std::get_if<server::ConversationChange>(&effect);
        if (shared == nullptr || server::to_id(shared->conversation) != stream) return false;
        const auto* said = std::get_if<protocol::MessageNew>(&shared->change.payload);
        return said != nullptr && shared->change.born == born && said->edited_at;
    });
    return fresh + (known == nullptr ? 0 : known->edits(born));
}

bool Moment::is_pinned(const StreamId& stream, std::int64_t message, const AccountId& reader) const {
    const auto says_so = [&](const protocol::Change* row) {
        const auto* pin = row == nullptr ? nullptr : std::get_if<protocol::PinChanged>(&row->payload);
        return pin != nullptr && pin->message == message && !pin->removed &&
               history_.sees(stream, reader, *row);
    };
    for (const auto& effect : so_far_ | std::views::reverse) {
        const auto* fresh = std::get_if<server::ConversationChange>(&effect);
        if (fresh == nullptr || server::to_id(fresh->conversation) != stream) continue;
        const auto* pin = std::get_if<protocol::PinChanged>(&fresh->change.payload);
        if (pin == nullptr || pin->message != message) continue;
        // A block of the same batch is not in the history yet.
        const auto key = server::account_key(reader.text());
        return !pin->removed && key && std::ranges::count(fresh->unseen_by, *key) == 0;
    }
    const StreamHistory* known = history_.find(stream);
    if (known == nullptr || std::ranges::count(known->pins(), message) == 0) return false;
    const auto hanging = known->on_messages.find(message);
    return hanging != known->on_messages.end() &&
           std::ranges::any_of(hanging->second,
                               [&](std::int64_t place) { return says_so(known->row(place)); });
}

std::int64_t Moment::head(const StreamId& stream) const {
    const auto* fresh = newest_of(so_far_, stream, [](const protocol::Change&) { return true; });
    if (fresh != nullptr) return fresh->seq;
    const StreamHistory* known = history_.find(stream);
    return known == nullptr ? 0 : known->head();
}

const protocol::ConversationChanged* Moment::settings(const StreamId& stream) const {
    const auto any = [](const protocol::ConversationChanged&) {
        return true;
    };
    if (const auto* fresh = newest_in<protocol::ConversationChanged>(so_far_, stream, any)) return fresh;
    const StreamHistory* known = history_.find(stream);
    const protocol::Change* row = known == nullptr ? nullptr : known->row(1);
    return row == nullptr ? nullptr : std::get_if<protocol::ConversationChanged>(&row->payload);
}

std::optional<protocol::ConversationKind> Moment::kind(const StreamId& stream) const {
    const auto* known = settings(stream);
    return known == nullptr ? std::nullopt : std::optional(known->kind);
}

protocol::Permissions Moment::permissions(const StreamId& stream) const {
    const auto* known = settings(stream);
    return known == nullptr ? protocol::Permissions{} : known->permissions.value_or(protocol::Permissions{});
}

bool Moment::has_right(const StreamId& stream, const AccountId& account, Right right) const {
    const auto own = member(stream, account);
    return own && own->present && sim::has_right(own->role, right, permissions(stream));
}

bool Moment::is_only_owner(const StreamId& stream, const AccountId& account) const {
    const auto owns = [&](const AccountId& one) {
        const auto standing = member(stream, one);
        return standing && standing->present && standing->role == protocol::Role::owner;
    };
    const StreamHistory* known = history_.find(stream);
    const bool others = known != nullptr && std::ranges::any_of(known->members, [&](const auto& one) {
                            return one.first != account && owns(one.first);
                        });
    const bool fresh = newest_in<protocol::MemberChanged>(so_far_, stream, [&](const auto& one) {
                           return one.profile.account != account && owns(one.profile.account);
                       }) != nullptr;
    return owns(account) && !others && !fresh;
}

const protocol::ProfileChanged* Moment::profile(const AccountId& account) const {
    const StreamId stream{account.text()};
    const auto any = [](const protocol::ProfileChanged&) {
        return true;
    };
    if (const auto* fresh = newest_in<protocol::ProfileChanged>(so_far_, stream, any)) return fresh;
    const StreamHistory* known = history_.find(stream);
    // It is the first row of an account.
    const protocol::Change* row = known == nullptr ? nullptr : known->row(1);
    return row == nullptr ? nullptr : std::get_if<protocol::ProfileChanged>(&row->payload);
}

const protocol::DeviceChanged* Moment::device(const AccountId& account, const DeviceId& device) const {
    const StreamId stream{account.text()};
    const auto wanted = [&](const protocol::DeviceChanged& one) {
        return one.device == device;
    };
    if (const auto* fresh = newest_in<protocol::DeviceChanged>(so_far_, stream, wanted)) return fresh;
    const StreamHistory* known = history_.find(stream);
    if (known == nullptr) return nullptr;
    for (const auto& [born, seq] : known->latest) {
        const auto* changed = std::get_if<protocol::DeviceChanged>(&known->changes.at(seq).payload);
        if (changed != nullptr && wanted(*changed)) return changed;
    }
    return nullptr;
}

std::int64_t Moment::read(const AccountId& account, const StreamId& conversation) const {
    std::int64_t read = history_.read(account, conversation);
    const auto* moved = newest_in<protocol::ReadChanged>(
        so_far_, StreamId{account.text()}, [&](const auto& one) { return one.conversation == conversation; });
    if (moved != nullptr) read = std::max(read, moved->upto);
    const auto* joined = newest_in<protocol::MemberChanged>(so_far_, conversation, [&](const auto& one) {
        return one.present && one.profile.account == account;
    });
    if (joined != nullptr) read = std::max(read, joined->from.value_or(0));
    return read;
}

const protocol::PreferencesChanged* Moment::preferences(const AccountId& account,
                                                        const StreamId& conversation) const {
    const StreamId own{account.text()};
    const auto* fresh = newest_in<protocol::PreferencesChanged>(
        so_far_, own, [&](const auto& one) { return one.conversation == conversation; });
    const StreamHistory* known = fresh == nullptr ? history_.find(own) : nullptr;
    return known == nullptr ? fresh : known->preferences_in(conversation);
}

const protocol::Change* Moment::draft_change(const AccountId& account, const StreamId& conversation) const {
    const StreamId own{account.text()};
    const auto* fresh = newest_of(so_far_, own, [&](const protocol::Change& change) {
        const auto* draft = std::get_if<protocol::DraftChanged>(&change.payload);
        return draft != nullptr && draft->conversation == conversation;
    });
    const StreamHistory* known = fresh == nullptr ? history_.find(own) : nullptr;
    if (known == nullptr) return fresh;
    const auto found = known->drafts.find(conversation);
    return found == known->drafts.end() ? nullptr : known->row(found->second);
}

const protocol::DraftChanged* Moment::draft(const AccountId& account, const StreamId& conversation) const {
    const auto* change = draft_change(account, conversation);
    return change == nullptr ? nullptr : std::get_if<protocol::DraftChanged>(&change->payload);
}

bool Moment::supersedes(const AccountId& account, const StreamId& conversation,
                        const protocol::DraftSet& written) const {
    const auto* change = draft_change(account, conversation);
    const auto* there = change == nullptr ? nullptr : std::get_if<protocol::DraftChanged>(&change->payload);
    const bool same = there != nullptr && there->text == written.text && there->reply_to == written.reply_to;
    return there != nullptr && !there->text.empty() && !same && written.after && change->seq > *written.after;
}

std::optional<StreamId> Moment::direct_between(const AccountId& one, const AccountId& other) const {
    const auto is_it = [&](const StreamId& stream) {
        return kind(stream) == protocol::ConversationKind::direct && is_between(stream, one, other);
    };
    for (const auto& effect : so_far_) {
        const auto* change = std::get_if<server::ConversationChange>(&effect);
        if (change != nullptr && is_it(server::to_id(change->conversation)))
            return server::to_id(change->conversation);
    }
    for (const auto& [stream, known] : history_.streams())
        if (known.conversation && is_it(stream)) return stream;
    return std::nullopt;
}

bool Moment::is_between(const StreamId& stream, const AccountId& one, const AccountId& other) const {
    if (!member(stream, one) || !member(stream, other)) return false;
    if (one != other) return true;
    // Of saved messages there is nobody else.
    const StreamHistory* known = history_.find(stream);
    if (known != nullptr && (known->members.size() > 1 || known->spared)) return false;
    return std::ranges::none_of(so_far_, [&](const auto& effect) {
        const auto* change = std::get_if<server::ConversationChange>(&effect);
        if (change == nullptr || server::to_id(change->conversation) != stream) return false;
        const auto* row = std::get_if<protocol::MemberChanged>(&change->change.payload);
        return row != nullptr && row->profile.account != one;
    });
}

const Given* given_by(Scene& scene, const AccountId& account, const Uuid& id) {
    for (const auto& device : scene.devices()) {
        if (device->person->account != account) continue;
        const Given* given = device->ledger.find(id);
        if (given != nullptr && given->account == account) return given;
    }
    // A program may be quicker than the connection on which the server says whose account it is.
    for (const auto& person : scene.people()) {
        const Given* given = person->by_http.find(id);
        if (given != nullptr && given->account == account) return given;
    }
    return nullptr;
}

}  // namespace parley::sim
