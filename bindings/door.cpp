#include "bindings/host_ports.hpp"
#include "bindings/parley.h"
#include "core/door/answer.hpp"
#include "core/door/views.hpp"
#include "protocol/generated/cpp/errors.hpp"

#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <new>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

using parley::ErrorCode;
using parley::Now;
using parley::Result;
using parley::Status;
using parley::protocol::Encoding;
namespace core = parley::core;
namespace protocol = parley::protocol;

/// One core behind the door, and what it has said and nobody has polled yet.
struct parley_client {
    parley_client(const parley_host& of, Encoding with)
        : host(of), encoding(with), database(host), primitives(host) {}

    Status open(std::string_view options, Now now);
    Status push(int kind, std::string_view bytes, Now now);
    Status take_in(const protocol::DoorInput& input, Now now);
    void collect();
    void say(protocol::DoorOutput output);
    void say(core::Action action);

    struct Output {
        std::int32_t kind = PARLEY_NOTHING;
        std::string bytes;
    };

    parley_host host;
    Encoding encoding;
    parley::bindings::HostDatabase database;
    parley::bindings::HostPrimitives primitives;
    std::unique_ptr<core::Client> client;
    std::deque<Output> outputs;
};

Status parley_client::open(std::string_view bytes, Now now) {
    TRY_ASSIGN(const auto options, protocol::decode<protocol::DoorOptions>(bytes, encoding));
    core::ClientOptions settings{.client_name = options.client_name,
                                 .encoding = options.json_frames ? Encoding::json : Encoding::cbor};
    if (options.jump_changes) settings.jump_changes = *options.jump_changes;
    if (options.eager_messages) settings.eager_messages = *options.eager_messages;
    TRY_ASSIGN(client, core::Client::open(settings, database, primitives, now));
    collect();
    return {};
}

Status parley_client::push(int kind, std::string_view bytes, Now now) {
    if (kind == PARLEY_FRAME) {
        client->handle_frame(bytes, now);
        collect();
        return {};
    }
    if (kind == PARLEY_COMMANDS) {
        auto reply = core::submit(*client, bytes, encoding, now);
        collect();
        say(protocol::DoorOutput{.reply = std::move(reply)});
        return {};
    }
    if (kind != PARLEY_MESSAGE) return parley::fail(ErrorCode::invalid, "no kind of what is pushed");
    TRY_ASSIGN(const auto input, protocol::decode<protocol::DoorInput>(bytes, encoding));
    return take_in(input, now);
}

Status parley_client::take_in(const protocol::DoorInput& input, Now now) {
    if (input.connected) client->handle_connected(now);
    if (input.disconnected) {
        std::optional<std::uint16_t> code;
        if (input.disconnected->code) code = static_cast<std::uint16_t>(*input.disconnected->code);
        client->handle_disconnected(code, now);
    }
    if (input.answer) {
        const auto call = static_cast<std::uint64_t>(input.answer->call);
        client->handle_http_response(call, static_cast<int>(input.answer->status), input.answer->body, now);
    }
    if (input.timer) client->handle_timer(now);
    if (input.network) client->handle_network(*input.network, now);
    std::optional<protocol::DoorReply> reply;
    if (input.request) reply = core::answer(*client, *input.request, now);
    collect();
    if (reply) say(protocol::DoorOutput{.reply = std::move(reply)});
    return {};
}

void parley_client::collect() {
    while (auto action = client->poll_action())
        say(std::move(*action));
}

void parley_client::say(protocol::DoorOutput output) {
    outputs.push_back({PARLEY_MESSAGE, protocol::encode(output, encoding)});
}

void parley_client::say(core::Action action) {
    std::visit(
        [this](auto&& what) {
            using What = std::remove_cvref_t<decltype(what)>;
            if constexpr (std::is_same_v<What, core::SendFrame>) {
                outputs.push_back({PARLEY_FRAME, std::move(what.bytes)});
            } else if constexpr (std::is_same_v<What, core::OpenSocket>) {
                say(protocol::DoorOutput{.open = true});
            } else if constexpr (std::is_same_v<What, core::CloseSocket>) {
                say(protocol::DoorOutput{.close = what.code});
            } else if constexpr (std::is_same_v<What, core::CallHttp>) {
                say(protocol::DoorOutput{.call =
                                             protocol::DoorCall{.call = static_cast<std::int64_t>(what.call),
                                                                .method = std::move(what.method),
                                                                .path = std::move(what.path),
                                                                .body = std::move(what.body),
                                                                .bearer = std::move(what.bearer)}});
            } else if constexpr (std::is_same_v<What, core::ArmTimer>) {
                protocol::DoorArm arm;
                if (what.at) arm.at = what.at->ms;
                say(protocol::DoorOutput{.arm = arm});
            } else {
                say(protocol::DoorOutput{.notice = core::door_notice(what)});
            }
        },
        std::move(action));
}

namespace {

std::string_view view_of(const std::uint8_t* bytes, std::uint32_t size) {
    return {reinterpret_cast<const char*>(bytes), size};
}

Now now_of(std::int64_t instant, std::int64_t wall) {
    return {.instant = {instant}, .wall = {wall}};
}

std::int32_t number_of(const Status& status) {
    return status ? 0 : static_cast<std::int32_t>(status.error().code);
}

}  // namespace

extern "C" {

std::int32_t parley_create(const parley_host* host, std::int32_t encoding, const std::uint8_t* options,
                           std::uint32_t size, std::int64_t instant, std::int64_t wall,
                           parley_client** client) {
    *client = nullptr;
    auto made =
        std::make_unique<parley_client>(*host, encoding == PARLEY_CBOR ? Encoding::cbor : Encoding::json);
    const Status opened = made->open(view_of(options, size), now_of(instant, wall));
    if (opened) *client = made.release();
    return number_of(opened);
}

std::int32_t parley_push(parley_client* client, std::int32_t kind, const std::uint8_t* bytes,
                         std::uint32_t size, std::int64_t instant, std::int64_t wall) {
    return number_of(client->push(kind, view_of(bytes, size), now_of(instant, wall)));
}

std::int32_t parley_poll(parley_client* client, parley_bytes* bytes) {
    *bytes = {};
    if (client->outputs.empty()) return PARLEY_NOTHING;
    parley_client::Output output = std::move(client->outputs.front());
    client->outputs.pop_front();
    bytes->size = static_cast<std::uint32_t>(output.bytes.size());
    bytes->data = static_cast<std::uint8_t*>(std::malloc(output.bytes.size()));
    if (bytes->data == nullptr) std::abort();
    std::memcpy(bytes->data, output.bytes.data(), output.bytes.size());
    return output.kind;
}

void parley_free(std::uint8_t* data) {
    std::free(data);
}

void parley_destroy(parley_client* client) {
    delete client;
}

}  // extern "C"
