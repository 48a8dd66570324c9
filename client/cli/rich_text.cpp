#include "client/cli/rich_text.hpp"

#include "base/utf8.hpp"
#include "client/cli/text.hpp"
#include "core/rules/entities.hpp"
#include "core/rules/permissions.hpp"
#include "protocol/codec.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

namespace parley::client::cli {

namespace {

using protocol::Entity;
using protocol::EntityKind;

constexpr std::string_view cover = "▒";
constexpr std::string_view bar = "│ ";

using Handles = std::unordered_map<std::string, AccountId>;

Handles handles_in(Session& session, const Place& place) {
    Handles handles;
    if (place.view && place.view->summary.peer)
        handles.emplace(place.view->summary.peer->handle, place.view->summary.peer->account);
    if (!place.stream) return handles;
    const auto members = session.members(*place.stream);
    if (!members) return handles;
    for (const auto& member : *members)
        if (member.present) handles.insert_or_assign(member.profile.handle, member.profile.account);
    return handles;
}

/// As SGR (ECMA-48) numbers them.
std::string_view code_of(EntityKind kind) {
    switch (kind) {
        case EntityKind::bold:
            return "1";
        case EntityKind::italic:
            return "3";
        case EntityKind::strike:
            return "9";
        case EntityKind::link:
            return "4";
        case EntityKind::code:
        case EntityKind::code_block:
            return "36";
        case EntityKind::mention:
        case EntityKind::everyone:
        case EntityKind::here:
            return "1;34";
        case EntityKind::quote:
        case EntityKind::spoiler:
            return "";
    }
    return "";
}

/// Goes through a text that its entities fit.
class Block {
  public:
    Block(const Terminal& terminal, const Shown& shown, std::size_t indent)
        : terminal_(terminal), shown_(shown), indent_(indent) {}

    std::string take() {
        std::string_view left = shown_.text;
        for (std::int64_t at = 0;; ++at) {
            close(at, left);
            open(at, left);
            if (left.empty()) break;
            const std::string_view before = left;
            if (take_code_point(left) == '\n')
                end_line();
            else
                piece_ += covered() ? cover : before.substr(0, before.size() - left.size());
        }
        flush();
        return std::move(out_);
    }

  private:
    bool covered() const { return !shown_.spoilers && is_open(EntityKind::spoiler); }
    bool is_open(EntityKind kind) const {
        return std::ranges::find(open_, kind, [](const Entity* one) { return one->kind; }) != open_.end();
    }

    void open(std::int64_t at, std::string_view left) {
        for (; next_ < shown_.entities.size() && shown_.entities[next_].offset == at; ++next_) {
            flush();
            open_.push_back(&shown_.entities[next_]);
            if (open_.back()->kind == EntityKind::quote) out_ += terminal_.dim(bar);
            if (open_.back()->kind == EntityKind::link) link_from_ = left;
        }
    }

    void close(std::int64_t at, std::string_view left) {
        while (!open_.empty() && core::rules::end_of(*open_.back()) == at) {
            flush();
            const Entity& done = *open_.back();
            open_.pop_back();
            if (done.kind != EntityKind::link || covered()) continue;
            const std::string_view said = link_from_.substr(0, link_from_.size() - left.size());
            if (said != *done.url) out_ += terminal_.dim(" (" + harmless_line(*done.url) + ")");
        }
    }

    void end_line() {
        flush();
        out_ += '\n' + std::string(indent_, ' ');
        if (is_open(EntityKind::quote)) out_ += terminal_.dim(bar);
    }

    void flush() {
        if (piece_.empty()) return;
        std::string codes;
        for (const Entity* one : open_) {
            const auto code = code_of(one->kind);
            if (!code.empty()) codes.append(codes.empty() ? "" : ";").append(code);
        }
        const std::string harmless = harmless_block(std::exchange(piece_, {}), 0);
        out_ += codes.empty() ? harmless : terminal_.styled(codes, harmless);
    }

    const Terminal& terminal_;
    const Shown& shown_;
    std::size_t indent_;
    std::size_t next_ = 0;
    std::vector<const Entity*> open_;
    std::string_view link_from_;
    std::string piece_;
    std::string out_;
};

bool fits(const Shown& shown) {
    return core::rules::check_entities({.text = shown.text, .mentions = {}, .entities = shown.entities})
        .has_value();
}

}  // namespace

core::rules::MarkdownNames names_in(Session& session, const Place& place) {
    core::rules::MarkdownNames names;
    // Shared by the copies of the function.
    const auto known = std::make_shared<std::optional<Handles>>();
    names.member = [&session, place, known](std::string_view handle) -> std::optional<AccountId> {
        if (!*known) *known = handles_in(session, place);
        const auto found = (*known)->find(std::string(handle));
        return found == (*known)->end() ? std::nullopt : std::optional(found->second);
    };
    // In a group that is only being made one is its owner; a direct conversation has two.
    names.all = true;
    if (place.view) {
        const auto& summary = place.view->summary;
        names.all = core::rules::may(summary.kind, summary.permissions.value_or(protocol::Permissions{}),
                                     summary.role, core::rules::Act::mention_all)
                        .has_value();
    }
    return names;
}

std::string styled_block(const Terminal& terminal, const Shown& shown, std::size_t indent) {
    // What breaks the rule is a text, and nothing more.
    if (shown.entities.empty() || !fits(shown)) return harmless_block(shown.text, indent);
    return Block(terminal, shown, indent).take();
}

std::string plain_line(const Shown& shown) {
    std::string line;
    std::int64_t at = 0;
    for (std::string_view left = shown.text; !left.empty(); ++at) {
        const std::string_view before = left;
        take_code_point(left);
        const bool covered = !shown.spoilers && std::ranges::any_of(shown.entities, [&](const Entity& one) {
            return one.kind == EntityKind::spoiler && one.offset <= at && at < core::rules::end_of(one);
        });
        line += covered ? cover : before.substr(0, before.size() - left.size());
    }
    return harmless_line(line);
}

std::vector<std::string> objects_of(std::span<const Entity> entities) {
    std::vector<std::string> objects;
    objects.reserve(entities.size());
    for (const Entity& one : entities)
        objects.push_back(protocol::encode(one, protocol::Encoding::json));
    return objects;
}

std::string markdown_of(Directory& directory, const StreamId& stream, const protocol::ViewMessage& message) {
    core::rules::MarkdownNames names{.member = {}, .all = true};
    Handles handles;
    for (const Entity& one : message.entities)
        if (one.account) handles.emplace(directory.sender(stream, *one.account).handle, *one.account);
    names.member = [&handles](std::string_view handle) -> std::optional<AccountId> {
        const auto found = handles.find(std::string(handle));
        return found == handles.end() ? std::nullopt : std::optional(found->second);
    };
    return core::rules::print_markdown(message.text, message.entities, names);
}

}  // namespace parley::client::cli
