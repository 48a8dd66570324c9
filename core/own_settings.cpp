#include "core/own_settings.hpp"

#include "base/mutant.hpp"
#include "core/rules/preferences.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <utility>

namespace parley::core {

using protocol::DraftChanged;
using protocol::PreferencesChanged;
using protocol::Type;

namespace {

bool ends(const PreferencesChanged& preferences) {
    return preferences.muted_until && preferences.muted_until->ms < limits::muted_forever;
}

DraftView draft_view(std::string text, std::optional<Uuid> reply_to, WallTime at) {
    return {.text = std::move(text), .reply_to = reply_to, .at = at};
}

}  // namespace

Status OwnSettings::load() {
    clear();
    // By a restore whose rows were not all told yet.
    bool marked = false;
    for (const auto type : {Type::preferences_changed, Type::draft_changed}) {
        TRY_ASSIGN(const auto rows, rows_.of_type(account_stream_number, type));
        for (const auto& row : rows) {
            handle_row(row.change);
            if (row.not_on_server) marked = true;
        }
    }
    if (marked) handle_restored();
    return {};
}

PreferencesChanged OwnSettings::preferences(const StreamId& conversation) const {
    const auto found = all_.find(conversation);
    if (found == all_.end() || !found->second.preferences) return rules::no_preferences(conversation);
    return *found->second.preferences;
}

Result<std::optional<DraftView>> OwnSettings::draft(const StreamId& conversation) const {
    const auto found = all_.find(conversation);
    if (found == all_.end()) return std::nullopt;
    const Own& own = found->second;
    if (own.draft_done) return own.draft_done->text.empty() ? std::nullopt : own.draft_done;
    if (own.draft_born == 0) return std::nullopt;
    TRY_ASSIGN(const auto row, rows_.find(account_stream_number, own.draft_born));
    const auto* draft =
        row && !row->change.unreadable ? std::get_if<DraftChanged>(&row->change.payload) : nullptr;
    if (draft == nullptr || draft->text.empty()) return std::nullopt;
    return draft_view(draft->text, draft->reply_to, row->change.timestamp);
}

std::int64_t OwnSettings::draft_seen(const StreamId& conversation) const {
    const auto found = all_.find(conversation);
    return found == all_.end() ? 0 : found->second.draft_seen;
}

std::optional<WallTime> OwnSettings::next_unmuting(WallTime after) const {
    const auto next = ends_.lower_bound({after + milliseconds(1), StreamId()});
    return next == ends_.end() ? std::nullopt : std::optional(next->first);
}

void OwnSettings::handle_row(const protocol::Change& change) {
    if (const auto* preferences = std::get_if<PreferencesChanged>(&change.payload)) {
        const auto known = all_.find(preferences->conversation);
        const bool older = known != all_.end() && (change.seq < known->second.preferences_seq ||
                                                   mutant(Mutant::newer_preferences_ignored));
        if (!older) set(preferences->conversation, *preferences, change.seq);
    }
    if (const auto* draft = std::get_if<DraftChanged>(&change.payload)) {
        Own& own = all_[draft->conversation];
        own.draft_born = change.born;
        if (change.seq < own.draft_seq) return;
        own.draft_seq = own.draft_seen = change.seq;
        own.draft_done.reset();
        touch(draft->conversation);
    }
}

bool OwnSettings::handle_done(const StreamId& conversation, const protocol::Payload& command,
                              std::int64_t seq, WallTime at) {
    Own& own = all_[conversation];
    if (const auto* asked = std::get_if<protocol::PreferencesSet>(&command)) {
        if (seq < own.preferences_seq) return false;
        if (seq > own.preferences_seq)
            set(conversation, rules::preferences_after(preferences(conversation), *asked, seq), seq);
    }
    if (const auto* draft = std::get_if<protocol::DraftSet>(&command)) {
        if (seq < own.draft_seq) return false;
        if (seq == own.draft_seq) return true;
        own.draft_seq = own.draft_seen = seq;
        own.draft_done = draft_view(draft->text, draft->reply_to, at);
        touch(conversation);
    }
    return true;
}

void OwnSettings::handle_restored() {
    restored_ = true;
    for (auto& [conversation, own] : all_)
        own.preferences_seq = own.draft_seq = 0;
}

Status OwnSettings::handle_told() {
    if (!std::exchange(restored_, false)) return {};
    for (const auto& [conversation, own] : all_)
        touch(conversation);
    return load();
}

void OwnSettings::handle_time(WallTime before, WallTime now) {
    const auto [low, high] = std::minmax(before, now);
    auto end = ends_.lower_bound({low + milliseconds(1), StreamId()});
    for (; end != ends_.end() && end->first <= high; ++end)
        touch(end->second);
}

void OwnSettings::clear() {
    all_.clear();
    ends_.clear();
    restored_ = false;
}

void OwnSettings::set(const StreamId& conversation, PreferencesChanged preferences, std::int64_t seq) {
    Own& own = all_[conversation];
    if (own.preferences && ends(*own.preferences)) ends_.erase({*own.preferences->muted_until, conversation});
    if (ends(preferences)) ends_.emplace(*preferences.muted_until, conversation);
    own.preferences = std::move(preferences);
    own.preferences_seq = seq;
    touch(conversation);
}

void OwnSettings::touch(const StreamId& conversation) {
    output_.touch(conversation);
    output_.touch_list();
}

}  // namespace parley::core
