#include "core/door/door.hpp"

#include "core/door/answer.hpp"
#include "core/door/views.hpp"
#include "protocol/generated/cpp/errors.hpp"

#include <type_traits>
#include <utility>
#include <variant>

namespace parley::core {

Result<std::unique_ptr<Door>> Door::open(std::string_view bytes, protocol::Encoding encoding,
                                         Database& database, Primitives& primitives, Now now,
                                         Recorder* recorder) {
    TRY_ASSIGN(const auto options, protocol::decode<protocol::DoorOptions>(bytes, encoding));
    ClientOptions settings{
        .client_name = options.client_name,
        .encoding = options.json_frames ? protocol::Encoding::json : protocol::Encoding::cbor,
        .recorder = recorder};
    if (options.jump_changes) settings.jump_changes = *options.jump_changes;
    if (options.eager_messages) settings.eager_messages = *options.eager_messages;
    std::unique_ptr<Door> door(new Door(encoding));
    TRY_ASSIGN(door->client_, Client::open(settings, database, primitives, now));
    door->collect();
    return door;
}

Status Door::push(DoorKind kind, std::string_view bytes, Now now) {
    if (kind == DoorKind::frame) {
        client_->handle_frame(bytes, now);
        collect();
        return {};
    }
    if (kind == DoorKind::commands) {
        auto reply = submit(*client_, bytes, encoding_, now);
        collect();
        say(protocol::DoorOutput{.reply = std::move(reply)});
        return {};
    }
    if (kind != DoorKind::message) return fail(ErrorCode::invalid, "no kind of what is pushed");
    TRY_ASSIGN(const auto input, protocol::decode<protocol::DoorInput>(bytes, encoding_));
    return take_in(input, now);
}

Status Door::take_in(const protocol::DoorInput& input, Now now) {
    if (input.connected) client_->handle_connected(now);
    if (input.disconnected) {
        std::optional<std::uint16_t> code;
        if (input.disconnected->code) code = static_cast<std::uint16_t>(*input.disconnected->code);
        client_->handle_disconnected(code, now);
    }
    if (input.answer) {
        const auto call = static_cast<std::uint64_t>(input.answer->call);
        client_->handle_http_response(call, static_cast<int>(input.answer->status), input.answer->body, now);
    }
    if (input.timer) client_->handle_timer(now);
    if (input.network) client_->handle_network(*input.network, now);
    std::optional<protocol::DoorReply> reply;
    if (input.request) reply = answer(*client_, *input.request, now);
    collect();
    if (reply) say(protocol::DoorOutput{.reply = std::move(reply)});
    return {};
}

std::optional<Door::Output> Door::poll() {
    if (outputs_.empty()) return std::nullopt;
    Output output = std::move(outputs_.front());
    outputs_.pop_front();
    return output;
}

void Door::collect() {
    while (auto action = client_->poll_action())
        say(std::move(*action));
}

void Door::say(protocol::DoorOutput output) {
    outputs_.push_back({DoorKind::message, protocol::encode(output, encoding_)});
}

void Door::say(Action action) {
    std::visit(
        [this](auto&& what) {
            using What = std::remove_cvref_t<decltype(what)>;
            if constexpr (std::is_same_v<What, SendFrame>) {
                outputs_.push_back({DoorKind::frame, std::move(what.bytes)});
            } else if constexpr (std::is_same_v<What, OpenSocket>) {
                say(protocol::DoorOutput{.open = true});
            } else if constexpr (std::is_same_v<What, CloseSocket>) {
                say(protocol::DoorOutput{.close = what.code});
            } else if constexpr (std::is_same_v<What, CallHttp>) {
                say(protocol::DoorOutput{.call =
                                             protocol::DoorCall{.call = static_cast<std::int64_t>(what.call),
                                                                .method = std::move(what.method),
                                                                .path = std::move(what.path),
                                                                .body = std::move(what.body),
                                                                .bearer = std::move(what.bearer)}});
            } else if constexpr (std::is_same_v<What, ArmTimer>) {
                protocol::DoorArm arm;
                if (what.at) arm.at = what.at->ms;
                say(protocol::DoorOutput{.arm = arm});
            } else {
                say(protocol::DoorOutput{.notice = door_notice(what)});
            }
        },
        std::move(action));
}

}  // namespace parley::core
