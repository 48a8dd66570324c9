#include "client/cli/problem.hpp"

#include "client/cli/text.hpp"
#include "protocol/field.hpp"
#include "protocol/generated/cpp/errors.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <system_error>

namespace parley::client::cli {

namespace {

/// "40 seconds", "3 minutes"; never too short.
std::string how_long(std::int64_t ms) {
    if (ms <= 0) return "a while";
    const std::int64_t seconds = (ms + 999) / 1000;
    const bool short_time = seconds < 120;
    const std::int64_t count = short_time ? seconds : (seconds + 59) / 60;
    return std::to_string(count) + (short_time ? " second" : " minute") + (count == 1 ? "" : "s");
}

/// What to do, for the codes where the schema's sentence, meant for developers, does not say it.
std::string advice(const Error& error, Machine machine) {
    switch (error.code) {
        case ErrorCode::credentials:
            return "Handle and password do not fit. Check both and try again.";
        case ErrorCode::handle_taken:
            return "Somebody else has this handle. Choose another one.";
        case ErrorCode::registration_closed:
            return "This server makes no new accounts. Ask whoever runs it for one.";
        case ErrorCode::invite_required:
            return "This server makes accounts by invite only. Ask for an invite; --invite takes it.";
        case ErrorCode::invite_invalid:
            return "The invite is unknown, used up or expired. Ask for a new one; --invite takes it.";
        case ErrorCode::refresh_reused:
        case ErrorCode::revoked:
        case ErrorCode::token_invalid:
        case ErrorCode::token_expired:
        case ErrorCode::not_signed_in:
            return "This device is signed out. Sign in with: parley login HANDLE --server ADDRESS";
        case ErrorCode::rate_limited:
            return "Too many attempts. Try again in " + how_long(error.retry_after_ms) + ".";
        case ErrorCode::disk_full:
            return machine == Machine::this_one
                       ? "The disk of this machine is full. Make room and try again."
                       : "The server's disk is full: whoever runs it has to make room.";
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
        case ErrorCode::account_not_found:
            return "There is no such person on this server.";
        case ErrorCode::message_not_found:
            return "There is no such message in this conversation, or none that you can see.";
        case ErrorCode::message_deleted:
            return "The message was deleted for everyone.";
        case ErrorCode::device_not_found:
            return "There is no such device. See: parley devices";
        default:
            return {};
    }
}

/// What the code's context says; where it lacks its subject, the field is that.
std::string whole(const std::string& context, const std::string& field) {
    const bool lacks_subject =
        std::ranges::any_of(std::array{"must ", "may ", "is ", "has "},
                            [&](std::string_view word) { return context.starts_with(word); });
    return lacks_subject && !field.empty() ? "the field " + field + " " + context : context;
}

ExitCode exit_code_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::account_not_found:
        case ErrorCode::device_not_found:
        case ErrorCode::conversation_not_member:
        case ErrorCode::message_not_found:
        case ErrorCode::message_deleted:
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
    std::string sentence = advice(error, machine);
    // The context may come from the server: it is as little trusted as any text.
    const std::string field = harmless_line(error.field);
    std::string context = whole(harmless_line(error.context), field);
    while (context.ends_with('.'))
        context.pop_back();
    if (sentence.empty() && error.code == ErrorCode::invalid && !context.empty()) {
        sentence = "This cannot be accepted: " + context + ".";
    } else if (error.code == ErrorCode::not_allowed) {
        sentence = "You may not do this" + (context.empty() ? "" : ": " + context) + ".";
    } else if (sentence.empty()) {
        sentence = std::string(parley::sentence(error.code));
        if (!context.empty()) sentence += " (" + context + ")";
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
