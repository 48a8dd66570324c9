#include "tests/unit/core/script_faults.hpp"

#include "core/door/answer.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "tests/unit/core/patient_server.hpp"
#include "tests/unit/core/sanitized.hpp"
#include "tests/unit/core/shown.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string_view>
#include <utility>

namespace parley::test {
namespace {

using core::Connection;
using protocol::DoorAct;

/// At most so many steps of one script have faults: all of them, but for a script that reads hundreds of
/// pages.
constexpr std::size_t faulty_steps_max = sanitized ? 1 : 150;
/// More than a script leaves in an outbox.
constexpr std::size_t outbox_max = 1'000;
enum class Kind { none, disconnect, timeout, database, commit };

struct ScriptFault {
    Kind kind = Kind::none;
    std::size_t step = 0;
    /// Of those in the step, for `database`.
    std::int64_t call = 0;
};

/// The database around each step of the play without a fault.
struct Step {
    std::string before;
    std::string after;
    std::int64_t calls = 0;
    std::int64_t commits = 0;
    /// After it.
    bool signed_in = false;
};

/// One play of a tape.
class Play {
  public:
    Play(const Tape& tape, const core::ClientOptions& options, const std::vector<Step>* whole)
        : tape_(tape), encoding_(options.encoding), whole_(whole), machine_(options) {}

    std::vector<Step> without_fault();
    void watched();
    void with(ScriptFault fault);

  private:
    void give(const Tape::Input& input, bool lawful);
    void tell(const protocol::DoorInput& input, bool lawful);
    void fail_in(const Tape::Input& input, ScriptFault fault);
    void lose(ScriptFault fault);
    void expect_nothing_lost(ScriptFault fault);
    bool is_edited(const core::OutboxView& waiting) const;
    void note_tombstones(std::string_view frame);

    const Tape& tape_;
    const protocol::Encoding encoding_;
    const std::vector<Step>* whole_;
    Machine machine_;
    /// Commands that the core took.
    std::vector<Uuid> taken_;
    /// Of these the edits; and the messages that were deleted, by whomever.
    std::map<Uuid, protocol::MessageEdit> edits_;
    /// By command, the message.
    std::map<Uuid, Uuid> reactions_;
    std::set<Uuid> deleted_;
    /// Something was erased or forgotten because somebody wanted that.
    bool forgets_ = false;
    /// Since it held those, a state told of a restore, which may have taken away what was newest of a row.
    bool restored_ = false;
    std::map<std::string, std::int64_t> held_;
};

bool forgets(const Tape::Input& input) {
    const auto* told = std::get_if<protocol::DoorInput>(&input.what);
    if (!told || !told->request) return false;
    const bool erases = told->request->act == DoorAct::sign_out || told->request->act == DoorAct::erase;
    return erases || told->request->retry || told->request->discard;
}

bool tells_of_restore(const Tape::Input& input, protocol::Encoding encoding) {
    const auto* frame = std::get_if<std::string>(&input.what);
    if (!frame) return false;
    const auto envelopes = protocol::decode_frame(*frame, encoding);
    return envelopes && std::ranges::any_of(*envelopes, [](const protocol::Decoded& decoded) {
               const auto* envelope = std::get_if<protocol::Envelope>(&decoded);
               const auto* state =
                   envelope ? std::get_if<protocol::ConversationState>(&envelope->payload) : nullptr;
               return state && state->restored_from;
           });
}

void Play::tell(const protocol::DoorInput& input, bool lawful) {
    core::Client& core = machine_.core();
    const Now now = machine_.now();
    if (input.connected && (!lawful || machine_.opening())) machine_.connected();
    if (input.disconnected && (!lawful || machine_.has_socket())) {
        std::optional<std::uint16_t> code;
        if (input.disconnected->code) code = static_cast<std::uint16_t>(*input.disconnected->code);
        machine_.disconnected(code);
    }
    if (input.answer && (!lawful || machine_.take_call(static_cast<std::uint64_t>(input.answer->call)))) {
        core.handle_http_response(static_cast<std::uint64_t>(input.answer->call),
                                  static_cast<int>(input.answer->status), input.answer->body, now);
    }
    if (input.timer) core.handle_timer(now);
    if (input.network) core.handle_network(*input.network, now);
    if (input.request) (void)core::answer(core, *input.request, now);
}

void Play::give(const Tape::Input& input, bool lawful) {
    machine_.advance_to(input.at);
    forgets_ |= forgets(input);
    restored_ |= tells_of_restore(input, encoding_);
    if (std::holds_alternative<Tape::Opened>(input.what)) {
        machine_.open();
    } else if (const auto* told = std::get_if<protocol::DoorInput>(&input.what)) {
        tell(*told, lawful);
    } else if (const auto* frame = std::get_if<std::string>(&input.what)) {
        note_tombstones(*frame);
        if (!lawful || machine_.connection_open()) machine_.core().handle_frame(*frame, machine_.now());
    } else if (const auto* command = std::get_if<Tape::Command>(&input.what)) {
        const auto id = machine_.core().submit(command->payload, machine_.now(), command->id);
        if (id) taken_.push_back(*id);
        if (const auto* edit = std::get_if<protocol::MessageEdit>(&command->payload); edit && id)
            edits_[*id] = *edit;
        if (const auto* reaction = std::get_if<protocol::MessageReact>(&command->payload); reaction && id)
            reactions_[*id] = reaction->message;
        if (const auto* deletion = std::get_if<protocol::MessageDelete>(&command->payload))
            deleted_.insert(deletion->message);
    }
    machine_.take();
}

void Play::note_tombstones(std::string_view frame) {
    const auto envelopes = protocol::decode_frame(frame, encoding_);
    if (!envelopes) return;
    for (const protocol::Decoded& decoded : *envelopes) {
        const auto* envelope = std::get_if<protocol::Envelope>(&decoded);
        const auto* message = envelope ? std::get_if<protocol::MessageNew>(&envelope->payload) : nullptr;
        if (message && message->deleted_by && envelope->id) deleted_.insert(*envelope->id);
        const auto* refusal = envelope ? std::get_if<protocol::ErrorReply>(&envelope->payload) : nullptr;
        if (!refusal || refusal->code != ErrorCode::message_deleted || !envelope->re) continue;
        if (const auto edit = edits_.find(*envelope->re); edit != edits_.end())
            deleted_.insert(edit->second.message);
        if (const auto reaction = reactions_.find(*envelope->re); reaction != reactions_.end())
            deleted_.insert(reaction->second);
    }
}

std::vector<Step> Play::without_fault() {
    std::vector<Step> steps;
    FailingDatabase& database = machine_.database();
    for (const Tape::Input& input : tape_.inputs()) {
        Step step{.before = steps.empty() ? database.contents() : steps.back().after};
        const std::int64_t calls = database.calls();
        const std::int64_t commits = database.commits();
        give(input, false);
        step.calls = database.calls() - calls;
        step.commits = database.commits() - commits;
        step.after = step.commits > 0 ? database.contents() : step.before;
        step.signed_in = machine_.is_open() && machine_.core().account().has_value();
        steps.push_back(std::move(step));
    }
    return steps;
}

/// Whatever a user interface shows changes only where a notice says so.
void Play::watched() {
    Shown before;
    for (const Tape::Input& input : tape_.inputs()) {
        const bool opens = std::holds_alternative<Tape::Opened>(input.what);
        give(input, false);
        if (!machine_.is_open()) continue;
        const std::vector<core::Notice> notices = machine_.take_notices();
        Shown after = look_at(machine_.core(), machine_.now());
        machine_.take();
        // Who opens a core looks at everything.
        if (!opens) {
            for (const std::string& line : unannounced(before, after, notices))
                ADD_FAILURE() << "shown anew without a notice at input " << &input - tape_.inputs().data()
                              << ": " << line;
        }
        before = std::move(after);
    }
}

void Play::with(ScriptFault fault) {
    const auto& inputs = tape_.inputs();
    for (std::size_t step = 0; step < inputs.size(); ++step) {
        if (step != fault.step) {
            give(inputs[step], step > fault.step);
            continue;
        }
        held_ = machine_.lasting_rows();
        restored_ = false;
        if (fault.kind == Kind::database || fault.kind == Kind::commit)
            fail_in(inputs[step], fault);
        else
            lose(fault);
        machine_.reconnect();
        if (testing::Test::HasFailure()) return;
    }
    machine_.come_to_rest();
    expect_nothing_lost(fault);
}

void Play::fail_in(const Tape::Input& input, ScriptFault fault) {
    FailingDatabase& database = machine_.database();
    if (fault.kind == Kind::commit)
        database.fail_next_commit(true);
    else
        database.fail_at(database.calls() + fault.call);
    give(input, false);
    database.fail_at(std::nullopt);
    if (!machine_.is_open() || machine_.core().connection() == Connection::broken) {
        machine_.drop();
        database.crash();
        const Step& whole = (*whole_)[fault.step];
        const std::string contents = database.contents();
        EXPECT_TRUE(contents == whole.before || contents == whole.after) << "half of it:\n" << contents;
        machine_.open();
        ASSERT_TRUE(machine_.is_open()) << "it cannot be opened again";
    }
}

void Play::lose(ScriptFault fault) {
    // What is no frame on its way is not lost by a network.
    if (fault.kind == Kind::disconnect && machine_.has_socket()) machine_.disconnected(std::nullopt);
    if (fault.kind == Kind::timeout) machine_.be_silent();
    machine_.take();
}

/// As the names of rows end that are messages with this id (Machine::rows).
std::string end_of_name(const Uuid& message) {
    std::string end = ":";
    for (const char letter : message.text())
        if (letter != '-') end += static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    return end;
}

/// It says what one of its edits made of it.
bool Play::is_edited(const core::OutboxView& waiting) const {
    const auto* send = std::get_if<protocol::MessageSend>(&waiting.command);
    return send && std::ranges::any_of(edits_, [&](const auto& given) {
               return given.second.message == waiting.id && given.second.text == send->text;
           });
}

void Play::expect_nothing_lost(ScriptFault fault) {
    const auto& core = machine_.core();
    if (!core.account()) {
        const auto behind = std::span(*whole_).subspan(fault.step);
        const bool stays = std::ranges::all_of(behind, &Step::signed_in);
        EXPECT_FALSE(stays && !held_.empty()) << "it holds nothing any more, and nobody signed it out";
        return;
    }
    if (forgets_) return;
    const auto rows = machine_.rows();
    // A deletion takes with it what a restore left of its message in another conversation.
    const auto deleted_elsewhere = [&](const std::string& place) {
        return std::ranges::any_of(deleted_, [&](const Uuid& message) {
            const std::string end = end_of_name(message);
            const auto is_it = [&](const auto& row) {
                return row.first.ends_with(end);
            };
            return place.ends_with(end) && std::ranges::any_of(rows, is_it);
        });
    };
    for (const auto& [place, seq] : held_) {
        const auto found = rows.find(place);
        if (found == rows.end() && deleted_elsewhere(place)) continue;
        ASSERT_NE(found, rows.end()) << "the row " << place << " is gone";
        EXPECT_TRUE(restored_ || found->second >= seq) << "the row " << place << " is older than it was";
    }
    const auto answered = core.settled(taken_);
    ASSERT_TRUE(answered) << answered.error().context;
    const auto kept = core.outbox(0, outbox_max);
    ASSERT_TRUE(kept) << kept.error().context;
    for (const auto& one : *answered) {
        if (!one.failure) continue;
        // With a deletion goes a message that nobody has, and an edit that waited, or was refused.
        const auto edit = edits_.find(one.command);
        if (deleted_.contains(edit == edits_.end() ? one.command : edit->second.message)) continue;
        const auto reaction = reactions_.find(one.command);
        if (reaction != reactions_.end() && deleted_.contains(reaction->second)) continue;
        // A reaction to an own message that was refused goes with it: that one shows why.
        const auto shows_why = [&](const core::OutboxView& waiting) {
            return waiting.state == core::CommandState::failed && waiting.id == reaction->second;
        };
        if (reaction != reactions_.end() && std::ranges::any_of(*kept, shows_why)) continue;
        // What was refused stays until somebody has seen it, an edit in the message that it was to change;
        // what is not there either is unknown.
        const bool failed = std::ranges::any_of(*kept, [&](const core::OutboxView& waiting) {
            if (waiting.state != core::CommandState::failed) return false;
            return waiting.id == one.command ||
                   (edit != edits_.end() && waiting.id == edit->second.message && is_edited(waiting));
        });
        EXPECT_TRUE(failed) << "the command " << one.command.text() << " is gone: " << one.failure->context;
    }
}

bool is_on_its_way(const Tape::Input& input) {
    if (std::holds_alternative<std::string>(input.what)) return true;
    const auto* told = std::get_if<protocol::DoorInput>(&input.what);
    return told && (told->connected || told->answer);
}

}  // namespace

void replay_with_faults(const Tape& tape, const core::ClientOptions& options) {
    const std::vector<Step> whole = Play(tape, options, nullptr).without_fault();
    Play(tape, options, nullptr).watched();
    const std::size_t stride = (whole.size() - 1) / faulty_steps_max + 1;
    const auto play = [&](ScriptFault fault) {
        SCOPED_TRACE("played again with fault " + std::to_string(static_cast<int>(fault.kind)) + " at step " +
                     std::to_string(fault.step) + ", call " + std::to_string(fault.call));
        Play(tape, options, &whole).with(fault);
        return !testing::Test::HasFailure();
    };
    // Where not all of them have faults, they are others in another script.
    for (std::size_t step = 1 + whole.size() * 7 % stride; step < whole.size(); step += stride) {
        if (is_on_its_way(tape.inputs()[step])) {
            if (!play({Kind::disconnect, step}) || !play({Kind::timeout, step})) return;
        }
        if (whole[step].commits > 0 && !play({Kind::commit, step})) return;
        // Another one in every step, so that all scripts together meet each.
        const std::int64_t calls = whole[step].calls;
        const std::int64_t call = calls - static_cast<std::int64_t>(step * 7 % 11) * calls / 11;
        if (calls > 0 && !play({Kind::database, step, call})) return;
    }
}

}  // namespace parley::test
