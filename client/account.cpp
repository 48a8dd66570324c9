#include "client/account.hpp"

#include "protocol/generated/cpp/errors.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace parley::client {

namespace {

/// The owner may be just starting or just ending: so long it is looked for, in these steps.
constexpr Duration enter_time_max = seconds(2);
constexpr Duration enter_step = milliseconds(20);
constexpr std::string_view plain_advice = "End that process, or try again.";

Error unanswered(const AccountPlace& place, std::string_view advice) {
    std::string text = "Another parley";
    if (const int holder = OwnerLock::holder(place); holder != 0)
        text += " (process " + std::to_string(holder) + ")";
    text += " has " + place.name + " open and does not answer.";
    if (!advice.empty()) text += " " + std::string(advice);
    return {ErrorCode::unavailable, std::move(text), 0, {}};
}

/// An owner that said nothing for so long hangs; one that ended is gone at once.
bool is_silence(Instant begun) {
    return read_clocks().instant - begun > seconds(1);
}

bool changes_something(const protocol::DoorRequest& request) {
    return request.retry || request.discard || request.sign_in || request.registration ||
           request.act == protocol::DoorAct::sign_out || request.act == protocol::DoorAct::erase;
}

}  // namespace

Result<std::unique_ptr<Account>> Account::open(Loop& loop, DoorSettings settings) {
    std::unique_ptr<Account> account(new Account(loop, std::move(settings)));
    TRY(account->enter("Nothing was done: end that process, or try again."));
    return account;
}

bool Account::owner() const {
    return dynamic_cast<const OwnerDoor*>(door_.get()) != nullptr;
}

Status Account::enter(std::string_view advice) {
    door_.reset();
    const auto told = [this](const protocol::DoorNotice& notice) {
        notices_.push_back(notice);
    };
    const Instant give_up = read_clocks().instant + enter_time_max;
    while (true) {
        if (auto lock = OwnerLock::try_take(settings_.place)) {
            TRY_ASSIGN(door_, OwnerDoor::open(loop_, std::move(*lock), settings_, told));
            return {};
        }
        const Instant begun = read_clocks().instant;
        if (auto guest = GuestDoor::open(loop_, settings_.place, told)) {
            door_ = std::move(*guest);
            return {};
        }
        // One that took the connection and said nothing was given its time already.
        if (read_clocks().instant > std::min(give_up, begun + enter_time_max - enter_step)) {
            return fail(unanswered(settings_.place, advice));
        }
        loop_.run_until([] { return false; }, read_clocks().instant + enter_step);
    }
}

Status Account::stay(std::string_view advice) {
    if (!gone()) return {};
    TRY(enter(advice));
    changed_owner_ = true;
    return {};
}

Result<protocol::DoorReply> Account::ask(const protocol::DoorRequest& request) {
    while (true) {
        TRY(stay(plain_advice));
        const Instant begun = read_clocks().instant;
        auto reply = door_->ask(request);
        if (reply || !gone()) return reply;
        if (!is_silence(begun)) continue;
        return fail(unanswered(settings_.place,
                               changes_something(request)
                                   ? "What was asked of it may be done all the same: end it, and look."
                                   : plain_advice));
    }
}

Submission Account::submit(std::span<const protocol::Envelope> commands) {
    Submission all;
    while (true) {
        if (const auto stayed = stay({}); !stayed) {
            // What the one that ended did not answer for stays in doubt.
            all.failure = stayed.error();
            all.unanswered = stayed.error().code == ErrorCode::unavailable;
            return all;
        }
        const Instant begun = read_clocks().instant;
        Submission more = door_->submit(commands.subspan(all.accepted.size() + all.refused.size()));
        std::ranges::move(more.accepted, std::back_inserter(all.accepted));
        std::ranges::move(more.refused, std::back_inserter(all.refused));
        all.unsure = std::move(more.unsure);
        all.failure = std::move(more.failure);
        all.unanswered = more.unanswered;
        if (!all.unanswered || !gone()) return all;
        if (!is_silence(begun)) continue;
        all.failure = unanswered(settings_.place, {});
        return all;
    }
}

Status Account::wait(const std::function<bool()>& also, std::optional<Instant> until) {
    loop_.run_until([&] { return !notices_.empty() || gone() || also(); }, until);
    return stay(plain_advice);
}

std::optional<protocol::DoorNotice> Account::take_notice() {
    if (notices_.empty()) return std::nullopt;
    protocol::DoorNotice notice = std::move(notices_.front());
    notices_.pop_front();
    return notice;
}

}  // namespace parley::client
