#include "core/pulls.hpp"

#include "core/chance.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <utility>

namespace parley::core {
namespace {

/// Conversations that count as being on the screen, and pages that a screen may lack at once.
constexpr std::size_t shown_max = 4;
constexpr std::size_t wanted_max = 4;
/// An answer that changed nothing weighs as much as so many refusals: the question is asked again later.
constexpr int pointless_answer_weight = 4;

protocol::Page newest_page(const StreamId& stream) {
    protocol::Page page;
    page.stream = stream;
    page.before = 0;
    return page;
}

/// Without the part that is asked for.
protocol::Payload whole_question(protocol::Payload question) {
    if (auto* page = std::get_if<protocol::Page>(&question)) page->rest.reset();
    return question;
}

}  // namespace

bool Pulls::owes_anything() const {
    if (owed_by_account()) return true;
    for (const StreamId& stream : candidates_) {
        const Conversation* conversation = conversations_.find(stream);
        if (!conversation || !conversation->owes_anything()) continue;
        if (!refused_.contains(stream) || owed_by(*conversation)) return true;
    }
    return false;
}

void Pulls::show(const StreamId& stream) {
    std::erase(shown_, stream);
    shown_.insert(shown_.begin(), stream);
    if (shown_.size() > shown_max) shown_.pop_back();
}

void Pulls::want(const StreamId& stream, const protocol::Page& page) {
    auto& pages = wanted_[stream];
    if (std::ranges::find(pages, page) != pages.end()) return;
    for (const auto& [id, request] : requests_) {
        const auto* asked = std::get_if<protocol::Page>(&request.payload);
        if (request.stream == stream && asked && *asked == page) return;
    }
    pages.push_back(page);
    if (pages.size() > wanted_max) pages.pop_front();
    candidates_.insert(stream);
}

void Pulls::handle_signed_in(Duration away) {
    away_for_long_ = away > milliseconds(limits::resume_window_ms);
    for (const auto& [stream, conversation] : conversations_.all())
        candidates_.insert(stream);
}

void Pulls::handle_disconnected() {
    // What follows from cursors and ranges is owed anyway; what a screen lacks stands nowhere else.
    for (const auto& [id, request] : requests_)
        put_back(request);
    requests_.clear();
    busy_.clear();
    parts_.clear();
    pauses_.clear();
    refused_.clear();
    answered_.clear();
    timers_.stop(Timer::pull);
}

void Pulls::clear() {
    handle_disconnected();
    candidates_.clear();
    wanted_.clear();
    shown_.clear();
}

void Pulls::note_changed() {
    for (const auto& [number, conversation] : conversations_.changed()) {
        const StreamId& stream = conversation->stream;
        candidates_.insert(stream);
        if (!std::exchange(conversation->just_joined, false)) continue;
        // What was refused to somebody who was out is not refused to one who is in.
        pauses_.erase(stream);
        refused_.erase(stream);
        answered_.erase(stream);
    }
}

Status Pulls::handle_reply(const Uuid& id, const protocol::Payload& reply, Now now) {
    auto found = requests_.find(id);
    if (found == requests_.end()) return {};
    const Request request = std::move(found->second);
    requests_.erase(found);
    busy_.erase(request.stream);
    pauses_.erase(request.stream);
    answered_[request.stream] = request;
    if (request.purpose != Purpose::account) candidates_.insert(request.stream);
    return take(request, reply, now.wall);
}

Status Pulls::take(const Request& request, const protocol::Payload& reply, WallTime now) {
    const auto* changes = std::get_if<protocol::ChangesOk>(&reply);
    if (request.purpose == Purpose::account)
        return changes ? account_.handle_changes(*changes, now) : Status{};
    Conversation* conversation = conversations_.find(request.stream);
    if (!conversation) return {};
    if (changes && request.purpose == Purpose::changes)
        return streams_.handle_changes(*conversation, *changes, now);
    if (changes && request.purpose == Purpose::removed)
        return streams_.handle_removed(*conversation, *changes, now);
    const auto* page = std::get_if<protocol::PageOk>(&reply);
    const auto* asked_page = std::get_if<protocol::Page>(&request.payload);
    if (page && asked_page) return take_page(*conversation, request, *page, now);
    const auto* rows = std::get_if<protocol::RowsOk>(&reply);
    const auto* asked_rows = std::get_if<protocol::Rows>(&request.payload);
    if (rows && asked_rows) {
        const bool settles = request.rows_debts == conversation->rows_debts;
        return streams_.handle_rows(*conversation, *asked_rows, *rows, settles, now);
    }
    return {};
}

/// Where a page comes in parts, nothing is covered before the last one, and what all of them say is certain
/// as of the first.
Status Pulls::take_page(Conversation& conversation, const Request& request, protocol::PageOk page,
                        WallTime now) {
    const auto& asked = std::get<protocol::Page>(request.payload);
    if (const auto part = parts_.find(request.stream);
        part != parts_.end() && part->second.rest == asked.rest) {
        page.as_of = std::min(page.as_of, part->second.as_of);
        parts_.erase(part);
    }
    if (page.rest) {
        auto whole = std::get<protocol::Page>(whole_question(asked));
        parts_[request.stream] = {.asked = std::move(whole), .rest = *page.rest, .as_of = page.as_of};
        put_back(request);
        return streams_.handle_part(conversation, page, now);
    }
    return streams_.handle_page(conversation, asked, page, now);
}

bool Pulls::handle_error(const Uuid& id, const protocol::ErrorReply& error, Now now) {
    auto found = requests_.find(id);
    if (found == requests_.end()) return false;
    const Request request = std::move(found->second);
    requests_.erase(found);
    busy_.erase(request.stream);
    if (request.purpose != Purpose::account) candidates_.insert(request.stream);

    if (error.code == ErrorCode::too_old) {
        if (request.purpose == Purpose::account) return true;
        if (handle_too_old(request, error.floor.value_or(0))) return false;
    }
    // Where the server sees this person outside and the device does not, the account's stream will settle it.
    const bool out_of_step = error.code == ErrorCode::conversation_not_member;
    if (class_of(error.code) == ErrorClass::permanent && !out_of_step) {
        if (request.purpose != Purpose::page)
            refused_[request.stream].push_back(whole_question(request.payload));
        return false;
    }
    put_back(request);
    // A renewed token lets it be asked again.
    if (class_of(error.code) != ErrorClass::sign_in) pause(request.stream, error.retry_after_ms, now.instant);
    return false;
}

bool Pulls::handle_too_old(const Request& request, std::int64_t floor) {
    Conversation* conversation = conversations_.find(request.stream);
    if (!conversation) return false;
    conversation->head = std::max(conversation->head, floor);
    conversations_.changed(*conversation);
    if (request.purpose == Purpose::changes) {
        streams_.jump(*conversation);
        return true;
    }
    if (request.purpose != Purpose::removed || !(conversation->removed_after < floor)) return false;
    conversation->removed_after = floor;
    return true;
}

/// A page that a screen lacks is wanted until it came.
void Pulls::put_back(const Request& request) {
    if (request.purpose != Purpose::page) return;
    const auto page = std::get<protocol::Page>(whole_question(request.payload));
    auto& pages = wanted_[request.stream];
    if (pages.size() >= wanted_max || std::ranges::find(pages, page) != pages.end()) return;
    pages.push_front(page);
    candidates_.insert(request.stream);
}

/// Without a length: one more step of the back-off.
void Pulls::pause(const StreamId& stream, std::optional<std::int64_t> wait_ms, Instant now) {
    Pause& pause = pauses_[stream];
    ++pause.refusals;
    pause.until = now + (wait_ms ? milliseconds(*wait_ms) : backoff(primitives_, pause.refusals));
    arm(pause.until);
}

void Pulls::arm(Instant at) {
    if (auto before = timers_.at(Timer::pull); !before || at < *before) timers_.set(Timer::pull, at);
}

void Pulls::handle_timer(Instant now) {
    if (!timers_.fired(Timer::pull, now)) return;
    for (const auto& [stream, pause] : pauses_)
        if (pause.until > now) arm(pause.until);
}

bool Pulls::refused(const Request& request) const {
    auto found = refused_.find(request.stream);
    return found != refused_.end() &&
           std::ranges::find(found->second, request.payload) != found->second.end();
}

bool Pulls::may_ask(const StreamId& stream, Instant now) const {
    if (busy_.contains(stream)) return false;
    auto paused = pauses_.find(stream);
    return paused == pauses_.end() || paused->second.until <= now;
}

Status Pulls::pump(Now now) {
    if (auto request = owed_by_account();
        request && requests_.size() < pulls_in_flight_max && may_ask(request->stream, now.instant))
        ask(std::move(*request), now);
    const auto conversations = by_urgency();
    bool owed = owed_by_account().has_value();
    for (Conversation* conversation : conversations) {
        if (requests_.size() >= pulls_in_flight_max) return {};
        if (!may_ask(conversation->stream, now.instant)) continue;
        if (conversation->owes_changes() && far_behind(*conversation)) streams_.jump(*conversation);
        auto request = owed_by(*conversation);
        if (request) {
            owed = true;
            ask(std::move(*request), now);
        } else if (auto answered = answered_.find(conversation->stream);
                   answered != answered_.end() && answered->second.purpose != Purpose::background) {
            answered_.erase(answered);
        }
    }
    // History comes one piece at a time, when nothing is owed.
    if (owed || !requests_.empty()) return {};
    for (Conversation* conversation : conversations) {
        if (busy_.contains(conversation->stream) || !may_ask(conversation->stream, now.instant)) continue;
        // What it owes is asked for when its state has come, or the end of the resume.
        if (conversation->ahead_of_its_state()) continue;
        TRY_ASSIGN(auto request, background_of(*conversation));
        if (!request) {
            candidates_.erase(conversation->stream);
            answered_.erase(conversation->stream);
            continue;
        }
        ask(std::move(*request), now);
        return {};
    }
    return {};
}

/// Candidates: on the screen first, then by latest activity.
std::vector<Conversation*> Pulls::by_urgency() const {
    std::vector<Conversation*> conversations;
    for (const StreamId& stream : candidates_)
        if (Conversation* conversation = conversations_.find(stream)) conversations.push_back(conversation);
    std::ranges::stable_sort(conversations, [&](const Conversation* one, const Conversation* other) {
        const auto shown_one = std::ranges::find(shown_, one->stream);
        const auto shown_other = std::ranges::find(shown_, other->stream);
        if (shown_one != shown_other) return shown_one < shown_other;
        return one->newest_at > other->newest_at;
    });
    return conversations;
}

bool Pulls::far_behind(const Conversation& conversation) const {
    // One pull costs less than a jump.
    const bool holds_nothing = conversation.cursor < conversation.origin;
    const std::int64_t pulled_max = holds_nothing || away_for_long_
                                        ? std::min(options_.jump_changes, limits::page_rows_max)
                                        : options_.jump_changes;
    return conversation.behind() > pulled_max;
}

std::optional<Pulls::Request> Pulls::owed_by_account() const {
    const Identity& identity = identity_.get();
    if (!identity.behind) return std::nullopt;
    const StreamId stream(identity.account.text());
    Request request{stream, Purpose::account,
                    protocol::Changes{stream, identity.cursor, std::nullopt, std::nullopt}};
    if (refused(request)) return std::nullopt;
    return request;
}

std::optional<Pulls::Request> Pulls::owed_by(const Conversation& c) const {
    if (!c.known || !c.present || c.ahead_of_its_state()) return std::nullopt;
    std::optional<Request> owed;
    const auto consider = [&](bool is_owed, Purpose purpose, auto payload) {
        if (owed || !is_owed) return;
        Request request{c.stream, purpose, payload(), c.rows_debts, c.head};
        if (!refused(request)) owed = std::move(request);
    };
    const auto rows = [&](protocol::RowKind kind, std::int64_t after) {
        return protocol::Rows{c.stream, kind, after, std::nullopt};
    };
    const auto wanted = wanted_.find(c.stream);
    consider(wanted != wanted_.end() && !wanted->second.empty(), Purpose::page,
             [&] { return wanted->second.front(); });
    consider(c.removed_after.has_value(), Purpose::removed, [&] {
        return protocol::Changes{c.stream, *c.removed_after, std::nullopt, protocol::Only::removed};
    });
    consider(c.newest_owed, Purpose::newest, [&] { return newest_page(c.stream); });
    consider(c.owes_changes(), Purpose::changes,
             [&] { return protocol::Changes{c.stream, c.cursor, std::nullopt, std::nullopt}; });
    consider(c.settings_owed, Purpose::settings, [&] { return rows(protocol::RowKind::settings, 0); });
    consider(c.members_after.has_value(), Purpose::members,
             [&] { return rows(protocol::RowKind::member, *c.members_after); });
    return owed;
}

/// The next piece of history that is not held, or not surely true any more; the newest first.
Result<std::optional<Pulls::Request>> Pulls::background_of(const Conversation& c) {
    if (!c.known || !c.present) return std::nullopt;
    protocol::Page page;
    page.stream = c.stream;
    if (const auto gaps = c.ranges.gaps(1, c.solid); !gaps.empty()) {
        page.before = gaps.back().high + 1;
        if (c.solid - gaps.back().high >= options_.eager_messages) {
            TRY_ASSIGN(std::int64_t held, rows_.count_messages_from(c.number, *page.before));
            if (held >= options_.eager_messages) return std::nullopt;
        }
    } else if (const auto stale = c.ranges.stale(1, c.solid); !stale.empty()) {
        page.from = stale.back().low;
        page.to = stale.back().high;
        page.since = stale.back().as_of;
    } else {
        return std::nullopt;
    }
    Request request{c.stream, Purpose::background, page};
    if (refused(request)) return std::nullopt;
    return request;
}

void Pulls::ask(Request request, Now now) {
    const auto question = request.payload;
    if (auto* page = std::get_if<protocol::Page>(&request.payload)) {
        const auto part = parts_.find(request.stream);
        if (part != parts_.end() && part->second.asked == *page) page->rest = part->second.rest;
    }
    // An answer that changed nothing would be given for ever, unless there is more by now.
    if (auto answered = answered_.find(request.stream); answered != answered_.end() &&
                                                        answered->second.payload == request.payload &&
                                                        answered->second.head == request.head) {
        answered_.erase(answered);
        int& refusals = pauses_[request.stream].refusals;
        refusals = std::max(refusals, pointless_answer_weight);
        return pause(request.stream, std::nullopt, now.instant);
    }
    if (request.purpose == Purpose::page) {
        auto wanted = wanted_.find(request.stream);
        if (wanted != wanted_.end() && !wanted->second.empty() &&
            wanted->second.front() == std::get<protocol::Page>(question))
            wanted->second.pop_front();
    }
    protocol::Envelope envelope;
    envelope.id = make_uuid(primitives_, now.wall);
    envelope.payload = request.payload;
    output_.send(envelope);
    busy_.insert(request.stream);
    requests_.emplace(*envelope.id, std::move(request));
}

}  // namespace parley::core
