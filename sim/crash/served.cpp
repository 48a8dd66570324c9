#include "sim/crash/served.hpp"

#include "server/domain/sync.hpp"

#include <algorithm>
#include <set>

namespace parley::sim::crash {

namespace {

using server::AccountKey;
using server::ConversationKey;
using server::to_id;
using server::to_stream;

constexpr std::size_t sentences_max = 8;

/// What a message said, as it was kept when it was edited.
RowFacts facts_of_earlier(const protocol::Change& now, const protocol::EarlierText& text) {
    auto said = std::get<protocol::MessageNew>(now.payload);
    said.text = text.text;
    said.mentions = text.mentions;
    said.entities = text.entities;
    said.custom = text.custom;
    said.edited_at = text.seq == now.born ? std::nullopt : std::optional(text.at);
    return earlier_of(facts_of(
        {.seq = text.seq, .born = now.born, .timestamp = now.timestamp, .payload = std::move(said)}));
}

class Reader {
  public:
    Reader(server::Snapshot& snapshot, const Ledger& ledger, const StoredFile& file,
           std::int64_t rows_at_once, Served& served)
        : snapshot_(snapshot), ledger_(ledger), file_(file), rows_at_once_(rows_at_once), served_(served) {}

    void own_stream(std::int64_t account) {
        const auto places = walk_changes(account, to_stream(AccountKey{account}), account);
        expect(account, places, [](const RowFacts&) { return true; });
    }

    void conversation(const StoredMember& member) {
        const auto& seen = file_.intervals.at({member.conversation, member.account});
        const auto is_said = [](const RowFacts& row) {
            return row.kind == message_kind || row.kind == reaction_kind;
        };
        const auto is_pin = [](const RowFacts& row) {
            return row.kind == pin_kind;
        };
        // Who sees the message sees the reactions to it, and that it is pinned.
        const auto visible = [&](const RowFacts& row) {
            const auto at = row.message != 0 ? row.message : row.born;
            return std::ranges::any_of(
                seen, [&](const auto& range) { return range.first <= at && at <= range.second; });
        };
        const auto stream = to_id(ConversationKey{member.conversation});
        const auto changed = walk_changes(member.account, stream, member.conversation);
        expect(member.conversation, changed,
               [&](const RowFacts& row) { return !(is_said(row) || is_pin(row)) || visible(row); });
        const auto paged = walk_pages(member.account, stream, member.conversation);
        expect(member.conversation, paged, [&](const RowFacts& row) { return is_said(row) && visible(row); });
        const auto set = walk_settings(member.account, stream, member.conversation);
        expect(member.conversation, set, [&](const RowFacts& row) {
            return row.kind == settings_kind || (is_pin(row) && visible(row) && !row.deleted);
        });
    }

    /// From nothing to live; the states agree with the counters of the file.
    void resume(std::int64_t account) {
        std::optional<server::SyncToken> token;
        for (bool finished = false; !finished;) {
            const auto part = server::resume_part(snapshot_, {account}, token);
            if (!part) {
                ++served_.refused;
                return;
            }
            for (const auto& envelope : part->envelopes) {
                if (const auto* state = std::get_if<protocol::ConversationState>(&envelope.payload))
                    check_state(account, envelope.stream, *state);
            }
            if (token && part->token == *token && !part->finished)
                return complain("a resume does not get on");
            token = part->token;
            finished = part->finished;
        }
    }

  private:
    using Places = std::set<std::int64_t>;

    void complain(std::string what) {
        if (served_.wrong.size() < sentences_max) served_.wrong.push_back(std::move(what));
    }

    void check_row(std::int64_t stream, const protocol::Change& change, Places& places) {
        ++served_.rows;
        places.insert(change.born);
        const auto* known = ledger_.row(stream, change.born);
        if (known == nullptr || *known != facts_of(change))
            complain("a row is served that is not as it was told: stream " + std::to_string(stream) + " at " +
                     std::to_string(change.born));
    }

    Places walk_changes(std::int64_t account, const StreamId& stream, std::int64_t key) {
        Places places;
        std::int64_t after = 0;
        for (bool more = true; more;) {
            const auto part = server::changes(snapshot_, {account},
                                              {.stream = stream, .after = after, .limit = rows_at_once_});
            if (!part) {
                ++served_.refused;
                return places;
            }
            for (const auto& row : part->rows) {
                if (row.seq <= after || row.seq > part->upto) complain("changes come out of order");
                check_row(key, row, places);
                const bool message = std::holds_alternative<protocol::MessageNew>(row.payload);
                if (message && row.seq != row.born) walk_earlier(account, stream, key, row);
            }
            if (part->more && part->upto <= after) {
                complain("changes do not get on");
                return places;
            }
            after = part->upto;
            more = part->more;
        }
        const auto head = ledger_.head_of(key);
        if (after != head)
            complain("changes end at " + std::to_string(after) + " of " + std::to_string(head));
        return places;
    }

    /// What a message that was changed said before.
    void walk_earlier(std::int64_t account, const StreamId& stream, std::int64_t key,
                      const protocol::Change& row) {
        static const std::vector<RowFacts> none;
        const auto& message = std::get<protocol::MessageNew>(row.payload);
        const auto* told = ledger_.earlier({key, row.born});
        const auto& expected = told == nullptr ? none : *told;
        auto next = expected.begin();
        protocol::MessageHistory ask{.stream = stream, .message = *row.id, .sender = message.sender};
        for (bool more = true; more;) {
            const auto part = server::message_history(snapshot_, {account}, ask);
            if (!part) {
                ++served_.refused;
                return;
            }
            for (const auto& text : part->texts) {
                ++served_.rows;
                ask.after = text.seq;
                const auto facts = facts_of_earlier(row, text);
                const auto known = std::find(next, expected.end(), facts);
                if (known == expected.end()) {
                    complain("an earlier text is served that is not as it was told: stream " +
                             std::to_string(key) + " at " + std::to_string(text.seq));
                    return;
                }
                served_.left_out += std::distance(next, known);
                next = std::next(known);
            }
            more = part->more && !part->texts.empty();
        }
        served_.left_out += std::distance(next, expected.end());
    }

    Places walk_pages(std::int64_t account, const StreamId& stream, std::int64_t key) {
        Places places;
        protocol::Page ask{.stream = stream, .before = 0, .limit = rows_at_once_};
        for (bool more = true; more;) {
            const auto part = server::page(snapshot_, {account}, ask);
            if (!part) {
                ++served_.refused;
                return places;
            }
            for (const auto& row : part->rows)
                check_row(key, row, places);
            const bool gets_on = part->rest
                                     ? !ask.rest || part->rest->after > ask.rest->after
                                     : !part->more_before || ask.before == 0 || part->from < *ask.before;
            if (!gets_on) {
                complain("pages do not get on");
                return places;
            }
            ask.rest = part->rest;
            // Of the message at hand more is to come before the page is covered.
            if (part->rest) continue;
            ask.before = part->from;
            more = part->more_before && part->from > 1;
        }
        return places;
    }

    /// The settings, and behind them what is pinned.
    Places walk_settings(std::int64_t account, const StreamId& stream, std::int64_t key) {
        Places places;
        protocol::Rows ask{
            .stream = stream, .kind = protocol::RowKind::settings, .after = 0, .limit = rows_at_once_};
        for (bool more = true; more;) {
            const auto part = server::rows(snapshot_, {account}, ask);
            if (!part) {
                ++served_.refused;
                return places;
            }
            for (const auto& row : part->rows) {
                if (row.born <= ask.after) complain("settings come out of order");
                check_row(key, row, places);
                ask.after = row.born;
            }
            more = part->more && !part->rows.empty();
        }
        return places;
    }

    template <class Wanted>
    void expect(std::int64_t stream, const Places& places, Wanted wanted) {
        const auto rows = file_.rows.find(stream);
        if (rows == file_.rows.end()) return;
        for (const auto& row : rows->second) {
            if (wanted(row) && !places.contains(row.born)) ++served_.left_out;
            if (!wanted(row) && places.contains(row.born))
                complain("a row is served to who may not see it: stream " + std::to_string(stream) + " at " +
                         std::to_string(row.born));
        }
    }

    void check_state(std::int64_t account, const StreamId& stream, const protocol::ConversationState& state) {
        const auto key = server::conversation_key(stream.text());
        const auto member = std::ranges::find_if(file_.members, [&](const StoredMember& one) {
            return key && one.conversation == key->value && one.account == account;
        });
        if (member == file_.members.end()) return complain("a state of nobody's conversation");
        if (state.unread != member->unread || state.read != member->read)
            complain("a state has other counts than the store");
        if (!state.last) return;
        const auto* newest = ledger_.row(key->value, state.last->born);
        if (newest == nullptr || newest->id != state.last->id || newest->at != state.last->at.ms)
            complain("a state shows another newest message than was told");
    }

    server::Snapshot& snapshot_;
    const Ledger& ledger_;
    const StoredFile& file_;
    std::int64_t rows_at_once_;
    Served& served_;
};

}  // namespace

Served read_all(server::Store& store, const Ledger& ledger, const StoredFile& file,
                std::int64_t rows_at_once) {
    Served served;
    std::set<std::int64_t> accounts;
    for (const auto& device : file.devices)
        accounts.insert(device.account);
    // Each reading has a view of its own, as each request has.
    const auto with_view = [&](const auto& read) {
        auto snapshot = store.snapshot();
        if (!snapshot) {
            ++served.refused;
            return;
        }
        Reader reader(**snapshot, ledger, file, rows_at_once, served);
        read(reader);
    };
    for (const auto account : accounts) {
        with_view([&](Reader& reader) { reader.own_stream(account); });
        with_view([&](Reader& reader) { reader.resume(account); });
    }
    for (const auto& member : file.members) {
        if (member.present) with_view([&](Reader& reader) { reader.conversation(member); });
    }
    return served;
}

}  // namespace parley::sim::crash
