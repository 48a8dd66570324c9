#include "sim/ledger.hpp"

#include <algorithm>
#include <ranges>
#include <utility>
#include <variant>

namespace parley::sim {

namespace {

/// Says again by the same emoji of a message, or takes the message away, which is one's own.
bool overtakes(const protocol::Payload& later, const protocol::MessageReact& reaction) {
    if (const auto* same = std::get_if<protocol::MessageReact>(&later))
        return same->message == reaction.message && same->sender == reaction.sender &&
               same->emoji == reaction.emoji;
    const auto* taken = std::get_if<protocol::MessageDelete>(&later);
    return taken != nullptr && taken->message == reaction.message && !taken->sender && !reaction.sender;
}

}  // namespace

Given& Ledger::add(const Uuid& id, protocol::Payload command, const AccountId& account) {
    for (Given& one : given_) {
        const auto* reaction = std::get_if<protocol::MessageReact>(&one.command);
        if (reaction != nullptr && overtakes(command, *reaction)) one.overtaken = true;
    }
    by_id_[id] = given_.size();
    given_.push_back({.id = id, .command = std::move(command), .account = account, .order = ++order_});
    return given_.back();
}

void Ledger::forget(const std::function<bool(const Given&)>& undone) {
    std::vector<Given> left;
    for (Given& one : given_) {
        if (undone(one)) {
            forgotten_.insert_or_assign(one.id, std::move(one));
        } else {
            left.push_back(std::move(one));
        }
    }
    given_ = std::move(left);
    by_id_.clear();
    for (std::size_t one = 0; one < given_.size(); ++one)
        by_id_[given_[one].id] = one;
}

void Ledger::cut_read(const Uuid& id, const protocol::Payload& now) {
    const auto* cut = std::get_if<protocol::Read>(&now);
    Given* given = cut != nullptr ? find(id) : nullptr;
    auto* read = given != nullptr ? std::get_if<protocol::Read>(&given->command) : nullptr;
    if (read != nullptr) read->upto = std::min(read->upto, cut->upto);
}

void Ledger::note_sent(const Uuid& id, const protocol::Payload& now, const SamePlace& same) {
    Given* given = find(id);
    if (given == nullptr) return;
    given->sent = true;
    const auto* written = std::get_if<protocol::DraftSet>(&now);
    auto* draft = std::get_if<protocol::DraftSet>(&given->command);
    if (written != nullptr && draft != nullptr) draft->after = written->after;
    const auto* set = std::get_if<protocol::PreferencesSet>(&now);
    auto* asked = std::get_if<protocol::PreferencesSet>(&given->command);
    if (set != nullptr && asked != nullptr && !set->marked_unread && is_taken_back(*given, same))
        asked->marked_unread.reset();
    const auto* said = std::get_if<protocol::MessageSend>(&now);
    auto* message = std::get_if<protocol::MessageSend>(&given->command);
    if (said == nullptr || message == nullptr || edit_into(id, *said) == nullptr) return;
    message->text = said->text;
    message->mentions = said->mentions;
    message->entities = said->entities;
    message->custom = said->custom;
}

bool Ledger::is_taken_back(const Given& mark, const SamePlace& same) const {
    const auto* set = std::get_if<protocol::PreferencesSet>(&mark.command);
    if (set == nullptr || set->marked_unread != true) return false;
    const auto takes_back = [&](const Given& later) {
        const auto* read = std::get_if<protocol::Read>(&later.command);
        return read != nullptr && later.order > mark.order && same(read->target, set->target);
    };
    // Whatever became of the read.
    return std::ranges::any_of(given_, takes_back) ||
           std::ranges::any_of(forgotten_ | std::views::values, takes_back);
}

const Given* Ledger::edit_into(const Uuid& message, const protocol::MessageSend& now) const {
    const auto found = std::ranges::find_if(given_, [&](const Given& one) {
        const auto* edit = std::get_if<protocol::MessageEdit>(&one.command);
        return edit != nullptr && edit->message == message && edit->text == now.text &&
               edit->mentions == now.mentions && edit->entities == now.entities && edit->custom == now.custom;
    });
    return found == given_.end() ? nullptr : &*found;
}

Given* Ledger::find(const Uuid& id) {
    if (const auto found = by_id_.find(id); found != by_id_.end()) return &given_[found->second];
    const auto forgotten = forgotten_.find(id);
    return forgotten == forgotten_.end() ? nullptr : &forgotten->second;
}

}  // namespace parley::sim
