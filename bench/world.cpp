#include "bench/world.hpp"

#include "bench/fatal.hpp"
#include "bench/http_calls.hpp"
#include "protocol/codec.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace parley::bench {

namespace {

constexpr std::string_view password = "correct horse battery";
constexpr std::size_t connecting_max = 64;
constexpr double connect_seconds_max = 120;
constexpr double command_seconds_max = 30;
constexpr std::size_t keep_alive_steps = 50;  // a second

std::vector<Person> sessions_from(const std::vector<std::string>& bodies,
                                  const std::vector<std::string>& handles) {
    std::vector<Person> people;
    for (std::size_t i = 0; i < bodies.size(); ++i) {
        auto session = protocol::decode<protocol::Session>(bodies[i], protocol::Encoding::json);
        if (!session) {
            fatal(fmt::format("not the answer to a sign-in: {}", bodies[i]));
        }
        people.push_back({session->account, handles[i], session->access_token});
    }
    return people;
}

/// Sends a command and waits for its answer; returns the stream that the answer names.
StreamId run_command(Loop& loop, Session& session, protocol::Payload payload) {
    StreamId stream;
    bool answered = false;
    auto before = std::exchange(session.on_seen, nullptr);
    const Uuid command = session.send(std::move(payload));
    session.on_seen = [&](Session&, const Seen& seen, Nanos) {
        if (seen.re == command) {
            answered = true;
            if (seen.type == protocol::Type::error) {
                fatal("a command that lays out the scenario was refused");
            }
            stream = StreamId(std::string(seen.stream));
        }
    };
    if (!loop.run(now_ns() + seconds_ns(command_seconds_max), [&] { return answered; })) {
        fatal("a command was not answered " + session.failure());
    }
    session.on_seen = std::move(before);
    return stream;
}

}  // namespace

std::vector<Person> register_people(Loop& loop, std::uint16_t port, std::string_view prefix,
                                    std::size_t count) {
    std::vector<HttpCall> calls;
    std::vector<std::string> handles;
    for (std::size_t i = 0; i < count; ++i) {
        handles.push_back(fmt::format("{}{}", prefix, i));
        const protocol::Registration body{
            .handle = handles.back(), .password = std::string(password), .device_name = "bench"};
        calls.push_back({"/v1/accounts", protocol::encode(body, protocol::Encoding::json)});
    }
    return sessions_from(post_all(loop, port, calls), handles);
}

std::vector<Person> sign_in_again(Loop& loop, std::uint16_t port, const std::vector<Person>& people) {
    std::vector<HttpCall> calls;
    std::vector<std::string> handles;
    for (const Person& person : people) {
        handles.push_back(person.handle);
        const protocol::SignIn body{
            .handle = person.handle, .password = std::string(password), .device_name = "bench"};
        calls.push_back({"/v1/sessions", protocol::encode(body, protocol::Encoding::json)});
    }
    return sessions_from(post_all(loop, port, calls), handles);
}

Session& Fleet::add(Session::Options options) {
    sessions_.push_back(std::make_unique<Session>(loop_, std::move(options)));
    return *sessions_.back();
}

void Fleet::connect() {
    std::size_t started = 0;
    const auto unfinished = [&] {
        return std::count_if(sessions_.begin(), sessions_.begin() + static_cast<std::ptrdiff_t>(started),
                             [](const auto& one) {
                                 return one->state() == Session::State::upgrading ||
                                        one->state() == Session::State::signing_in;
                             });
    };
    const Nanos deadline = now_ns() + seconds_ns(connect_seconds_max);
    while (started < sessions_.size()) {
        const std::size_t wave_end = std::min(sessions_.size(), started + connecting_max);
        for (; started < wave_end; ++started) {
            if (sessions_[started]->state() == Session::State::closed) {
                sessions_[started]->connect();
            }
        }
        if (!loop_.run(deadline, [&] { return unfinished() == 0; })) {
            fatal("connecting took too long");
        }
    }
    if (live() != size()) {
        fatal(fmt::format("{} of {} connections are not live: {}", size() - live(), size(), failure()));
    }
    if (!keeping_) {
        keeping_ = true;
        keep_alive();
    }
}

void Fleet::drop() {
    for (const auto& session : sessions_) {
        session->drop();
    }
}

std::size_t Fleet::live() const {
    return static_cast<std::size_t>(
        std::count_if(sessions_.begin(), sessions_.end(), [](const auto& one) { return one->live(); }));
}

std::string Fleet::failure() const {
    for (const auto& session : sessions_) {
        if (!session->failure().empty()) {
            return session->failure();
        }
    }
    return {};
}

void Fleet::keep_alive() {
    const Nanos now = now_ns();
    const std::size_t count = (size() + keep_alive_steps - 1) / keep_alive_steps;
    for (std::size_t i = 0; i < count && i < size(); ++i) {
        sessions_[next_kept_++ % size()]->keep_alive(now);
    }
    loop_.at(now + nanos_per_second / static_cast<Nanos>(keep_alive_steps),
             [this, alive = std::weak_ptr<bool>(alive_)] {
                 if (!alive.expired()) {
                     keep_alive();
                 }
             });
}

StreamId make_group(Loop& loop, Session& owner, std::span<const Person> members) {
    constexpr auto at_once = static_cast<std::size_t>(limits::members_create_max);
    const auto ids = [](std::span<const Person> part) {
        std::vector<AccountId> accounts;
        std::transform(part.begin(), part.end(), std::back_inserter(accounts),
                       [](const Person& person) { return person.account; });
        return accounts;
    };
    auto first = members.subspan(0, std::min(at_once, members.size()));
    StreamId group =
        run_command(loop, owner, protocol::ConversationCreate{.title = "the room", .members = ids(first)});
    for (std::size_t at = first.size(); at < members.size(); at += at_once) {
        protocol::MemberAdd add;
        add.target.stream = group;
        add.accounts = ids(members.subspan(at, std::min(at_once, members.size() - at)));
        run_command(loop, owner, std::move(add));
    }
    return group;
}

}  // namespace parley::bench
