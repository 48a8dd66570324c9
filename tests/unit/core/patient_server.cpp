#include "tests/unit/core/patient_server.hpp"

#include "protocol/generated/cpp/errors.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

namespace parley::test {

using core::Connection;

void Machine::open() {
    drop();
    auto opened = core::Client::open(options_, database_, primitives_, now_);
    if (opened) core_ = std::move(*opened);
}

void Machine::drop() {
    core_.reset();
    opening_ = connected_ = false;
    calls_.clear();
    asked_.clear();
}

void Machine::connected() {
    connected_ = std::exchange(opening_, false);
    core_->handle_connected(now_);
}

void Machine::disconnected(std::optional<std::uint16_t> code) {
    opening_ = connected_ = false;
    asked_.clear();
    core_->handle_disconnected(code, now_);
}

bool Machine::take_call(std::uint64_t call) {
    return std::erase_if(calls_, [&](const auto& one) { return one.call == call; }) > 0;
}

void Machine::take() {
    if (!core_) return;
    while (auto action = core_->poll_action()) {
        if (const auto* frame = std::get_if<core::SendFrame>(&*action)) {
            auto decoded = protocol::decode_frame(frame->bytes, options_.encoding);
            ASSERT_TRUE(decoded);
            for (auto& one : *decoded)
                if (connected_) asked_.push_back(std::get<protocol::Envelope>(one));
        }
        if (const auto* call = std::get_if<core::CallHttp>(&*action)) calls_.push_back(*call);
        if (const auto* notice = std::get_if<core::Notice>(&*action)) notices_.push_back(*notice);
        const bool opens = std::holds_alternative<core::OpenSocket>(*action);
        if (!opens && !std::holds_alternative<core::CloseSocket>(*action)) continue;
        opening_ = opens;
        connected_ = false;
        asked_.clear();
    }
    if (auto wrong = core_->check()) ADD_FAILURE() << *wrong;
}

void Machine::advance_to(Now at) {
    const Now then{at.instant + besides_, at.wall + besides_};
    if (then.instant > now_.instant) now_ = then;
}

/// Time passes up to the next timer, and that rings; false where none is due.
bool Machine::ring(Duration most) {
    const auto next = core_->next_timeout();
    if (!next) return false;
    const Duration step = std::clamp(*next - now_.instant, Duration{0}, most);
    now_ = {now_.instant + step, now_.wall + step};
    besides_ = besides_ + step;
    core_->handle_timer(now_);
    take();
    return true;
}

void Machine::be_silent() {
    for (int rings = 0; rings < 100 && has_socket(); ++rings)
        if (!ring(seconds(600))) return;
}

bool Machine::rests() const {
    switch (core_->connection()) {
        case Connection::signed_out:
        case Connection::revoked:
            return calls_.empty();
        default:
            return false;
    }
}

void Machine::reconnect() {
    core_->connect(now_);
    take();
    for (int rounds = 0; rounds < 100 && !rests(); ++rounds) {
        if (opening_) {
            connected();
            take();
        }
        while (!calls_.empty()) {
            const core::CallHttp call = std::move(calls_.front());
            calls_.pop_front();
            answer(call);
        }
        const bool live =
            core_->connection() == Connection::online || core_->connection() == Connection::catching_up;
        const auto sign_in = std::ranges::find_if(
            asked_, [](const auto& one) { return std::holds_alternative<protocol::Auth>(one.payload); });
        if (sign_in != asked_.end()) {
            const protocol::Envelope auth = *sign_in;
            asked_.erase(sign_in);
            answer(auth);
        } else if (live || !ring(seconds(600))) {
            return;
        }
    }
}

bool Machine::serve() {
    bool served = false;
    if (opening_) {
        connected();
        take();
        served = true;
    }
    while (!calls_.empty()) {
        const core::CallHttp call = std::move(calls_.front());
        calls_.pop_front();
        answer(call);
        served = true;
    }
    while (!asked_.empty()) {
        const protocol::Envelope asked = std::move(asked_.front());
        asked_.pop_front();
        answer(asked);
        served = true;
    }
    return served;
}

void Machine::come_to_rest() {
    core_->connect(now_);
    take();
    for (int rounds = 0; rounds < 1000; ++rounds) {
        if (serve()) continue;
        if (rests() || core_->idle()) return;
        if (!ring(seconds(600))) break;
    }
    std::string waiting;
    for (const std::string& line : database_.texts("SELECT type || ' ' || lane FROM command"))
        waiting += "\n  " + line;
    ADD_FAILURE() << "does not come to rest, connection " << static_cast<int>(core_->connection()) << waiting
                  << "\n"
                  << database_.contents();
}

std::map<std::string, std::int64_t> Machine::rows(const std::string& seq_of_row) {
    // A message that a restored server did not have may come again at another place. Reactions go with
    // theirs.
    const std::string all = "SELECT " + seq_of_row +
                            " || ' ' || stream || ':' || coalesce(hex(id), born) FROM stream_row"
                            " WHERE stream > 0 AND message = 0";
    std::map<std::string, std::int64_t> rows;
    for (const std::string& row : database_.texts(all)) {
        std::int64_t& seq = rows[row.substr(row.find(' ') + 1)];
        seq = std::max<std::int64_t>(seq, std::stoll(row));
    }
    return rows;
}

std::map<std::string, std::int64_t> Machine::rows() {
    return rows("seq");
}

std::map<std::string, std::int64_t> Machine::lasting_rows() {
    return rows("iif(not_on_server = 1, 0, seq)");
}

std::int64_t Machine::head_of(const StreamId& stream) {
    const bool own = core_->account() && stream.text() == core_->account()->text();
    return std::max<std::int64_t>(
        database_.number(own ? "SELECT max(seq) FROM stream_row WHERE stream = 0"
                             : "SELECT head FROM conversation WHERE stream = '" + stream.text() + "'"),
        0);
}

void Machine::give(protocol::Payload payload, std::optional<Uuid> re) {
    protocol::Envelope envelope;
    envelope.re = re;
    envelope.payload = std::move(payload);
    std::string bytes;
    protocol::append_envelope(bytes, envelope, options_.encoding);
    core_->handle_frame(bytes, now_);
    take();
}

void Machine::answer(const protocol::Envelope& asked) {
    const auto& payload = asked.payload;
    if (std::holds_alternative<protocol::Auth>(payload)) {
        give(protocol::AuthOk{core_->account().value_or(AccountId{}), core_->device().value_or(DeviceId{}),
                              SessionId("s"), now_.wall + seconds(900)},
             asked.id);
    } else if (std::holds_alternative<protocol::Resume>(payload)) {
        give(protocol::Resumed{"1:900", 1}, asked.id);
    } else if (std::holds_alternative<protocol::Ping>(payload)) {
        give(protocol::Pong{"1:900"}, asked.id);
    } else if (const auto* changes = std::get_if<protocol::Changes>(&payload)) {
        const std::int64_t head = std::max(head_of(changes->stream), changes->after);
        give(protocol::ChangesOk{changes->after, head, head, false, {}}, asked.id);
    } else if (const auto* page = std::get_if<protocol::Page>(&payload)) {
        const std::int64_t head = head_of(page->stream);
        const std::int64_t upto = page->before.value_or(0) > 0 ? *page->before - 1 : head;
        give(protocol::PageOk{page->from.value_or(page->after.value_or(0) + 1),
                              page->to.value_or(upto),
                              head,
                              false,
                              false,
                              {}},
             asked.id);
    } else if (const auto* rows = std::get_if<protocol::Rows>(&payload)) {
        give(protocol::RowsOk{head_of(rows->stream), false, {}}, asked.id);
    } else if (asked.id && !std::holds_alternative<protocol::Ack>(payload)) {
        give(protocol::ErrorReply{ErrorCode::not_allowed, "no", {}, {}, {}}, asked.id);
    }
}

void Machine::answer(const core::CallHttp& call) {
    int status = 201;
    std::string body;
    if (call.method == "DELETE") {
        status = 204;
    } else {
        const std::string number = std::to_string(++tokens_);
        body = protocol::encode(protocol::Session{core_->account().value_or(AccountId("me")),
                                                  core_->device().value_or(DeviceId("d1")), "access" + number,
                                                  now_.wall + seconds(900), "refresh" + number},
                                protocol::Encoding::json);
    }
    core_->handle_http_response(call.call, status, body, now_);
    take();
}

}  // namespace parley::test
