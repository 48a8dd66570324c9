// Who people are, and how they come in and go out.

#include "sim/promise.hpp"
#include "sim/promises/moment.hpp"
#include "sim/scene.hpp"

#include <algorithm>
#include <ranges>
#include <utility>

namespace parley::sim {

namespace {

constexpr Duration invite_life = seconds(7 * 24 * 3'600);
/// An operator who has seen no invite by then asks for another.
constexpr Duration operator_patience = seconds(15);

}  // namespace

std::string Scene::handle_to_try(const Person& person) {
    return person.handles[person.handle_tried % person.handles.size()];
}

void Scene::wished(Person& person, const std::string& handle) {
    if (std::ranges::find(person.handles, handle) == person.handles.end()) person.handles.push_back(handle);
}

void Scene::sign_in(Device& device) {
    if (!device.node->up() || device.signing_in || world_.instant() < device.away_until) return;
    const core::Connection connection = device.node->client().connection();
    if (device.signed_in()) device.may_be_erased = false;
    // Where the tokens are of no use any more the account is still known, and signing in goes on with it.
    if (device.signed_in() && connection != core::Connection::signed_out) return;
    // The server is just being told that this device signs out. Not everybody has the patience.
    const bool leaving = !device.signed_in() && connection == core::Connection::offline;
    if (leaving && world_.random().below(20) != 0) return;
    Person& person = *device.person;
    if (!person.registered && !may_register(device)) return;
    if (!device.signed_in()) erased_unseen(device);
    device.signing_in = true;
    device.handle_used = handle_to_try(person);
    device.node->act([&](core::Client& client) {
        if (person.registered) {
            client.sign_in({.handle = handle_to_try(person),
                            .password = person.password,
                            .device_name = device.node->name()},
                           device.node->now());
            return;
        }
        protocol::Registration registration{.handle = person.handle,
                                            .name = person.handle + " the first",
                                            .password = person.password,
                                            .device_name = device.node->name()};
        if (!person.invite.empty()) registration.invite = person.invite;
        client.register_account(registration, device.node->now());
    });
}

/// Where nobody comes in without an invite he needs one, and tries it on one device.
bool Scene::may_register(const Device& device) {
    if (!options_.by_invite) return true;
    Person& person = *device.person;
    const auto tries = [&](const Device* other) {
        return other != &device && other->signing_in && other->node->up();
    };
    if (std::ranges::any_of(person.devices, tries)) return false;
    if (!person.invite.empty()) return true;
    if (invites_.empty()) return false;
    person.invite = std::move(invites_.front());
    invites_.pop_front();
    return true;
}

/// Whoever signs in on a device becomes the one whose it is, by the handle that he wished to have, as the
/// device that was named so, and as the account that he had before, where the server still has that.
void Scene::is_the_person(const Device& device, const protocol::AuthOk& ok) {
    const Person& person = *device.person;
    const auto wrong = [&](const std::string& what) {
        violated({.promise = 20,
                  .what = device.node->name() + " was signed in as " + ok.account.text() + ", " +
                          ok.device.text() + "; " + what,
                  .streams = {StreamId{ok.account.text()}},
                  .devices = {device.node->name()}});
    };
    const StreamHistory* known = person.account ? history_.find(StreamId{person.account->text()}) : nullptr;
    const bool had = known != nullptr && !known->changes.empty();
    if (had && *person.account != ok.account) return wrong("its person is " + person.account->text());
    const StreamHistory* own = history_.find(StreamId{ok.account.text()});
    if (own == nullptr) return;
    const protocol::Change* row = own->row(1);
    const auto* profile = row == nullptr ? nullptr : std::get_if<protocol::ProfileChanged>(&row->payload);
    if (profile != nullptr &&
        std::ranges::find(person.handles, profile->profile.handle) == person.handles.end())
        return wrong("which is " + profile->profile.handle);
    for (const auto& [born, seq] : own->latest) {
        const auto* changed = std::get_if<protocol::DeviceChanged>(&own->changes.at(seq).payload);
        if (changed == nullptr || changed->device != ok.device) continue;
        if (changed->name != device.node->name()) wrong("which is " + changed->name);
        return;
    }
    if (own->unseen.empty()) wrong("which is none of its devices");
}

void Scene::sign_in_ended(Device& device, const std::optional<Error>& failure) {
    Person& person = *device.person;
    device.signing_in = false;
    if (!failure) {
        person.registered = true;
        person.in_doubt = false;
        device.node->act([&](core::Client& client) { client.connect(device.node->now()); });
    } else if (failure->code == ErrorCode::handle_taken && !person.registered) {
        person.registered = true;
        if (!person.invite.empty()) invites_.push_back(std::exchange(person.invite, {}));
    } else if (failure->code == ErrorCode::invite_invalid) {
        // It was used up by somebody else, or by a registration of his whose answer was lost.
        person.invite.clear();
        person.registered = person.in_doubt = true;
    } else if (failure->code == ErrorCode::credentials) {
        // He named himself otherwise meanwhile; or was never there.
        if (std::exchange(person.in_doubt, false)) person.registered = false;
        // Where several devices find out at once, one step is enough.
        if (device.handle_used == handle_to_try(person)) ++person.handle_tried;
    }
}

void Scene::sign_out(Device& device, Leaving how, Duration away) {
    if (!device.signed_in() || !device.node->client().device()) return;
    const DeviceId leaving = *device.node->client().device();
    world_.note(device.node->name(), how == Leaving::told ? "signs out" : "erases", leaving.text());
    device.leaving.reset();
    if (how == Leaving::told) {
        device.leaving = leaving;
        asked_out_.insert(leaving);
    }
    device.away_until = world_.instant() + away;
    device.signing_in = false;
    const Ledger ledger = device.ledger;
    const auto shown = device.shown;
    erased(device);
    device.node->act([&](core::Client& client) {
        how == Leaving::told ? client.sign_out(device.node->now()) : client.erase(device.node->now());
    });
    if (device.node->up()) return;
    // It died while it wrote that. Whether it did, it shows when it starts.
    device.ledger = ledger;
    device.shown = shown;
    device.may_be_erased = true;
}

void Scene::erased(Device& device) {
    device.ledger.erase();
    device.shown.clear();
}

/// It holds nothing any more: who was signed out by another device erases himself, and may end before he can
/// say so. Nobody else does.
void Scene::erased_unseen(Device& device) {
    const auto was = std::exchange(device.given_as, std::nullopt);
    if (std::exchange(device.may_be_erased, false)) return erased(device);
    if (was && device.person->account && was_signed_out(*device.person->account, *was)) erased(device);
}

/// Also in what a restore took back.
bool Scene::was_signed_out(const AccountId& account, const DeviceId& id) const {
    const auto says_so = [&](const History& history) {
        const StreamHistory* own = history.find(StreamId(account.text()));
        return own != nullptr && std::ranges::any_of(own->changes, [&](const auto& one) {
                   const auto* changed = std::get_if<protocol::DeviceChanged>(&one.second.payload);
                   return changed != nullptr && changed->device == id && !changed->present;
               });
    };
    return says_so(history_) || std::ranges::any_of(undone_, says_so);
}

/// Where the database was not erased it still says which device it was.
void Scene::must_sign_in(Device& device) {
    const auto id = device.node->client().device();
    if (!id) return;
    for (const auto& promise : promises_)
        promise->must_sign_in(*this, device, *id);
}

void Scene::sign_out_ended(Device& device, const std::optional<Error>& failure) {
    const auto left = std::exchange(device.leaving, std::nullopt);
    if (!left || failure) return;
    for (const auto& promise : promises_)
        promise->signed_out(*this, *left);
}

/// The operator asks the first person in, and some more; at the end whoever still waits outside.
void Scene::invite_people(bool everybody) {
    if (!options_.by_invite || !server_->up() || world_.instant() < operator_waits_until_) return;
    const auto outside = std::ranges::count_if(
        people_, [](const auto& person) { return !person->registered && person->invite.empty(); });
    const bool first = !operator_was_there_;
    if (!first && (!everybody || std::cmp_less_equal(outside, invites_.size()))) return;
    operator_waits_until_ = world_.instant() + operator_patience;
    const std::int64_t invites = everybody ? outside : 1 + outside / 2;
    for (std::int64_t one = 0; one < invites; ++one) {
        const server::OperatorInvite made{
            .uses = 1, .lasts = invite_life, .administrator = first && one == 0};
        server_->submit({.origin = {}, .command = made, .at = server_->now().wall});
    }
}

void Scene::add_invite(const std::string& code, std::int64_t uses) {
    for (std::int64_t use = 0; use < uses; ++use)
        invites_.push_back(code);
}

/// What the operator has before him; nobody else is told.
void Scene::note_invites(const server::Batch& batch) {
    for (const auto& effect : batch.effects) {
        const auto* replied = std::get_if<server::Replied>(&effect);
        if (replied == nullptr || replied->origin.account || !replied->answer) continue;
        const auto* made = std::get_if<protocol::Invite>(&replied->answer->payload);
        if (made == nullptr) continue;
        operator_was_there_ = true;
        add_invite(made->code, 1);
    }
}

std::optional<std::string> Scene::some_code(const AccountId& account) {
    if (links_.empty()) return std::nullopt;
    constexpr std::size_t latest = 4;
    std::vector<std::string> codes;
    const bool any = world_.random().below(6) == 0;
    for (const auto& [stream, link] : links_ | std::views::reverse) {
        const Membership* member = history_.membership(stream, account);
        const bool outside = member == nullptr || !member->present;
        if ((outside || any) && codes.size() < latest) codes.push_back(link.code.value_or(""));
    }
    return codes.empty() ? links_.back().second.code : world_.random().pick(codes);
}

std::optional<LinkId> Scene::some_link(const StreamId& stream) {
    std::vector<LinkId> known;
    for (const auto& [of, link] : links_)
        if (of == stream) known.push_back(link.id);
    if (known.empty()) return std::nullopt;
    return world_.random().pick(known);
}

void Scene::note_link(const StreamId& stream, const protocol::Link& link) {
    const auto same = [&](const auto& one) {
        return one.second.code == link.code;
    };
    if (link.code && std::ranges::none_of(links_, same)) links_.emplace_back(stream, link);
}

void Scene::command_settled(Device& device, const core::CommandSettled& settled) {
    const Given* given = device.ledger.find(settled.command);
    if (given == nullptr || !settled.reply) return;
    if (const auto* link = std::get_if<protocol::LinkMade>(&*settled.reply))
        note_link(settled.stream, link->link);
    const auto* list = std::get_if<protocol::LinkList>(&given->command);
    if (const auto* found = std::get_if<protocol::Links>(&*settled.reply); found && list) {
        for (const auto& link : found->links)
            note_link(list->stream, link);
    }
    const auto* asked = std::get_if<protocol::InviteCreate>(&given->command);
    const auto* made = std::get_if<protocol::Invite>(&*settled.reply);
    if (asked != nullptr && made != nullptr && options_.by_invite)
        add_invite(made->code, asked->uses.value_or(1));
}

/// As far as it is known which conversation that is, or which command makes it by now.
protocol::Target Scene::place_of(const AccountId& by, const protocol::Target& target) {
    if (target.direct) {
        const auto stream = Moment(history_, {}).direct_between(by, *target.direct);
        return stream ? protocol::Target{.stream = stream} : target;
    }
    if (!target.made_by) return target;
    Uuid creation = *target.made_by;
    for (;;) {
        if (const auto made = said_.done.find({by, creation}); made != said_.done.end())
            return {.stream = made->second};
        const Given* given = given_by(*this, by, creation);
        if (given == nullptr || !given->again_as) return {.made_by = creation};
        creation = *given->again_as;
    }
}

SamePlace Scene::same_place(const AccountId& by) {
    return [this, by](const protocol::Target& one, const protocol::Target& other) {
        return place_of(by, one) == place_of(by, other);
    };
}

}  // namespace parley::sim
