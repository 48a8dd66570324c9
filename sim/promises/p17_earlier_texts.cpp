// 17. A new member sees nothing from before joining.
//
// Of what messages said before they were edited: it is told to those who may see the message, and to nobody
// else. What is told is what was said (7), of a message that stands (8), and who is refused has no such
// message (18).

#include "sim/promises/all.hpp"
#include "sim/said.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace parley::sim {

namespace {

class EarlierTexts final : public Kept<EarlierTexts> {
  public:
    int number() const override { return 17; }

    void server_heard(Scene& scene, Line& line, const protocol::Envelope& envelope) override {
        const auto* asked = std::get_if<protocol::MessageHistory>(&envelope.payload);
        const SignedIn* who = scene.signed_in(line);
        if (asked == nullptr || !envelope.id || who == nullptr) return;
        questions_[{line.number(), *envelope.id}] = {
            .asked = *asked, .by = who->account, .then = found(scene, who->account, *asked)};
    }

    void server_said(Scene& scene, Line& line, const SignedIn& who,
                     const protocol::Envelope& envelope) override {
        if (!envelope.re) return;
        const auto question = questions_.extract({line.number(), *envelope.re});
        if (!question) return;
        const auto& [asked, by, then] = question.mapped();
        const Found now = found(scene, who.account, asked);
        const Telling telling{scene, line, asked.stream};
        if (const auto* told = std::get_if<protocol::MessageHistoryOk>(&envelope.payload)) {
            if (!then.visible && !now.visible) telling.wrong(17, "tells of a message that one may not see");
            // What is deleted while somebody asks may still be in the answer, of which his device then shows
            // nothing.
            if (then.deleted && !told->texts.empty()) telling.wrong(8, "tells what a deleted message said");
            says_what_was_said(telling, asked, then, now, *told);
        } else if (const auto* refusal = std::get_if<protocol::ErrorReply>(&envelope.payload)) {
            const bool for_ever = class_of(refusal->code) == ErrorClass::permanent;
            if (for_ever && then.visible && now.visible)
                telling.wrong(18, "refuses to say what a message said with " +
                                      std::string(name_of(refusal->code)) + ", for no reason");
        }
    }

  private:
    /// The message that is asked for, as it stood at a moment.
    struct Found {
        bool visible = false;
        std::int64_t born = 0;
        /// The change that made it what it was then.
        std::int64_t seq = 0;
        bool deleted = false;
    };
    struct Question {
        protocol::MessageHistory asked;
        AccountId by;
        /// When it reached the server.
        Found then;
    };
    struct Telling {
        Scene& scene;
        Line& line;
        StreamId stream;
        void wrong(int promise, const std::string& what) const {
            scene.violated({promise, "the server " + what, {stream}, {line.device_name()}});
        }
    };

    static Found found(Scene& scene, const AccountId& by, const protocol::MessageHistory& asked) {
        const Place* place = scene.history().place(asked.sender.value_or(by), asked.message);
        const StreamHistory* history = scene.history().find(asked.stream);
        if (place == nullptr || history == nullptr || place->stream != asked.stream) return {};
        const auto* row = history->row(place->born);
        const auto* message = history->message(place->born);
        if (row == nullptr || message == nullptr) return {};
        const Membership* member = scene.history().membership(asked.stream, by);
        return {.visible = member != nullptr && member->present && member->sees(place->born),
                .born = place->born,
                .seq = row->seq,
                .deleted = message->deleted_by.has_value()};
    }

    static void says_what_was_said(const Telling& telling, const protocol::MessageHistory& asked,
                                   const Found& then, const Found& now,
                                   const protocol::MessageHistoryOk& told) {
        const StreamHistory* history = telling.scene.history().find(asked.stream);
        if (history == nullptr || now.born == 0) return;
        std::int64_t last = asked.after;
        for (const auto& text : told.texts) {
            if (text.seq <= last) return telling.wrong(7, "tells earlier texts in another order");
            last = text.seq;
            const auto change = history->changes.find(text.seq);
            if (change == history->changes.end()) {
                // Superseded before anybody heard of it, which a crash may do.
                if (std::ranges::find(history->unseen, text.seq) == history->unseen.end())
                    telling.wrong(7, "tells of a change that never was");
                continue;
            }
            const auto* said = std::get_if<protocol::MessageNew>(&change->second.payload);
            const bool same = said != nullptr && change->second.born == now.born && text.seq < now.seq &&
                              say_the_same(*said, text) &&
                              text.at == said->edited_at.value_or(change->second.timestamp);
            if (!same) telling.wrong(7, "tells what a message never said before");
        }
        if (told.more || then.deleted || now.deleted) return;
        for (const auto* state : history->states(now.born)) {
            const bool due = state->seq > asked.after && state->seq < then.seq;
            if (due &&
                std::ranges::find(told.texts, state->seq, &protocol::EarlierText::seq) == told.texts.end())
                telling.wrong(7, "leaves out what a message said before");
        }
    }

    /// By the line on which it was asked, and its id.
    std::map<std::pair<std::uint64_t, Uuid>, Question> questions_;
};

}  // namespace

std::unique_ptr<Promise> earlier_texts() {
    return std::make_unique<EarlierTexts>();
}

}  // namespace parley::sim
