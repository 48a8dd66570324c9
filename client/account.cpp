#include "client/account.hpp"

#include "protocol/generated/cpp/errors.hpp"

#include <algorithm>
#include <utility>

namespace parley::client {

namespace {

/// The owner may be just starting or just ending: so long it is looked for, in these steps.
constexpr Duration enter_time_max = seconds(2);
constexpr Duration enter_step = milliseconds(20);

Error unanswered(const AccountPlace& place) {
    std::string text = "Another parley";
    if (const int holder = OwnerLock::holder(place); holder != 0)
        text += " (process " + std::to_string(holder) + ")";
    text += " has " + place.name +
            " open and does not answer. Nothing was queued: end that process, or try again.";
    return {ErrorCode::unavailable, std::move(text), 0, {}};
}

}  // namespace

Result<std::unique_ptr<Account>> Account::open(Loop& loop, DoorSettings settings) {
    std::unique_ptr<Account> account(new Account(loop, std::move(settings)));
    TRY(account->enter());
    return account;
}

bool Account::owner() const {
    return dynamic_cast<const OwnerDoor*>(door_.get()) != nullptr;
}

Status Account::enter() {
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
            return fail(unanswered(settings_.place));
        }
        loop_.run_until([] { return false; }, read_clocks().instant + enter_step);
    }
}

Result<protocol::DoorReply> Account::try_again_where_lost(
    const std::function<Result<protocol::DoorReply>()>& call) {
    while (true) {
        if (gone()) {
            TRY(enter());
            changed_owner_ = true;
        }
        const Instant begun = read_clocks().instant;
        auto reply = call();
        if (reply || !gone()) return reply;
        if (read_clocks().instant - begun > seconds(1)) return fail(unanswered(settings_.place));
    }
}

Result<protocol::DoorReply> Account::ask(const protocol::DoorRequest& request) {
    return try_again_where_lost([&] { return door_->ask(request); });
}

Result<protocol::DoorReply> Account::submit(std::span<const protocol::Envelope> commands) {
    return try_again_where_lost([&] { return door_->submit(commands); });
}

Status Account::wait(const std::function<bool()>& also, std::optional<Instant> until) {
    loop_.run_until([&] { return !notices_.empty() || gone() || also(); }, until);
    if (!gone()) return {};
    TRY(enter());
    changed_owner_ = true;
    return {};
}

std::optional<protocol::DoorNotice> Account::take_notice() {
    if (notices_.empty()) return std::nullopt;
    protocol::DoorNotice notice = std::move(notices_.front());
    notices_.pop_front();
    return notice;
}

}  // namespace parley::client
