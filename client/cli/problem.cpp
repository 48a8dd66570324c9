#include "client/cli/problem.hpp"

#include "client/cli/text.hpp"
#include "protocol/field.hpp"
#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <system_error>

namespace parley::client::cli {

namespace {

/// What was too much, by the field that the server names.
std::string sentence_of_limit(std::string_view field) {
    if (field == "members" || field == "accounts")
        return "These are too many people for one group on this server. Name fewer.";
    if (field == "handles") return "These are too many people at once. Name fewer at a time.";
    if (field == "devices")
        return "You are signed in on as many devices as you may. Sign one out on one that is: parley devices "
               "--revoke DEVICE";
    if (field == "handle") {
        return "An account has at most " + std::to_string(limits::handles_max) +
               " handles in its life. Take one that you had before.";
    }
    if (field == "message") {
        return "A message can be edited " + std::to_string(limits::edits_max) +
               " times, and this one has been. Send another one.";
    }
    if (field == "emoji") {
        return "A message has at most " + std::to_string(limits::reactions_own_max) +
               " emoji of one person, and " + std::to_string(limits::reactions_emoji_max) +
               " different ones in all. Take one of yours back, or react with one that it has.";
    }
    if (field == "pins") {
        return "A conversation has at most " + std::to_string(limits::pins_max) +
               " pinned messages. Unpin one first: parley unpin";
    }
    if (field == "blocks") {
        return "You can have blocked at most " + std::to_string(limits::blocks_max) +
               " people. Unblock one first: parley unblock";
    }
    if (field == "links") {
        return "A group has at most " + std::to_string(limits::links_max) +
               " invite links. Revoke one first: parley unlink";
    }
    if (field == "payload") {
        return "This is more than the " + std::to_string(limits::payload_bytes_max / 1024) +
               " KiB that go out in one piece. Give less at a time.";
    }
    return "This is more than the server allows. Give less at a time.";
}

/// Why nobody registers or signs in so.
std::string sentence_of_entry(ErrorCode code) {
    switch (code) {
        case ErrorCode::handle_taken:
            return "Somebody else has this handle. Choose another one.";
        case ErrorCode::registration_closed:
            return "This server makes no new accounts. Ask whoever runs it for one.";
        case ErrorCode::invite_required:
            return "This server makes accounts by invite only. Ask for an invite; --invite takes it.";
        case ErrorCode::invite_invalid:
            return "The invite is unknown, used up or expired. Ask for a new one; --invite takes it.";
        default:
            return "Handle and password do not fit. Check both and try again.";
    }
}

/// Why nobody joins by an invite link.
std::string sentence_of_link(ErrorCode code) {
    if (code == ErrorCode::link_over)
        return "This invite link has ended: its time is over, or it was used as often as it may be. Ask for "
               "a new one.";
    if (code == ErrorCode::link_barred)
        return "You were removed from this group: no link leads back into it. One of its members has to add "
               "you.";
    return "There is no such invite link, or not any more. Ask whoever gave it to you for a new one.";
}

std::string sentence_of_message(ErrorCode code) {
    if (code == ErrorCode::message_deleted) return "The message was deleted for everyone.";
    return "There is no such message in this conversation, or none that you can see.";
}

/// Who or what is not there, or not to be written to.
std::string sentence_of_subject(ErrorCode code) {
    if (code == ErrorCode::device_not_found) return "There is no such device. See: parley devices";
    if (code == ErrorCode::account_blocked)
        return "You have blocked this person. To write, unblock first: parley unblock @HANDLE";
    return "There is no such person on this server.";
}

/// Of the codes of which there is but one thing to say.
std::string sentence_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::malformed:
            return "The server could not read this. Update parley, or tell whoever runs the server.";
        case ErrorCode::unknown_type:
            return "The server is too old for this. Ask whoever runs it for an update.";
        case ErrorCode::invalid:
            return "This cannot be accepted. Check what you gave and try again.";
        case ErrorCode::too_large:
            return "This is too much for the server at once. Give less at a time.";
        case ErrorCode::not_allowed:
            return "You may not do this.";
        case ErrorCode::id_reused:
            return "The server has something else under the id that this was sent with, and did not take it. "
                   "Give the command again, which makes a new id.";
        case ErrorCode::follows_refused:
            return "What was to come before this was refused (parley outbox), so that it waits. Send that "
                   "again, or forget it.";
        case ErrorCode::made_by_refused:
            return "This conversation was not made, since that was refused. See: parley outbox";
        case ErrorCode::unavailable:
            return "The server cannot do this now. Try again in a while.";
        case ErrorCode::too_old:
            return "This device was away for too long, and fetches everything anew. Try again.";
        case ErrorCode::credentials:
        case ErrorCode::handle_taken:
        case ErrorCode::registration_closed:
        case ErrorCode::invite_required:
        case ErrorCode::invite_invalid:
            return sentence_of_entry(code);
        case ErrorCode::refresh_reused:
        case ErrorCode::revoked:
        case ErrorCode::token_invalid:
        case ErrorCode::token_expired:
        case ErrorCode::not_signed_in:
            return "This device is signed out. Sign in with: parley login HANDLE --server ADDRESS";
        case ErrorCode::conversation_not_member:
            return "You are not in this conversation.";
        case ErrorCode::draft_superseded:
            return "Another draft was written there meanwhile, on another device: parley draft CONVERSATION "
                   "shows it. To put this one in its place, say it once more.";
        case ErrorCode::damaged:
            return "The server's database is damaged where it keeps this. Whoever runs it has to restore a "
                   "backup.";
        case ErrorCode::conversation_last_owner:
            return "You are its only owner, and a group always has one. First give it to somebody else: "
                   "parley transfer CONVERSATION @HANDLE";
        case ErrorCode::conversation_kind:
            return "This is for groups only: a direct conversation has no title, and always the same two "
                   "people.";
        case ErrorCode::account_blocked:
        case ErrorCode::account_not_found:
        case ErrorCode::device_not_found:
            return sentence_of_subject(code);
        case ErrorCode::message_not_found:
        case ErrorCode::message_deleted:
            return sentence_of_message(code);
        case ErrorCode::link_unknown:
        case ErrorCode::link_over:
        case ErrorCode::link_barred:
            return sentence_of_link(code);
        case ErrorCode::limit:
        case ErrorCode::internal:
        case ErrorCode::rate_limited:
        case ErrorCode::slow_mode:
        case ErrorCode::disk_full:
            break;
    }
    return {};
}

/// Of what was to be forwarded.
std::string sentence_of_forwarding(ErrorCode code) {
    switch (code) {
        case ErrorCode::message_deleted:
            return "What was to be forwarded was deleted meanwhile.";
        case ErrorCode::message_not_found:
            return "What was to be forwarded is not there, or you cannot see it.";
        default:
            return "You cannot see the conversation any more of which something was to be forwarded.";
    }
}

std::string sentence_of(const Error& error, Machine machine) {
    switch (error.code) {
        case ErrorCode::limit:
            return sentence_of_limit(error.field);
        case ErrorCode::internal:
            return machine == Machine::this_one
                       ? "Something failed on this device. Try again; if it stays so, parley report saves "
                         "what happened."
                       : "Something failed in the server, whose log says what. Try again; if it stays so, "
                         "tell whoever runs it.";
        case ErrorCode::rate_limited:
            return "Too many attempts. Try again in " +
                   (error.retry_after_ms > 0 ? how_long(milliseconds(error.retry_after_ms)) : "a while") +
                   ".";
        case ErrorCode::slow_mode:
            return "This group is in slow mode. Your next message is taken in " +
                   how_long(milliseconds(error.retry_after_ms)) + ".";
        case ErrorCode::disk_full:
            return machine == Machine::this_one
                       ? "The disk of this machine is full. Make room and try again."
                       : "The server's disk is full: whoever runs it has to make room.";
        default:
            return sentence_of(error.code);
    }
}

/// Whether the context says more of this one case than the sentence does.
bool tells_more(ErrorCode code) {
    switch (code) {
        case ErrorCode::malformed:
        case ErrorCode::unknown_type:
        case ErrorCode::unavailable:
        case ErrorCode::internal:
            return true;
        default:
            return false;
    }
}

/// What the code's context says; where it lacks its subject, the field is that, as people call it.
std::string whole(const std::string& context, const std::string& field) {
    const bool lacks_subject =
        std::ranges::any_of(std::array{"must ", "may ", "is ", "has "},
                            [&](std::string_view word) { return context.starts_with(word); });
    if (!lacks_subject || field.empty()) return context;
    std::string subject = field;
    std::ranges::replace(subject, '_', ' ');
    return "the " + subject + " " + context;
}

ExitCode exit_code_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::account_not_found:
        case ErrorCode::device_not_found:
        case ErrorCode::conversation_not_member:
        case ErrorCode::message_not_found:
        case ErrorCode::message_deleted:
        case ErrorCode::link_unknown:
        case ErrorCode::link_over:
            return ExitCode::not_found;
        default:
            return class_of(code) == ErrorClass::sign_in ? ExitCode::signed_out : ExitCode::failed;
    }
}

}  // namespace

std::string_view name_of(ExitCode code) {
    switch (code) {
        case ExitCode::done:
            return "done";
        case ExitCode::failed:
            break;
        case ExitCode::usage:
            return "usage";
        case ExitCode::signed_out:
            return "signed_out";
        case ExitCode::not_found:
            return "not_found";
        case ExitCode::queued:
            return "queued";
        case ExitCode::busy:
            return "busy";
        case ExitCode::unreachable:
            return "unreachable";
        case ExitCode::interrupted:
            return "interrupted";
    }
    return "failed";
}

Problem problem_of(const Error& error, Machine machine) {
    const bool of_forward = error.field == "forward" && exit_code_of(error.code) == ExitCode::not_found;
    std::string sentence = of_forward ? sentence_of_forwarding(error.code) : sentence_of(error, machine);
    // The context may come from the server: it is as little trusted as any text. Where it is but the schema's
    // sentence about the code, which is meant for developers, it says nothing of this case.
    const bool has_context = error.context != parley::sentence(error.code);
    std::string context =
        has_context ? whole(harmless_line(error.context), harmless_line(error.field)) : std::string();
    while (context.ends_with('.'))
        context.pop_back();
    if (!context.empty()) {
        if (error.code == ErrorCode::invalid) sentence = "This cannot be accepted: " + context + ".";
        if (error.code == ErrorCode::not_allowed && error.field == "message") {
            sentence = "Nobody may do this: " + context + ".";
        } else if (error.code == ErrorCode::not_allowed) {
            const bool of_all = error.field == "entities";
            sentence =
                (of_all ? "You may not name everybody at once: " : "You may not do this: ") + context + ".";
            if (of_all) sentence += " As a mere text it goes out with --plain.";
        }
        if (tells_more(error.code)) sentence += " (" + context + ")";
    }
    return {exit_code_of(error.code), std::move(sentence), error.code};
}

std::string problem_of_place(const std::string& text) {
    std::int64_t place = 0;
    const char* const end = text.data() + text.size();
    const auto [after, error] = std::from_chars(text.data(), end, place);
    const bool number = !text.empty() && text.front() != '-' && after == end && error == std::errc() &&
                        place <= protocol::int_max;
    return number ? ""
                  : "\"" + harmless_line(text) + "\" is no place: that is a whole number, `born` in --json";
}

}  // namespace parley::client::cli
