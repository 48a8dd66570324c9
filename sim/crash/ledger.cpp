#include "sim/crash/ledger.hpp"

#include "sim/crash/complaints.hpp"

#include <algorithm>
#include <utility>

namespace parley::sim::crash {

namespace {

using server::Answer;

bool same_answer(const Answer& one, const Answer& other) {
    if (one.stream != other.stream || one.seq != other.seq || one.timestamp != other.timestamp ||
        one.payload.index() != other.payload.index())
        return false;
    return std::visit(
        [&]<class T>(const T& payload) {
            if constexpr (std::is_same_v<T, server::SignedIn>)
                return true;
            else
                return payload == std::get<T>(other.payload);
        },
        one.payload);
}

}  // namespace

void Ledger::Book::add(const RowFacts& row) {
    numbers.push_back({.row = row, .seen = true});
    newest[row.born] = row.seq;
}

std::int64_t Ledger::born_of(const CommandName& message) const {
    const auto found = messages_.find(message);
    return found == messages_.end() ? 0 : found->second.born;
}

std::int64_t Ledger::head_of(std::int64_t stream) const {
    const auto found = books_.find(stream);
    return found == books_.end() ? 0 : found->second.head();
}

const RowFacts* Ledger::row(std::int64_t stream, std::int64_t born) const {
    const auto book = books_.find(stream);
    if (book == books_.end()) return nullptr;
    const auto newest = book->second.newest.find(born);
    if (newest == book->second.newest.end()) return nullptr;
    return &book->second.numbers[static_cast<std::size_t>(newest->second - 1)].row;
}

const std::vector<RowFacts>* Ledger::earlier(const RowPlace& place) const {
    const auto found = earlier_.find(place);
    return found == earlier_.end() ? nullptr : &found->second;
}

std::vector<std::string> Ledger::take(std::span<const server::Work> works, const server::Batch& batch) {
    Complaints out;
    if (batch.last_position < heads_.position || batch.first_position != heads_.position + 1)
        out.add("a transaction's positions do not follow those before it");
    if (batch.last_position <= heads_.position) ++heads_.unplaced;
    heads_.position = std::max(heads_.position, batch.last_position);
    for (const auto& effect : batch.effects) {
        if (!std::holds_alternative<server::Replied>(effect)) take_effect(effect, out);
    }
    // The answers come last, since they are held against what was told.
    std::size_t next = 0;
    bool moved = false;
    for (const auto& effect : batch.effects) {
        const auto* own = std::get_if<server::AccountChange>(&effect);
        moved =
            moved || (own != nullptr && std::holds_alternative<protocol::ReadChanged>(own->change.payload));
        const auto* replied = std::get_if<server::Replied>(&effect);
        if (replied == nullptr) continue;
        while (next < works.size() && std::holds_alternative<server::Acks>(works[next].command))
            ++next;
        if (next == works.size()) {
            out.add("there are more answers than works");
            break;
        }
        take_answer(works[next++], replied->answer, std::exchange(moved, false), out);
    }
    return out.take();
}

void Ledger::take_effect(const server::Effect& effect, Complaints& out) {
    if (const auto* change = std::get_if<server::ConversationChange>(&effect)) {
        take_change(change->conversation.value, change->change, out);
    } else if (const auto* own = std::get_if<server::AccountChange>(&effect)) {
        take_change(own->account.value, own->change, out);
    } else if (const auto* moved = std::get_if<server::ReceiptMoved>(&effect)) {
        auto& receipt = receipts_[{moved->conversation.value, moved->account.value}];
        if (moved->receipt.read < receipt.read || moved->receipt.delivered < receipt.delivered)
            out.add("a position went back in " + place(moved->conversation.value, receipt.read));
        receipt = {.read = moved->receipt.read, .delivered = moved->receipt.delivered};
    } else if (const auto* device = std::get_if<server::DeviceRevoked>(&effect)) {
        revoked_.insert(device->device.value);
    }
}

void Ledger::take_change(std::int64_t stream, const protocol::Change& change, Complaints& out) {
    auto& book = books_[stream];
    const auto facts = facts_of(change);
    if (facts.seq != book.head() + 1) {
        out.add("the next number is given twice or leaves a gap: " + place(stream, facts.seq) + ", behind " +
                std::to_string(book.head()));
        return;
    }
    count(change);
    if (std::holds_alternative<protocol::MessageNew>(change.payload)) take_superseded(stream, facts);
    if (const auto* member = std::get_if<protocol::MemberChanged>(&change.payload)) {
        const auto account = server::account_key(member->profile.account.text())->value;
        roles_[{stream, account}] = static_cast<std::int64_t>(member->role);
    }
    if (const auto* settings = std::get_if<protocol::ConversationChanged>(&change.payload);
        settings != nullptr && settings->permissions)
        permissions_[stream] = packed(*settings->permissions);
    book.add(facts);
    heads_.of_stream[stream] = facts.seq;
    if (facts.id) messages_[{facts.author, *facts.id}] = {.stream = stream, .born = facts.born};
}

void Ledger::take_superseded(std::int64_t stream, const RowFacts& next) {
    const auto* before = row(stream, next.born);
    if (before == nullptr) return;
    const RowPlace place{stream, next.born};
    if (next.deleted)
        earlier_.erase(place);
    else
        earlier_[place].push_back(earlier_of(*before));
}

void Ledger::count(const protocol::Change& change) {
    ++told_.rows;
    const auto& payload = change.payload;
    if (const auto* message = std::get_if<protocol::MessageNew>(&payload);
        change.seq != change.born && message)
        ++(message->deleted_by ? told_.deletions : told_.edits);
    if (std::holds_alternative<protocol::ReactionChanged>(payload)) ++told_.reactions;
    if (std::holds_alternative<protocol::PinChanged>(payload)) ++told_.pins;
    if (std::holds_alternative<protocol::MemberChanged>(payload) ||
        std::holds_alternative<protocol::ConversationChanged>(payload))
        ++told_.arrangements;
    if (std::holds_alternative<protocol::PreferencesChanged>(payload) ||
        std::holds_alternative<protocol::DraftChanged>(payload))
        ++told_.own_settings;
}

void Ledger::take_answer(const server::Work& work, const Result<server::Answer>& answer, bool moved,
                         Complaints& out) {
    if (!answer) {
        ++told_.refusals;
        return;
    }
    if (const auto* device = std::get_if<server::SignedIn>(&answer->payload)) {
        auto& newest = refresh_numbers_[device->device.value];
        newest = std::max(newest, device->refresh_number);
    }
    if (!work.origin.command) return;
    const CommandName name{work.origin.account.value, *work.origin.command};
    promised_.erase(name);
    // A read that moved nothing is not remembered, nor a deletion of what was deleted: a repeat is decided
    // anew.
    const bool settled = (std::holds_alternative<protocol::Read>(work.command) && !moved) ||
                         (std::holds_alternative<protocol::MessageDelete>(work.command) && !answer->seq);
    if (settled && !answers_.contains(name)) {
        ++told_.commands;
        return;
    }
    const auto [known, is_new] = answers_.try_emplace(name, *answer);
    if (!is_new) {
        ++told_.repeats;
        if (!same_answer(known->second, *answer))
            out.add("a repeat was answered otherwise than the first time: " + name.second.text());
        return;
    }
    if (std::holds_alternative<protocol::MessageSend>(work.command)) {
        ++told_.messages;
        take_message_answer(name, *answer, out);
    } else {
        ++told_.commands;
    }
}

void Ledger::take_message_answer(const CommandName& name, const server::Answer& answer, Complaints& out) {
    const auto found = messages_.find(name);
    if (found == messages_.end()) {
        out.add("a message was accepted whose change nobody was told: " + name.second.text());
        return;
    }
    const auto conversation = server::conversation_key(answer.stream.text());
    if (!conversation || found->second != Place{conversation->value, answer.seq.value_or(0)})
        out.add("an id has moved to another place: " + name.second.text());
}

void Ledger::adopt(const StoredFile& file) {
    heads_.position = std::max(heads_.position, file.heads.position);
    for (const auto& [stream, head] : file.heads.of_stream) {
        auto& book = books_[stream];
        const auto before = book.head();
        if (head <= before) continue;
        book.numbers.resize(static_cast<std::size_t>(head));
        heads_.of_stream[stream] = head;
        if (const auto set = file.permissions.find(stream); set != file.permissions.end())
            permissions_[stream] = set->second;
        const auto rows = file.rows.find(stream);
        if (rows == file.rows.end()) continue;
        for (const auto& row : rows->second) {
            if (row.seq <= before) continue;
            book.numbers[static_cast<std::size_t>(row.seq - 1)] = {.row = row, .seen = true};
            book.newest[row.born] = row.seq;
            if (row.id) messages_[{row.author, *row.id}] = {.stream = stream, .born = row.born};
            const auto kept = file.earlier.find({stream, row.born});
            if (kept == file.earlier.end())
                earlier_.erase({stream, row.born});
            else
                earlier_[{stream, row.born}] = kept->second;
        }
    }
    for (const auto& member : file.members)
        roles_[{member.conversation, member.account}] = member.role;
}

}  // namespace parley::sim::crash
