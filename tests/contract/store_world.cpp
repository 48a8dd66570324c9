#include "tests/contract/store_world.hpp"

#include <cstdlib>
#include <iostream>
#include <utility>

namespace parley::server::test {

namespace {

/// A world in which even the preparation fails is of no use to any test.
[[noreturn]] void give_up(const Error& error) {
    std::cerr << "store world: " << name_of(error.code) << ": " << error.context << '\n';
    std::abort();
}

template <class T>
T need(Result<T> result) {
    if (!result) give_up(result.error());
    return std::move(*result);
}

}  // namespace

void TestHost::fatal(std::string_view what) {
    fatals.emplace_back(what);
}

void TestHost::bad_row(std::int64_t stream, std::int64_t born) {
    bad_rows.push_back({stream, born});
}

void TestHost::bad_page(std::int64_t number) {
    bad_pages.push_back(number);
}

void TestHost::bad_index(std::int64_t stream, std::int64_t born) {
    bad_indexes.push_back({stream, born});
}

void TestHost::random(std::span<std::uint8_t> bytes) {
    // Knuth's MMIX; the lower bits repeat too soon.
    for (auto& byte : bytes) {
        next_random_ = next_random_ * 6364136223846793005U + 1442695040888963407U;
        byte = static_cast<std::uint8_t>(next_random_ >> 56U);
    }
}

std::unique_ptr<Snapshot> StoreWorld::snapshot() {
    return need(store_->snapshot());
}

Person StoreWorld::person(const std::string& handle) {
    const auto answer = need(apply(work({}, RegisterAccount{.handle = handle,
                                                            .name = handle,
                                                            .password_hash = "hash of " + handle,
                                                            .invite = {},
                                                            .device_name = "first"})));
    const auto& signed_in = std::get<SignedIn>(answer.payload);
    return {.account = signed_in.account, .device = signed_in.device};
}

Person StoreWorld::device_of(const Person& person) {
    const auto hash = snapshot()->accounts().find(person.account)->password_hash;
    const auto answer = need(apply(
        work({}, AddDevice{.account = person.account, .password_hash = hash, .device_name = "another"})));
    const auto& signed_in = std::get<SignedIn>(answer.payload);
    return {.account = signed_in.account, .device = signed_in.device};
}

ConversationKey StoreWorld::group(const Person& owner, const std::vector<Person>& members,
                                  const std::string& title) {
    protocol::ConversationCreate create{.title = title};
    for (const auto& member : members)
        create.members.push_back(member.id());
    return *conversation_key(need(apply(work(owner, create))).stream.text());
}

Uuid StoreWorld::next_id() {
    std::array<std::uint8_t, 10> counted{};
    const auto number = next_id_++;
    for (std::size_t i = 0; i < 8; ++i)
        counted[9 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    return Uuid::version7(now, counted);
}

Work StoreWorld::work(const Person& by, Command command) {
    return work(by, std::move(command), next_id());
}

Work StoreWorld::work(const Person& by, Command command, Uuid id) {
    now = now + milliseconds(1);
    return {.origin = {.session = {1}, .account = by.account, .device = by.device, .command = id},
            .command = std::move(command),
            .at = now};
}

Result<Answer> StoreWorld::apply(const Work& one) {
    return apply(std::vector<Work>{one});
}

Result<Answer> StoreWorld::apply(const std::vector<Work>& several) {
    auto applied = store_->apply(several);
    if (!applied) {
        batch = {};
        return fail(applied.error());
    }
    batch = std::move(*applied);
    auto all = answers();
    if (all.empty()) return Answer{};
    return all.back();
}

std::vector<Result<Answer>> StoreWorld::answers() const {
    std::vector<Result<Answer>> found;
    for (const auto& effect : batch.effects) {
        if (const auto* replied = std::get_if<Replied>(&effect)) found.push_back(replied->answer);
    }
    return found;
}

Result<Answer> StoreWorld::send(const Person& by, ConversationKey to, const std::string& text) {
    return apply(work(by, message_to(to, text)));
}

Result<Answer> StoreWorld::send_direct(const Person& by, const Person& to, const std::string& text) {
    return apply(work(by, message_to(to, text)));
}

Result<Answer> StoreWorld::read(const Person& by, ConversationKey in, std::int64_t upto) {
    return apply(work(by, protocol::Read{.target = {.stream = to_id(in)}, .upto = upto}));
}

void StoreWorld::ack(const Person& by, ConversationKey in, std::int64_t seq) {
    (void)apply(
        Work{.origin = {},
             .command =
                 Acks{.epoch = store_->epoch(),
                      .acks = {{.account = by.account, .device = by.device, .conversation = in, .seq = seq}}},
             .at = now});
}

Result<Answer> StoreWorld::add(const Person& by, ConversationKey to, const std::vector<Person>& who) {
    protocol::MemberAdd add{.target = {.stream = to_id(to)}};
    for (const auto& one : who)
        add.accounts.push_back(one.id());
    return apply(work(by, add));
}

Result<Answer> StoreWorld::remove(const Person& by, ConversationKey from, const Person& whom) {
    return apply(work(by, protocol::MemberRemove{.target = {.stream = to_id(from)}, .account = whom.id()}));
}

Result<Answer> StoreWorld::leave(const Person& by, ConversationKey what) {
    return apply(work(by, protocol::ConversationLeave{.target = {.stream = to_id(what)}}));
}

std::vector<protocol::Change> StoreWorld::all_changes(const Person& reader, ConversationKey in,
                                                      std::int64_t after) {
    std::vector<protocol::Change> all;
    auto view = snapshot();
    for (bool more = true; more;) {
        auto part = need(changes(*view, reader.account, {.stream = to_id(in), .after = after}));
        for (auto& row : part.rows)
            all.push_back(std::move(row));
        after = part.upto;
        more = part.more;
    }
    return all;
}

protocol::ConversationState StoreWorld::state(const Person& reader, ConversationKey in) {
    auto view = snapshot();
    std::int64_t after = 0;
    do {
        auto list = need(conversation_states(*view, reader.account, after));
        for (auto& one : list.conversations) {
            if (one.stream == to_id(in)) return std::move(one.payload);
        }
        after = list.after.value_or(0);
    } while (after > 0);
    give_up({ErrorCode::conversation_not_member, "no such state", 0, {}});
}

std::int64_t StoreWorld::head(ConversationKey in) {
    const auto view = snapshot();
    const auto* conversation = view->conversations().find(in);
    return conversation != nullptr ? conversation->head : 0;
}

protocol::MessageSend message_to(ConversationKey to, std::string text) {
    return {.target = {.stream = to_id(to)}, .text = std::move(text)};
}

protocol::MessageSend message_to(const Person& to, std::string text) {
    return {.target = {.direct = to.id()}, .text = std::move(text)};
}

}  // namespace parley::server::test
