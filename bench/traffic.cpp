#include "bench/traffic.hpp"

#include "protocol/codec.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <string_view>
#include <utility>

namespace parley::bench {

namespace {

constexpr double finish_seconds_max = 60;
constexpr std::string_view filler =
    "the quick brown fox jumps over the lazy dog, and has a rest until somebody comes along the road ";

std::string text_of(Nanos moment, std::size_t bytes) {
    std::string text = fmt::format("{} ", moment);
    while (text.size() < bytes) {
        text.append(filler.substr(0, std::min(filler.size(), bytes - text.size())));
    }
    return text;
}

std::string refusal_of(const Seen& seen) {
    const auto decoded = protocol::decode_frame(seen.bytes, protocol::Encoding::cbor);
    if (decoded && !decoded->empty()) {
        if (const auto* envelope = std::get_if<protocol::Envelope>(&decoded->front())) {
            if (const auto* error = std::get_if<protocol::ErrorReply>(&envelope->payload)) {
                return fmt::format("{}: {}", name_of(error->code), error->message);
            }
        }
    }
    return "an error that cannot be decoded";
}

}  // namespace

Traffic::Traffic(Loop& loop, pid_t server) : loop_(loop), server_(server) {}

void Traffic::watch(Session& session) {
    session.on_seen = [this](Session& from, const Seen& seen, Nanos now) {
        handle(from, seen, now);
    };
}

void Traffic::send(Session& from, const protocol::Target& target, Nanos moment) {
    protocol::MessageSend message;
    message.target = target;
    message.text = text_of(moment, text_bytes);
    in_flight_.emplace(from.send(std::move(message)), moment);
    ++sent_;
}

void Traffic::react(Session& from, protocol::MessageReact reaction, Nanos moment) {
    in_flight_.emplace(from.send(std::move(reaction)), moment);
    ++sent_;
}

void Traffic::handle(Session& session, const Seen& seen, Nanos now) {
    if (seen.type == protocol::Type::message_new) {
        if (!deliveries_.note(&session, seen.stream, seen.seq)) {
            return;
        }
        Nanos moment = 0;
        std::from_chars(seen.text.data(), seen.text.data() + seen.text.size(), moment);
        delivered_.add(now - moment);
        ++delivered_count_;
        return;
    }
    if (seen.type == protocol::Type::reaction_changed) {
        if (deliveries_.note(&session, seen.stream, seen.seq)) ++delivered_count_;
        return;
    }
    const auto command = seen.re ? in_flight_.find(*seen.re) : in_flight_.end();
    if (command == in_flight_.end()) {
        return;
    }
    if (seen.type == protocol::Type::message_accepted || seen.type == protocol::Type::message_reacted) {
        accepted_.add(now - command->second);
        ++accepted_count_;
    } else {
        ++refused_;
        if (first_refusal_.empty()) {
            first_refusal_ = refusal_of(seen);
        }
    }
    in_flight_.erase(command);
    if (on_accepted) {
        on_accepted(session);
    }
}

void Traffic::start() {
    accepted_ = {};
    delivered_ = {};
    sent_ = accepted_count_ = delivered_count_ = refused_ = 0;
    first_refusal_.clear();
    own_before_ = usage_of(::getpid());
    server_before_ = usage_of(server_);
}

bool Traffic::finish(std::size_t deliveries_each) {
    sending_took_ = now_ns() - server_before_.at;
    const auto complete = [&] {
        return in_flight_.empty() && delivered_count_ >= accepted_count_ * deliveries_each;
    };
    const bool all = loop_.run(now_ns() + seconds_ns(finish_seconds_max), complete);
    server_used_ = usage_of(server_) - server_before_;
    own_used_ = usage_of(::getpid()) - own_before_;
    return all;
}

void Traffic::describe(Phase& phase, Report& report) const {
    const auto seconds = static_cast<double>(server_used_.at) / static_cast<double>(nanos_per_second);
    const auto per = [](double cpu_ms, std::uint64_t count) {
        return count == 0 ? 0 : cpu_ms * 1000 / static_cast<double>(count);
    };
    phase.add("messages accepted", static_cast<double>(accepted_count_));
    phase.add("messages accepted per second", static_cast<double>(accepted_count_) / seconds);
    phase.add("deliveries", static_cast<double>(delivered_count_));
    phase.add("deliveries per second", static_cast<double>(delivered_count_) / seconds);
    phase.add("server cpu us per delivery", per(server_used_.cpu_ms, delivered_count_));
    phase.add("server cpu us per message", per(server_used_.cpu_ms, accepted_count_));
    for (const auto& [name, cpu_ms] : server_used_.threads_ms) {
        phase.add(fmt::format("thread {} us per message", name), per(cpu_ms, accepted_count_));
    }
    phase.add("server cores used", server_used_.cpu_ms / 1000 / seconds);
    phase.add("generator cpu us per delivery", per(own_used_.cpu_ms, delivered_count_));
    phase.add("generator cores used", own_used_.cpu_ms / 1000 / seconds);
    phase.add("accepted latency ms p50", accepted_.percentile_ms(0.50));
    phase.add("accepted latency ms p99", accepted_.percentile_ms(0.99));
    phase.add("delivery latency ms p50", delivered_.percentile_ms(0.50));
    phase.add("delivery latency ms p99", delivered_.percentile_ms(0.99));
    report.require(refused_ == 0,
                   fmt::format("{} messages were refused, the first with {}", refused_, first_refusal_));
    report.require(deliveries_.repeated() == 0,
                   fmt::format("{} messages were delivered once more", deliveries_.repeated()));
    report.require(in_flight_.empty(), fmt::format("{} messages were never answered", in_flight_.size()));
}

void at_even_rate(Loop& loop, double per_second, double seconds,
                  const std::function<void(std::size_t number, Nanos due)>& send) {
    const auto total = static_cast<std::size_t>(per_second * seconds);
    const Nanos start = now_ns();
    std::size_t number = 0;
    const auto due = [&] {
        return start + seconds_ns(static_cast<double>(number) / per_second);
    };
    const std::function<void()> send_due = [&] {
        for (const Nanos now = now_ns(); number < total && due() <= now; ++number) {
            send(number, due());
        }
        if (number < total) {
            loop.at(due(), send_due);
        }
    };
    send_due();
    // Every timer holds references to what stands here, so the last one must have run.
    loop.run(std::numeric_limits<Nanos>::max(), [&] { return number == total; });
}

}  // namespace parley::bench
