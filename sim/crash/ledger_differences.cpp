// What a store's file has, held against all that was acknowledged.

#include "sim/crash/complaints.hpp"
#include "sim/crash/ledger.hpp"

#include <algorithm>
#include <span>

namespace parley::sim::crash {

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
    compare_earlier(file, out);
    compare_rights(file, out);
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
        const auto& told = book.numbers[static_cast<std::size_t>(seq - 1)].row;
        const auto* message = told.message != 0 ? find(told.message) : nullptr;
        // It goes with its message, without a change of its own.
        if (row == nullptr && message != nullptr && message->deleted) continue;
        if (row == nullptr) {
            out.add("an acknowledged row is lost: " + place(stream, born));
        } else if (row->seq < seq) {
            out.add("an acknowledged change is lost: " + place(stream, seq));
        } else if (row->seq == seq && *row != told) {
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

/// Of each message what it said before, as of the state that the file has of it. What nobody was told of yet
/// is held against the file itself (audit).
void Ledger::compare_earlier(const StoredFile& file, Complaints& out) const {
    for (const auto& [place, told] : earlier_)
        compare_earlier(place, file, out);
    for (const auto& [place, kept] : file.earlier) {
        if (!earlier_.contains(place)) compare_earlier(place, file, out);
    }
}

void Ledger::compare_earlier(const RowPlace& at, const StoredFile& file, Complaints& out) const {
    static const std::vector<RowFacts> none;
    const auto rows = file.rows.find(at.first);
    if (rows == file.rows.end()) return;  // Then all that was acknowledged of it is missed.
    const auto state = std::ranges::lower_bound(rows->second, at.second, {}, &RowFacts::born);
    if (state == rows->second.end() || state->born != at.second) return;
    const auto stored = file.earlier.find(at);
    const auto& kept = stored == file.earlier.end() ? none : stored->second;
    if (state->deleted) {
        if (!kept.empty())
            out.add("what a deleted message said is still there: " + place(at.first, at.second));
        return;
    }
    const auto* newest = row(at.first, at.second);
    if (newest != nullptr && newest->deleted) return;  // A backup from before: nobody knows any more.
    const auto known = earlier_.find(at);
    const auto& told = known == earlier_.end() ? none : known->second;
    const auto upto = std::ranges::lower_bound(told, state->seq, {}, &RowFacts::seq);
    const std::span expected(told.begin(), upto);
    const bool same = expected.size() <= kept.size() &&
                      std::ranges::equal(expected, std::span(kept).first(expected.size()));
    const bool may_have_more = state->seq > head_of(at.first);
    if (!same || (!may_have_more && kept.size() != expected.size()))
        out.add("what a message said before is not kept as it was told: " + place(at.first, at.second));
}

void Ledger::compare_rights(const StoredFile& file, Complaints& out) const {
    const auto unmoved = [&](std::int64_t conversation) {
        const auto stored = file.heads.of_stream.find(conversation);
        return stored != file.heads.of_stream.end() && stored->second == head_of(conversation);
    };
    for (const auto& member : file.members) {
        const auto told = roles_.find({member.conversation, member.account});
        if (told == roles_.end() || !unmoved(member.conversation) || !member.present) continue;
        if (told->second != member.role)
            out.add("a member has another role than was told: account " + std::to_string(member.account) +
                    " in stream " + std::to_string(member.conversation));
    }
    for (const auto& [conversation, told] : permissions_) {
        if (unmoved(conversation) && file.permissions.at(conversation) != told)
            out.add("a group has other permissions than were told: stream " + std::to_string(conversation));
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

}  // namespace parley::sim::crash
