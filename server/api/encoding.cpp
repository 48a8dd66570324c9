#include "server/api/encoding.hpp"

#include "server/api/commands.hpp"

namespace parley::server {

void append_answer(std::string& text, const protocol::Envelope& envelope, protocol::Encoding encoding,
                   Log& log) {
    const Status appended = protocol::try_append_envelope(text, envelope, encoding);
    if (appended) return;
    log_unreadable(log, name_of(envelope.type()));
    protocol::Envelope refusal;
    refusal.re = envelope.re;
    refusal.stream = envelope.stream;
    // What the error says of numbers is for the log.
    refusal.payload = error_reply({ErrorCode::internal, {}, 0, {}});
    protocol::append_envelope(text, refusal, encoding);
}

void log_unreadable(Log& log, std::string_view what) {
    log.error("answer out of range", {{"answer", Plain{what}}});
}

}  // namespace parley::server
