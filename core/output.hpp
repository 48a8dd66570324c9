#pragma once

#include "core/action.hpp"
#include "core/ports/recorder.hpp"
#include "protocol/codec.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace parley::core {

/// What the core asks of its host. While an input is handled, actions are only staged; they are released when
/// the transaction that they belong to is committed, and thrown away when it is not. So nothing leaves the
/// core that a crash could make it forget.
class Output {
  public:
    explicit Output(protocol::Encoding encoding, Recorder* recorder = nullptr)
        : encoding_(encoding), recorder_(recorder) {}

    // Staging.
    /// Envelopes that are sent one after the other share frames of at most limits::frame_bytes_max.
    void send(const protocol::Envelope& envelope);
    /// The longest frame that the server takes, where that is less than the schema allows.
    void limit_frames(std::int64_t bytes_max);
    void open_socket();
    void close_socket(std::uint16_t code);
    void call_http(CallHttp call);
    void notify(Notice notice);
    /// These two are told once, at the end of what is staged.
    void touch(const StreamId& stream) { touched_.insert(stream); }
    void touch_list() { list_touched_ = true; }
    bool list_touched() const { return list_touched_; }
    bool touched(const StreamId& stream) const { return touched_.contains(stream); }

    /// True where something is staged that leaves this device.
    bool speaks() const;

    // The end of an input.
    /// Releases what is staged, and the timer where it moved.
    void release(std::optional<Instant> timer);
    void discard();
    /// The host's timer rang, so that it must be armed anew even for the same moment.
    void timer_rang() { armed_.reset(); }

    std::optional<Action> poll();

  private:
    void end_frame();
    void stage(Action action);

    protocol::Encoding encoding_;
    Recorder* recorder_;
    std::string frame_;
    std::size_t frame_bytes_max_ = static_cast<std::size_t>(limits::frame_bytes_max);
    std::vector<Action> staged_;
    std::set<StreamId> touched_;
    bool list_touched_ = false;
    std::deque<Action> released_;
    std::optional<Instant> armed_;
};

}  // namespace parley::core
