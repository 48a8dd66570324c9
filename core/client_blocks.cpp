// Blocks: what an answer does, and who is to look again.

#include "core/client_impl.hpp"

namespace parley::core {

/// A block, or its end, is done before its row has come. Where it was so already, the row says so, and is
/// here or comes.
Status Client::Impl::handle_block_set(const protocol::Envelope& envelope, const Command& command) {
    TRY_ASSIGN(const auto asked, outbox_.envelope(command));
    if (envelope.seq && envelope.timestamp)
        (void)blocks_.handle_done(std::get<protocol::BlockSet>(asked.payload), *envelope.seq,
                                  *envelope.timestamp);
    streams_.handle_blocks_changed();
    return outbox_.accepted(*envelope.re, {}, std::nullopt, now_.wall);
}

void Client::Impl::touch_for(protocol::Type command) {
    if (command == protocol::Type::block_set) streams_.handle_blocks_changed();
}

}  // namespace parley::core
