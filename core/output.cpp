#include "core/output.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace parley::core {

void Output::send(const protocol::Envelope& envelope) {
    std::string encoded;
    protocol::append_envelope(encoded, envelope, encoding_);
    // One more for the newline between two JSON envelopes.
    if (frame_.size() + 1 + encoded.size() > frame_bytes_max_) end_frame();
    protocol::append_to_frame(frame_, encoded, encoding_);
}

void Output::limit_frames(std::int64_t bytes_max) {
    frame_bytes_max_ =
        static_cast<std::size_t>(std::clamp<std::int64_t>(bytes_max, 1, limits::frame_bytes_max));
}

bool Output::speaks() const {
    return !frame_.empty() || std::ranges::any_of(staged_, [](const Action& action) {
        return std::holds_alternative<SendFrame>(action) || std::holds_alternative<OpenSocket>(action) ||
               std::holds_alternative<CallHttp>(action);
    });
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
    for (auto& action : staged_) {
        if (recorder_ != nullptr) recorder_->gives(action);
        released_.push_back(std::move(action));
    }
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
