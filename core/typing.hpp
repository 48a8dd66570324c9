#pragma once

#include "base/time.hpp"
#include "core/output.hpp"
#include "core/timers.hpp"
#include "core/view.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace parley::core {

/// Who is typing, in both directions; all of it in memory, of this connection and of this moment.
///
/// Own: `typing` goes out with the first key, again every limits::typing_again_ms while keys come, and says
/// that it stopped limits::typing_stop_ms after the last one. A message that is sent ends it without a word,
/// since it does so on the other side, too.
///
/// Others': of the conversations that are looked at, for limits::typing_ms_max after each word of theirs.
class Typing {
  public:
    Typing(Output& output, Timers& timers) : output_(output), timers_(timers) {}

    // Getters.
    /// Who began first stands first.
    std::vector<TypingView> of(const StreamId& stream) const;

    // Commands.
    /// These are shown to the person in this window, and no others. Of all windows together no more than
    /// limits::looks_max are looked at.
    void look(std::int64_t viewer, const std::vector<StreamId>& streams);
    /// A key was pressed, or the person gave up (`stopped`).
    void type(const StreamId& stream, protocol::TypingKind kind, Instant now);
    /// Everything was erased.
    void clear();

    // Input.
    void handle_changed(const StreamId& stream, const protocol::TypingChanged& changed, Instant now);
    /// A message came: whoever wrote it has done so.
    void handle_message(const StreamId& stream, const AccountId& sender);
    /// An own message is about to be sent there.
    void handle_sent(const StreamId& stream);
    void handle_disconnected();

    // Output.
    /// Says what is to be said, where the connection is live, and forgets what is over.
    void pump(bool live, Instant now);

  private:
    struct Own {
        StreamId stream;
        protocol::TypingKind kind{};
        Instant key_at;
        /// When the server was told last.
        std::optional<Instant> said_at;
    };
    struct Other {
        StreamId stream;
        TypingView view;
        Instant until;
    };

    bool looks_at(const StreamId& stream) const;
    void stop_own();
    void say(const StreamId& stream, protocol::TypingKind kind);
    template <class Gone>
    void forget(Gone gone);
    void arm();

    Output& output_;
    Timers& timers_;
    /// By window; none without any.
    std::map<std::int64_t, std::vector<StreamId>> viewers_;
    /// Of all of them.
    std::vector<StreamId> looks_;
    /// What was said of them on this connection holds.
    bool looks_said_ = true;
    std::optional<Own> own_;
    /// What the server is still to be told has stopped.
    std::optional<StreamId> stopped_;
    std::vector<Other> others_;
};

}  // namespace parley::core
