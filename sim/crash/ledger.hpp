#pragma once

#include "server/domain/batch.hpp"
#include "sim/crash/facts.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace parley::sim::crash {

class Complaints;  // sim/crash/complaints.hpp

/// Whose command.
using CommandName = std::pair<std::int64_t, Uuid>;

/// What the ledger counted.
struct Told {
    std::int64_t rows = 0;
    std::int64_t messages = 0;
    std::int64_t edits = 0;
    std::int64_t deletions = 0;
    /// Those taken back included.
    std::int64_t reactions = 0;
    /// Those of what was pinned before included.
    std::int64_t pins = 0;
    /// Members who came, went or got another role, titles and permissions.
    std::int64_t arrangements = 0;
    /// Preferences and drafts.
    std::int64_t own_settings = 0;
    std::int64_t commands = 0;
    std::int64_t refusals = 0;
    std::int64_t repeats = 0;
};

/// Each of these with its name.
inline constexpr std::array told_numbers{
    std::pair{"rows", &Told::rows},
    std::pair{"messages", &Told::messages},
    std::pair{"edits", &Told::edits},
    std::pair{"deletions", &Told::deletions},
    std::pair{"reactions", &Told::reactions},
    std::pair{"pins", &Told::pins},
    std::pair{"arrangements", &Told::arrangements},
    std::pair{"own_settings", &Told::own_settings},
    std::pair{"commands", &Told::commands},
    std::pair{"refusals", &Told::refusals},
    std::pair{"repeats", &Told::repeats},
};

/// All that a store has answered or told since it was made, as the world outside remembers it: what was
/// acknowledged must be there after any crash, with the same numbers. It decides nothing itself, so that
/// nothing of the product's own judgement is in it.
class Ledger {
  public:
    // Getters.
    const Heads& heads() const { return heads_; }
    const Told& told() const { return told_; }
    bool knows(const CommandName& name) const { return answers_.contains(name); }
    /// Place of an acknowledged or found message; 0: not known.
    std::int64_t born_of(const CommandName& message) const;
    std::int64_t head_of(std::int64_t stream) const;
    /// The newest state of each row, by stream and `born`.
    const RowFacts* row(std::int64_t stream, std::int64_t born) const;
    /// What this message said before, in order; null where it was never edited, or is deleted.
    const std::vector<RowFacts>* earlier(const RowPlace& place) const;

    // Input. Each answers with what is wrong, one sentence each.
    /// What one transaction answered and told.
    std::vector<std::string> take(std::span<const server::Work> works, const server::Batch& batch);
    /// Somebody was told that the command is done, and not where.
    void promise(const CommandName& name) { promised_.insert(name); }
    /// Holds a store's file against everything, as of the heads that the file has; none may be below `least`.
    std::vector<std::string> differences(const StoredFile& file, const Heads& least) const;
    /// A transaction that nobody was told of has survived: what it wrote counts from here on. `differences`
    /// found none.
    void adopt(const StoredFile& file);

  private:
    struct Number {
        RowFacts row;
        /// False: given to a change that nobody saw, since a later one of its row came in the same
        /// transaction.
        bool seen = false;
    };
    struct Book {
        std::vector<Number> numbers;                            // by seq, from 1 on
        std::unordered_map<std::int64_t, std::int64_t> newest;  // seq by born

        std::int64_t head() const { return static_cast<std::int64_t>(numbers.size()); }
        void add(const RowFacts& row);
    };
    void take_change(std::int64_t stream, const protocol::Change& change, Complaints& out);
    /// A message that has become another: what it said before is kept, or gone with it.
    void take_superseded(std::int64_t stream, const RowFacts& next);
    void count(const protocol::Change& change);
    /// `moved`: some position of a reader, with this work.
    void take_answer(const server::Work& work, const Result<server::Answer>& answer, bool moved,
                     Complaints& out);
    void take_message_answer(const CommandName& name, const server::Answer& answer, Complaints& out);
    void take_effect(const server::Effect& effect, Complaints& out);
    void compare_rows(std::int64_t stream, const Book& book, const StoredFile& file, Complaints& out) const;
    void compare_new_rows(std::int64_t stream, const Book& book, const StoredFile& file,
                          Complaints& out) const;
    void compare_earlier(const StoredFile& file, Complaints& out) const;
    void compare_earlier(const RowPlace& at, const StoredFile& file, Complaints& out) const;
    /// Roles and permissions, where nothing has come to a group since.
    void compare_rights(const StoredFile& file, Complaints& out) const;
    /// What was told of people: positions, tokens that were given out, devices that were signed out.
    void compare_people(const StoredFile& file, Complaints& out) const;

    struct Place {
        std::int64_t stream = 0;
        std::int64_t born = 0;
        friend bool operator==(const Place&, const Place&) = default;
    };
    struct NameHash {
        std::size_t operator()(const CommandName& name) const noexcept {
            return std::hash<Uuid>{}(name.second) ^ static_cast<std::size_t>(name.first);
        }
    };
    struct Receipt {
        std::int64_t read = 0;
        std::int64_t delivered = 0;
    };

    Heads heads_;
    Told told_;
    std::map<std::int64_t, Book> books_;
    std::unordered_map<CommandName, Place, NameHash> messages_;
    std::unordered_map<CommandName, server::Answer, NameHash> answers_;
    std::set<CommandName> promised_;
    std::map<RowPlace, std::vector<RowFacts>> earlier_;
    std::map<std::pair<std::int64_t, std::int64_t>, Receipt> receipts_;    // by conversation and account
    std::map<std::pair<std::int64_t, std::int64_t>, std::int64_t> roles_;  // by conversation and account
    std::map<std::int64_t, std::int64_t> permissions_;                     // by conversation
    std::map<std::int64_t, std::int64_t> refresh_numbers_;                 // by device
    std::set<std::int64_t> revoked_;
};

}  // namespace parley::sim::crash
