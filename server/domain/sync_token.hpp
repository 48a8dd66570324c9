#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parley::server {

/// What a sync token says. Text form: dot-separated numbers in base 36 behind "t2."; nothing in it is secret.
/// What goes to a client has a MAC behind it (Tokens): one that is ahead of the store makes a new epoch, so
/// nobody may make one up.
struct SyncToken {
    /// 0, which no store has: a token that says nothing.
    std::int64_t epoch = 0;
    /// The run of the server that gave it (View::life).
    std::int64_t life = 0;
    /// Everything committed up to this position is covered …
    std::int64_t position = 0;
    /// … and the account's stream up to this seq.
    std::int64_t account_seq = 0;
    /// A resume under way: states of conversations that moved in (states_below, states_as_of] were sent,
    /// newest first; those that moved in (position, states_below] are still owed. Both 0: none under way.
    std::int64_t states_as_of = 0;
    std::int64_t states_below = 0;

    friend bool operator==(const SyncToken&, const SyncToken&) = default;
};

std::string to_text(const SyncToken& token);
std::optional<SyncToken> parse_sync_token(std::string_view text);

}  // namespace parley::server
