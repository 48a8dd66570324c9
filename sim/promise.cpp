#include "sim/promise.hpp"

#include <algorithm>
#include <utility>

namespace parley::sim {

namespace {

/// More windows than any run fills; beyond it the paging itself is broken.
constexpr int windows_max = 2000;

}  // namespace

Result<Showing> everything_shown(core::Client& client, const core::ConversationView& view) {
    Showing showing{.view = view, .messages = {}, .missing = false};
    if (view.pending) return showing;
    core::WindowQuery query{.limit = window_rows};
    for (int windows = 0; windows < windows_max; ++windows) {
        TRY_ASSIGN(auto window, client.window(view.stream, query));
        showing.missing = showing.missing || window.missing;
        showing.messages.insert(showing.messages.begin(), std::make_move_iterator(window.messages.begin()),
                                std::make_move_iterator(window.messages.end()));
        const auto first =
            std::ranges::find_if(showing.messages, [](const auto& one) { return one.born > 0; });
        if (!window.more_before || first == showing.messages.end()) break;
        if (query.before == first->born) break;
        query.before = first->born;
    }
    return showing;
}

}  // namespace parley::sim
