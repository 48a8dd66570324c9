#include "core/output.hpp"

#include "protocol/generated/cpp/limits.hpp"

#include <utility>

namespace parley::core {

void Output::send(const protocol::Envelope& envelope) {
    std::string encoded;
    protocol::append_envelope(encoded, envelope, encoding_);
    // One more for the newline between two JSON envelopes.
    if (frame_.size() + 1 + encoded.size() > static_cast<std::size_t>(limits::frame_bytes_max)) end_frame();
    protocol::append_to_frame(frame_, encoded, encoding_);
}

void Output::open_socket() {
    stage(OpenSocket{});
}

void Output::close_socket(std::uint16_t code) {
    stage(CloseSocket{code});
}

void Output::call_http(CallHttp call) {
    stage(std::move(call));
}

void Output::notify(Notice notice) {
    stage(std::move(notice));
}

void Output::release(std::optional<Instant> timer) {
    end_frame();
    if (timer != armed_) {
        armed_ = timer;
        staged_.emplace_back(ArmTimer{timer});
    }
    if (std::exchange(list_touched_, false)) staged_.emplace_back(Notice{ListChanged{}});
    for (const auto& stream : std::exchange(touched_, {}))
        staged_.emplace_back(Notice{ConversationTouched{stream}});
    for (auto& action : staged_)
        released_.push_back(std::move(action));
    staged_.clear();
}

void Output::discard() {
    frame_.clear();
    staged_.clear();
    touched_.clear();
    list_touched_ = false;
}

std::optional<Action> Output::poll() {
    if (released_.empty()) return std::nullopt;
    Action action = std::move(released_.front());
    released_.pop_front();
    return action;
}

void Output::end_frame() {
    if (frame_.empty()) return;
    staged_.emplace_back(SendFrame{std::exchange(frame_, {})});
}

void Output::stage(Action action) {
    end_frame();
    staged_.push_back(std::move(action));
}

}  // namespace parley::core
