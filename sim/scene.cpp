#include "sim/scene.hpp"

#include "sim/promise.hpp"

#include <algorithm>
#include <utility>

namespace parley::sim {

namespace {

constexpr std::int64_t devices_of_one_max = 4;

/// "ada" … "fay", "ada2" ….
std::string handle_of(std::size_t number) {
    constexpr std::array<std::string_view, 6> names{"ada", "ben", "cyd", "dee", "eli", "fay"};
    const std::size_t round = number / names.size();
    std::string handle(names[number % names.size()]);
    return round == 0 ? handle : handle + std::to_string(round + 1);
}

}  // namespace

Scene::Scene(SceneOptions options) : options_(options), world_(options.seed), promises_(all_promises()) {
    const server::Allowance sign_ins{.burst = options_.sign_ins_burst, .retry = options_.sign_in_retry};
    server_ = std::make_unique<ServerNode>(
        world_, static_cast<Watch&>(*this),
        ServerNode::Settings{.rules = {.registration = options_.by_invite ? server::Registration::invite
                                                                          : server::Registration::open,
                                       .everyone_invites = options_.everyone_invites,
                                       .edits_max = options_.edits_max,
                                       .follow_up_conversations = 2,
                                       .access_token_life = options_.access_token_life},
                             .access_token_life = options_.access_token_life,
                             .limits = {.messages_per_second = options_.messages_per_second,
                                        .messages_burst = options_.messages_burst,
                                        .passwords = sign_ins,
                                        .passwords_of_address = sign_ins,
                                        .passwords_of_account = sign_ins,
                                        .accounts = sign_ins},
                             .defects = options_.defects});
    for (std::size_t number = 0; number < options_.people; ++number)
        add_person(number);
}

Scene::~Scene() = default;

void Scene::add_person(std::size_t number) {
    auto person = std::make_unique<Person>();
    person->handle = handle_of(number);
    person->handles.push_back(person->handle);
    person->password = "password of " + person->handle;
    Random random = world_.fork("person " + person->handle);
    // Most have one or two.
    const auto count = std::min(random.between(1, devices_of_one_max), random.between(1, devices_of_one_max));
    for (std::int64_t one = 1; one <= count; ++one) {
        if (one > static_cast<std::int64_t>(options_.devices_max)) break;
        core::ClientOptions client;
        client.encoding = random.below(4) == 0 ? protocol::Encoding::json : protocol::Encoding::cbor;
        // Some devices would rather jump than pull, so that both ways are walked.
        client.jump_changes = random.below(3) == 0 ? random.between(10, 60) : 10'000;
        // And some fetch little by themselves: the rest comes when somebody looks.
        if (random.below(4) == 0) client.eager_messages = random.between(10, 200);
        add_device(*person, person->handle + "/" + std::to_string(one), client);
    }
    people_.push_back(std::move(person));
}

Device& Scene::add_device(Person& person, const std::string& name, const core::ClientOptions& client) {
    auto device = std::make_unique<Device>();
    Device& known = *device;
    device->person = &person;
    device->node = std::make_unique<DeviceNode>(
        world_, *server_, name, client,
        [this, &known](const core::Notice& notice) { device_noticed(known, notice); });
    person.devices.push_back(device.get());
    devices_.push_back(std::move(device));
    return known;
}

const SignedIn* Scene::signed_in(const Line& line) const {
    const auto found = signed_in_.find(line.number());
    return found == signed_in_.end() ? nullptr : &found->second;
}

Device* Scene::device_named(const std::string& name) {
    const auto found =
        std::ranges::find_if(devices_, [&](const auto& one) { return one->node->name() == name; });
    return found == devices_.end() ? nullptr : found->get();
}

std::vector<std::string> Scene::devices_of(const AccountId& account) const {
    std::vector<std::string> names;
    for (const auto& device : devices_) {
        if (device->person->account == account) names.push_back(device->node->name());
    }
    return names;
}

bool Scene::may_be_forgotten(Instant since, WallTime done_at) {
    return server_->clock().latest(since) - done_at > milliseconds(limits::command_memory_ms);
}

void Scene::violated(Violation violation) {
    if (!violation_) violation_ = std::move(violation);
}

std::optional<Uuid> Scene::give(Device& device, protocol::Payload command) {
    std::optional<Uuid> id;
    if (!device.signed_in()) return id;
    const AccountId account = *device.node->client().account();
    device.node->act([&](core::Client& client) {
        auto given = client.submit(command, device.node->now());
        if (!given) return;
        id = *given;
        device.ledger.add(*given, std::move(command), account);
        device.given_as = client.device();
    });
    if (id) {
        Given& given = *device.ledger.find(*id);
        given.kept = device.node->up();
        world_.note(device.node->name(), "give", id->text());
    }
    return id;
}

void Scene::device_noticed(Device& device, const core::Notice& notice) {
    if (const auto* ended = std::get_if<core::SignInEnded>(&notice)) {
        sign_in_ended(device, ended->failure);
    } else if (const auto* left = std::get_if<core::SignOutEnded>(&notice)) {
        sign_out_ended(device, left->failure);
    } else if (const auto* settled = std::get_if<core::CommandSettled>(&notice)) {
        command_settled(device, *settled);
    } else if (const auto* changed = std::get_if<core::ConnectionChanged>(&notice)) {
        if (changed->now == core::Connection::revoked) erased(device);
        if (changed->now == core::Connection::signed_out && device.node->up()) must_sign_in(device);
        if (changed->now == core::Connection::broken && device.node->up() && !device.node->disk_was_full()) {
            surprise(device.node->name() + ": the local database broke on a good disk");
        }
    } else if (std::holds_alternative<core::BadgeChanged>(notice)) {
        for (const auto& promise : promises_)
            promise->badge_changed(*this, device);
    }
}

std::optional<std::vector<core::ConversationView>> Scene::list(Device& device) {
    device.node->settle();
    if (!device.signed_in()) return std::nullopt;
    auto views = device.node->client().conversations(0, 1000);
    if (!views) return std::nullopt;
    if (caught_up_with_restore(device)) {
        for (const auto& promise : promises_)
            promise->listed(*this, device, *views);
    }
    return std::move(*views);
}

void Scene::look_at(Device& device) {
    if (!device.signed_in() || !caught_up_with_restore(device)) return;
    const auto views = list(device);
    if (!views || views->empty()) return;
    core::Client& client = device.node->client();
    const auto& view = world_.random().pick(*views);
    const auto shown = everything_shown(client, view);
    if (!shown) return;
    for (const auto& promise : promises_)
        promise->looked_at(*this, device, *shown);
    scroll(device, *shown, world_.random().fork("place"));
    if (const auto wrong = client.check()) return surprise(device.node->name() + ": " + *wrong);
    // To look is to ask for what is missing.
    device.node->act([](core::Client&) {});
}

void Scene::scroll(Device& device, const Showing& all, Random chance) {
    if (all.view.pending) return;
    const auto part = some_window(device.node->client(), all, chance);
    if (!part) return;
    for (const auto& promise : promises_)
        promise->window_seen(*this, device, all, *part);
}

void Scene::check_at_rest() {
    const auto stored = read_store(server_->disk());
    if (!stored) return surprise("the server's store cannot be read");
    for (const auto& promise : promises_)
        promise->at_rest(*this, *stored);
    for (const auto& device : devices_)
        if (!check_at_rest(*device)) return;
}

/// What it shows; nothing where that cannot be seen.
std::optional<std::vector<Showing>> Scene::check_at_rest(Device& device) {
    const bool online = caught_up_with_restore(device);
    auto all = online ? all_shown(device) : std::nullopt;
    if (!all) {
        surprise(device.node->name() + (online ? ": its database cannot be read" : " is not online"));
        return std::nullopt;
    }
    for (const auto& promise : promises_) {
        for (const Showing& showing : *all)
            promise->looked_at(*this, device, showing);
        promise->device_at_rest(*this, device, *all);
    }
    for (const Showing& showing : *all)
        scroll(device, showing,
               world_.fork("place in " + showing.view.stream.text() + " on " + device.node->name()));
    return all;
}

std::optional<std::vector<Showing>> Scene::all_shown(Device& device) {
    const auto views = list(device);
    if (!views) return std::nullopt;
    std::vector<Showing> all;
    for (const auto& view : *views) {
        auto shown = everything_shown(device.node->client(), view);
        if (!shown) return std::nullopt;
        all.push_back(std::move(*shown));
    }
    return all;
}

void Scene::check_latecomer(Device& late, const std::vector<Showing>& others_show) {
    const auto all = check_at_rest(late);
    if (!all) return;
    for (const auto& promise : promises_)
        promise->latecomer_at_rest(*this, late, *all, others_show);
}

void Scene::committed(const server::Batch& batch) {
    note_invites(batch);
    const auto begun = std::ranges::find_if(batch.effects, [](const server::Effect& effect) {
        return std::holds_alternative<server::EpochBegun>(effect);
    });
    if (begun == batch.effects.end()) return take_in(batch);
    server::Batch earlier{
        .first_position = batch.first_position, .last_position = batch.last_position, .effects = {}};
    server::Batch later = earlier;
    earlier.effects.assign(batch.effects.begin(), begun + 1);
    later.effects.assign(begun + 1, batch.effects.end());
    take_in(earlier);
    begin_epoch_within(later);
    take_in(later);
}

void Scene::take_in(const server::Batch& batch) {
    for (const auto& promise : promises_)
        promise->committed(*this, batch);
    history_.apply(batch);
}

void Scene::server_said(Wire& wire, const protocol::Envelope& envelope) {
    if (const auto* ok = std::get_if<protocol::AuthOk>(&envelope.payload)) {
        signed_in_[wire.number()] = {ok->account, ok->device};
        came_online_.insert(ok->device);
        Device* device = device_named(wire.device_name());
        is_the_person(*device, *ok);
        device->person->account = ok->account;
    }
    if (std::holds_alternative<protocol::Hello>(envelope.payload)) {
        for (const auto& promise : promises_)
            promise->server_greeted(*this, wire);
    }
    const SignedIn* who = signed_in(wire);
    if (who == nullptr) return;
    for (const auto& promise : promises_)
        promise->server_said(*this, wire, *who, envelope);
    note_said(*who, envelope);
}

void Scene::server_called(Line& line, const SignedIn& who,
                          const std::optional<protocol::Envelope>& question) {
    signed_in_[line.number()] = who;
    if (!question) return;
    for (const auto& promise : promises_)
        promise->server_heard(*this, line, *question);
}

void Scene::told_of_oneself(const Line& line, const SignedIn& who, Instant asked, const OwnAnswer& answer) {
    for (const auto& promise : promises_)
        promise->told_of_oneself(*this, line, who, asked, answer);
}

void Scene::server_answered(Line& line, const SignedIn& who, const protocol::Envelope& answer) {
    for (const auto& promise : promises_)
        promise->server_said(*this, line, who, answer);
    note_said(who, answer);
}

void Scene::has_errand(std::weak_ptr<const void> errand) {
    std::erase_if(errands_, [](const auto& one) { return one.expired(); });
    errands_.push_back(std::move(errand));
}

bool Scene::has_errands() const {
    return std::ranges::any_of(errands_, [](const auto& one) { return !one.expired(); });
}

void Scene::note_said(const SignedIn& who, const protocol::Envelope& envelope) {
    if (!envelope.re) return;
    const std::pair key{who.account, *envelope.re};
    if (const auto* error = std::get_if<protocol::ErrorReply>(&envelope.payload)) {
        // One that may be asked again says nothing about what becomes of the command.
        if (class_of(error->code) != ErrorClass::permanent) return;
        said_.refused.insert(key);
        for (const auto& device : devices_) {
            Given* given = device->person->account == who.account ? device->ledger.find(key.second) : nullptr;
            if (given != nullptr) given->refused = true;
        }
        return;
    }
    said_.done[key] = envelope.stream;
    said_.done_at.try_emplace(key, world_.instant(), envelope.timestamp.value_or(server_->now().wall));
    if (std::holds_alternative<protocol::MessageAccepted>(envelope.payload)) {
        said_.accepted.try_emplace(key, Place{envelope.stream, envelope.seq.value_or(0)});
    }
}

namespace {

/// Does something with each envelope of a frame that can be read.
template <class Do>
void each_envelope(std::string_view frame, protocol::Encoding encoding, Do what) {
    const auto envelopes = protocol::decode_frame(frame, encoding);
    if (!envelopes) return;
    for (const auto& decoded : *envelopes) {
        if (const auto* envelope = std::get_if<protocol::Envelope>(&decoded)) what(*envelope);
    }
}

}  // namespace

void Scene::device_said(Wire& wire, std::string_view frame) {
    Device* device = device_named(wire.device_name());
    if (device == nullptr || !device->person->account) return;
    const SamePlace same = same_place(*device->person->account);
    // What a core had written down leaves it all the same, where it ended with the last step. What one says
    // that has not caught up is of before the restore, but for what its reads ask for now.
    const bool present = device->signed_in() && !device->behind_restore;
    each_envelope(frame, wire.encoding(), [&](const protocol::Envelope& envelope) {
        if (envelope.id && device->behind_restore) device->ledger.cut_read(*envelope.id, envelope.payload);
        if (envelope.id) device->ledger.note_sent(*envelope.id, envelope.payload, same);
        if (!present) return;
        for (const auto& promise : promises_)
            promise->device_said(*this, *device, envelope);
    });
}

void Scene::server_heard(Wire& wire, std::string_view frame) {
    each_envelope(frame, wire.encoding(), [&](const protocol::Envelope& envelope) {
        for (const auto& promise : promises_)
            promise->server_heard(*this, wire, envelope);
    });
}

void Scene::commit_refused(const Error& error) {
    for (const auto& promise : promises_)
        promise->commit_refused(*this, error);
}

void Scene::http_said(const server::HttpRequest& request, const server::HttpResponse& response) {
    for (const auto& promise : promises_)
        promise->http_said(*this, request, response);
}

void Scene::server_started() {
    const auto stored = read_store(server_->disk());
    if (!stored) return surprise("the server's store cannot be read after a start");
    if (const auto backup = std::exchange(restored_, std::nullopt)) go_back(*backup, *stored);
    learn_rows(*stored);
    for (const auto& [stream, head] : stored->heads)
        history_.learn_head(stream, head);
    for (const auto& promise : promises_)
        promise->server_started(*this, *stored);
}

void Scene::surprise(std::string what) {
    violated({.promise = 0, .what = std::move(what)});
}

}  // namespace parley::sim
