#include "sim/crash/ledger.hpp"

#include <algorithm>
#include <utility>

namespace parley::sim::crash {

namespace {

using server::Answer;

std::string place(std::int64_t stream, std::int64_t number) {
    return "stream " + std::to_string(stream) + " at " + std::to_string(number);
}

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

/// Enough sentences to see what is wrong; a store that lost everything would give thousands.
struct Ledger::Complaints {
    static constexpr std::size_t most = 8;
    std::vector<std::string> all;
    std::size_t left_out = 0;

    void add(std::string what) {
        if (all.size() < most)
            all.push_back(std::move(what));
        else
            ++left_out;
    }
    std::vector<std::string> take() {
        if (left_out > 0) all.push_back("and " + std::to_string(left_out) + " more");
        return std::move(all);
    }
};

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

std::map<std::int64_t, std::int64_t> Ledger::rows_by_stream() const {
    std::map<std::int64_t, std::int64_t> rows;
    for (const auto& [stream, book] : books_)
        rows[stream] = static_cast<std::int64_t>(book.newest.size());
    return rows;
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
        take_change(change->conversation.value, change->change, change->origin.account.value, out);
    } else if (const auto* own = std::get_if<server::AccountChange>(&effect)) {
        take_change(own->account.value, own->change, 0, out);
    } else if (const auto* moved = std::get_if<server::ReceiptMoved>(&effect)) {
        auto& receipt = receipts_[{moved->conversation.value, moved->account.value}];
        if (moved->receipt.read < receipt.read || moved->receipt.delivered < receipt.delivered)
            out.add("a position went back in " + place(moved->conversation.value, receipt.read));
        receipt = {.read = moved->receipt.read, .delivered = moved->receipt.delivered};
    } else if (const auto* device = std::get_if<server::DeviceRevoked>(&effect)) {
        revoked_.insert(device->device.value);
    }
}

void Ledger::take_change(std::int64_t stream, const protocol::Change& change, std::int64_t author,
                         Complaints& out) {
    auto& book = books_[stream];
    const auto facts = facts_of(change, author);
    if (facts.seq != book.head() + 1) {
        out.add("the next number is given twice or leaves a gap: " + place(stream, facts.seq) + ", behind " +
                std::to_string(book.head()));
        return;
    }
    ++told_.rows;
    book.add(facts);
    heads_.of_stream[stream] = facts.seq;
    if (facts.id) messages_[{author, *facts.id}] = {.stream = stream, .born = facts.born};
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
    // A read that moved nothing is not remembered; a repeat of it is decided anew.
    if (std::holds_alternative<protocol::Read>(work.command) && !moved && !answers_.contains(name)) {
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

std::vector<std::string> Ledger::differences(const StoredFile& file, const Heads& least) const {
    Complaints out;
    for (const auto& complaint : file.complaints)
        out.add(complaint);
    if (file.heads.position < least.position)
        out.add("the store is at position " + std::to_string(file.heads.position) + ", which was at " +
                std::to_string(least.position));
    for (const auto& [stream, head] : least.of_stream) {
        const auto stored = file.heads.of_stream.find(stream);
        if (stored == file.heads.of_stream.end() || stored->second < head)
            out.add("acknowledged rows are lost: " + place(stream, head) + " was the head" +
                    (stored == file.heads.of_stream.end() ? ", and the stream is gone"
                                                          : ", now " + std::to_string(stored->second)));
    }
    const Book none;
    for (const auto& [stream, head] : file.heads.of_stream) {
        const auto found = books_.find(stream);
        const auto& book = found == books_.end() ? none : found->second;
        if (head > book.head() && file.heads.position <= heads_.position)
            out.add("rows that no transaction made: " + place(stream, head));
        compare_rows(stream, book, file, out);
        compare_new_rows(stream, book, file, out);
    }
    // A file of an earlier moment, such as a backup, need not have what was told since.
    if (file.heads.position >= heads_.position && least.unplaced == heads_.unplaced)
        compare_people(file, out);
    return out.take();
}

/// What was told, as of the head that the file has, is there and is the same.
void Ledger::compare_rows(std::int64_t stream, const Book& book, const StoredFile& file,
                          Complaints& out) const {
    static const std::vector<RowFacts> no_rows;
    const auto stored = file.rows.find(stream);
    const auto& rows = stored == file.rows.end() ? no_rows : stored->second;
    const auto find = [&](std::int64_t born) {
        const auto found = std::ranges::lower_bound(rows, born, {}, &RowFacts::born);
        return found == rows.end() || found->born != born ? nullptr : &*found;
    };
    const auto head = std::min(file.heads.of_stream.at(stream), book.head());
    const bool whole = head == book.head();
    std::unordered_map<std::int64_t, std::int64_t> as_of_head;
    for (std::int64_t seq = 1; !whole && seq <= head; ++seq) {
        const auto& number = book.numbers[static_cast<std::size_t>(seq - 1)];
        if (number.seen) as_of_head[number.row.born] = seq;
    }
    for (const auto& [born, seq] : whole ? book.newest : as_of_head) {
        const auto* row = find(born);
        if (row == nullptr) {
            out.add("an acknowledged row is lost: " + place(stream, born));
        } else if (row->seq < seq) {
            out.add("an acknowledged change is lost: " + place(stream, seq));
        } else if (row->seq == seq && *row != book.numbers[static_cast<std::size_t>(seq - 1)].row) {
            out.add("an acknowledged row has become another: " + place(stream, seq));
        }
    }
}

/// What the file has besides lies above everything told: no number was given twice.
void Ledger::compare_new_rows(std::int64_t stream, const Book& book, const StoredFile& file,
                              Complaints& out) const {
    const auto stored = file.rows.find(stream);
    if (stored == file.rows.end()) return;
    for (const auto& row : stored->second) {
        if (row.seq > book.head()) continue;
        const auto& number = book.numbers[static_cast<std::size_t>(std::max<std::int64_t>(row.seq, 1) - 1)];
        if (!number.seen || number.row.born != row.born)
            out.add("a number was given to another row: " + place(stream, row.seq));
    }
    for (const auto& row : stored->second) {
        if (row.seq <= book.head() || !row.id) continue;
        const auto known = messages_.find({row.author, *row.id});
        if (known != messages_.end() && known->second != Place{stream, row.born})
            out.add("a message id has a second place: " + place(stream, row.born));
    }
}

void Ledger::compare_people(const StoredFile& file, Complaints& out) const {
    std::map<std::pair<std::int64_t, std::int64_t>, const StoredMember*> members;
    for (const auto& member : file.members)
        members[{member.conversation, member.account}] = &member;
    for (const auto& [who, told] : receipts_) {
        const auto member = members.find(who);
        if (member == members.end() || member->second->read < told.read ||
            member->second->delivered < told.delivered)
            out.add("a position that was told is lost: " + place(who.first, told.read));
    }
    std::map<std::int64_t, const StoredDevice*> devices;
    for (const auto& device : file.devices)
        devices[device.key] = &device;
    for (const auto& [key, number] : refresh_numbers_) {
        const auto device = devices.find(key);
        if (device == devices.end() || device->second->refresh_number < number)
            out.add("a refresh token that was given out is lost: device " + std::to_string(key));
    }
    for (const auto key : revoked_) {
        const auto device = devices.find(key);
        if (device == devices.end())
            out.add("a device is gone that was signed out: " + std::to_string(key));
        else if (device->second->present)
            out.add("a device is back that was signed out: " + std::to_string(key));
    }
    for (const auto& [account, id] : promised_) {
        const auto has = [&who = account, &what = id](const RowFacts& row) {
            return row.id == what && row.author == who;
        };
        if (std::ranges::none_of(file.rows,
                                 [&](const auto& stream) { return std::ranges::any_of(stream.second, has); }))
            out.add("an acknowledged message is lost: " + id.text());
    }
}

void Ledger::adopt(const StoredFile& file) {
    heads_.position = std::max(heads_.position, file.heads.position);
    for (const auto& [stream, head] : file.heads.of_stream) {
        auto& book = books_[stream];
        const auto before = book.head();
        if (head <= before) continue;
        book.numbers.resize(static_cast<std::size_t>(head));
        heads_.of_stream[stream] = head;
        const auto rows = file.rows.find(stream);
        if (rows == file.rows.end()) continue;
        for (const auto& row : rows->second) {
            if (row.seq <= before) continue;
            book.numbers[static_cast<std::size_t>(row.seq - 1)] = {.row = row, .seen = true};
            book.newest[row.born] = row.seq;
            if (row.id) messages_[{row.author, *row.id}] = {.stream = stream, .born = row.born};
        }
    }
}

}  // namespace parley::sim::crash
