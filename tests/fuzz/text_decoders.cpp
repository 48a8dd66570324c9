// What becomes of texts that people write: emoji, data of applications, lengths and moments of the command
// line, and the file of settings.

#include "base/utf8.hpp"
#include "client/cli/moments.hpp"
#include "client/cli/text.hpp"
#include "core/rules/custom.hpp"
#include "core/rules/emoji.hpp"
#include "core/rules/text.hpp"
#include "protocol/codec.hpp"
#include "server/config.hpp"
#include "tests/fuzz/decoder.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

namespace parley::fuzz {

namespace {

void check_emoji(std::string_view bytes) {
    const auto checked = core::rules::check_emoji(bytes);
    if (!checked) return must(!checked.error().context.empty(), "a refusal says why");
    must(count_code_points(bytes).has_value() && bytes.find('\0') == std::string_view::npos,
         "an emoji is UTF-8, and all of it is the emoji");
}

void check_names(std::string_view bytes) {
    if (core::rules::check_handle(bytes)) {
        must(std::ranges::all_of(bytes, [](char c) { return c > 0x20 && c < 0x7f; }), "a handle is ASCII");
        must(client::cli::without_at("@" + std::string(bytes)) == bytes, "an @ before a handle goes");
    }
    if (core::rules::check_name(bytes, "name")) {
        must(client::cli::harmless_line(bytes).find('\n') == std::string::npos, "a name is one line");
        must(!client::cli::is_blank(bytes), "something of a name can be seen");
    }
    if (core::rules::check_message_text(bytes)) must(count_code_points(bytes).has_value(), "a text is UTF-8");
}

/// Behind the first line, which is the kind, stands the data: what is taken comes out as it went in, whatever
/// it is wrapped in.
void check_custom(std::string_view bytes) {
    const std::size_t end = bytes.find('\n');
    if (end == std::string_view::npos) return;
    protocol::MessageNew row{.sender = AccountId("a"), .text = {}};
    row.custom = protocol::Custom{.kind = std::string(bytes.substr(0, end)),
                                  .data = std::string(bytes.substr(end + 1))};
    const bool kind = core::rules::check_kind(row.custom->kind).has_value();
    if (kind) must(row.custom->kind.find('.') != std::string::npos, "a kind has parts");
    if (!kind || !core::rules::check_data(row.custom->data)) return;
    for (const auto encoding : {protocol::Encoding::json, protocol::Encoding::cbor}) {
        const std::string encoded = protocol::encode(row, encoding);
        must(encoded.size() < 40'000, "it fits into a frame, with all that may stand beside it");
        const auto again = protocol::decode<protocol::MessageNew>(encoded, encoding);
        must(again.has_value() && *again == row, "data is carried byte for byte");
    }
}

/// Nothing that anybody writes reaches a terminal as more than characters.
void check_shown_text(std::string_view bytes) {
    if (!count_code_points(bytes)) return;
    constexpr std::size_t width = 20;
    for (const std::string& shown : {client::cli::harmless_line(bytes), client::cli::harmless_block(bytes, 4),
                                     client::cli::first_columns(client::cli::harmless_line(bytes), width)}) {
        must(count_code_points(shown).has_value(), "what is shown is UTF-8");
        must(std::ranges::none_of(shown, [](char c) { return c == '\x1b' || c == '\r' || c == '\x7f'; }),
             "nothing shown commands a terminal");
    }
    must(client::cli::columns(client::cli::first_columns(client::cli::harmless_line(bytes), width)) <= width,
         "what was cut fits");
}

void check_length(std::string_view bytes) {
    const auto length = client::cli::length_named(bytes);
    must(length.has_value() == client::cli::problem_of_length(std::string(bytes)).empty(),
         "what is no length has a problem");
    if (length) must(*length > Duration{} && *length <= seconds(std::int64_t{3650} * 24 * 3600), "in range");
}

void check_moment(std::string_view bytes) {
    constexpr WallTime now{1'700'000'000'000};
    const auto moment = client::cli::moment_named(bytes, now);
    must(moment.has_value() == client::cli::problem_of_moment(std::string(bytes)).empty(),
         "what is no moment has a problem");
    // A time without a day is the next one.
    if (moment && bytes.size() == 5) must(*moment > now, "the next one is yet to come");
}

/// The settings of a file, which is in memory alone.
class SettingsFile {
  public:
    explicit SettingsFile(std::string_view text) : descriptor_(::memfd_create("settings", MFD_CLOEXEC)) {
        must(descriptor_ >= 0 &&
                 ::write(descriptor_, text.data(), text.size()) == static_cast<ssize_t>(text.size()),
             "there is memory for a file");
    }
    ~SettingsFile() { ::close(descriptor_); }
    SettingsFile(const SettingsFile&) = delete;
    SettingsFile& operator=(const SettingsFile&) = delete;

    Result<server::Settings> load() const {
        return server::load_settings({.file = "/proc/self/fd/" + std::to_string(descriptor_)});
    }

  private:
    int descriptor_;
};

void check_settings(std::string_view bytes) {
    const auto settings = SettingsFile(bytes).load();
    if (!settings) return must(!settings.error().context.empty(), "a refusal says why");
    const std::string printed = server::print_settings(*settings);
    const auto again = SettingsFile(printed).load();
    must(again.has_value() && server::print_settings(*again) == printed, "settings read as they are printed");
}

}  // namespace

std::vector<Decoder> text_decoders() {
    using Seeds = std::vector<std::string>;
    return {
        {"emoji", check_emoji,
         [] {
             return Seeds{"👍", "👍🏽", "❤️", "1️⃣", "🇩🇪", "👩‍👩‍👧", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"};
         }},
        {"names", check_names,
         [] {
             return Seeds{"ada", "a.b-c_9", "Ada Lovelace", "\xe2\x80\xae", "a\xcc\x81"};
         }},
        {"custom", check_custom,
         [] {
             return Seeds{"org.example.poll\n{\"n\": [1.50, 2e3, null]}", "a.b\n\"\\ud83d\\ude42\"",
                          "a.b-c_9\n[[[[[[]]]]]]", "poll\n1", "a.b\n01"};
         }},
        {"shown_text", check_shown_text,
         [] {
             return Seeds{"\x1b[31mred\nline\ttab", "\xe2\x80\xaeright\xe2\x80\xac", "日本語👍🏽"};
         }},
        {"length", check_length,
         [] {
             return Seeds{"30m", "8h", "2d", "1w", "521w"};
         }},
        {"moment", check_moment,
         [] {
             return Seeds{"18:00", "2030-12-24", "2030-12-24 18:00", "2024-02-29 23:59"};
         }},
        {"settings", check_settings,
         [] {
             return Seeds{server::print_settings({}), "[listen]\nport = 1\norigins = ['https://a.example']\n",
                          "registration = \"open\"\n[log]\nlevel = \"debug\"\n", "[listen\n", "port = 1\n"};
         }},
    };
}

}  // namespace parley::fuzz
