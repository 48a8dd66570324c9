#pragma once

#include "tests/unit/core/script.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace parley::test {

/// A live core that was just added to the group "c1", which is empty so far.
class Streams : public testing::Test {
  protected:
    Streams() {
        script.go_live();
        script.join("c1");
        // The joining promised a row that is still to come.
        answer<protocol::Changes>(protocol::ChangesOk{0, 0, 0, false, {}});
        script.forget();
    }
    std::int64_t cursor() {
        return script.database().number("SELECT cursor FROM conversation WHERE stream = 'c1'");
    }
    std::int64_t solid() {
        return script.database().number("SELECT solid FROM conversation WHERE stream = 'c1'");
    }
    /// Everything of this kind that was asked, in order.
    template <class T>
    std::vector<T> asked() {
        std::vector<T> found;
        for (const auto& envelope : script.sent_of<T>())
            found.push_back(std::get<T>(envelope.payload));
        return found;
    }
    template <class T>
    T last_asked() {
        const auto all = asked<T>();
        if (all.empty()) ADD_FAILURE() << "nothing of this kind was asked";
        return all.empty() ? T{} : all.back();
    }
    template <class T, class Reply>
    void answer(Reply reply) {
        const auto all = script.sent_of<T>();
        ASSERT_FALSE(all.empty()) << "nothing of this kind was asked";
        script.give(std::move(reply), all.back().id);
    }
    template <class T>
    void refuse_last(ErrorCode code, std::int64_t retry_after_ms = 0) {
        const auto all = script.sent_of<T>();
        ASSERT_FALSE(all.empty()) << "nothing of this kind was asked";
        script.refuse(*all.back().id, code, retry_after_ms);
    }
    void push(std::int64_t seq, const std::string& text) {
        script.give({Script::pushed("c1", seq, Script::said(text))});
    }

    void answer_page(const protocol::PageOk& page) { answer<protocol::Page>(page); }
    /// Answers the settings and members that a jump asks for, one after the other.
    void answer_rows() {
        for (const auto kind : {protocol::RowKind::settings, protocol::RowKind::member}) {
            EXPECT_EQ(last_asked<protocol::Rows>().kind, kind);
            answer<protocol::Rows>(protocol::RowsOk{50'000, false, {}});
        }
    }
    void pages_until_newest() {
        answer_page({50'000, 50'000, 50'000, true, false, {Script::row(50'000, Script::said("newest"))}});
    }

    Script script;
};

/// What the account's stream says where one leaves "c1", and comes back.
inline protocol::Envelope left(std::int64_t account_seq, std::int64_t until) {
    return Script::pushed("me", account_seq, protocol::Left{StreamId("c1"), until}, 1);
}

inline protocol::Envelope joined_again(std::int64_t account_seq, std::int64_t from) {
    auto joined = Script::joined("c1", account_seq, from);
    joined.born = 1;
    return joined;
}

}  // namespace parley::test
