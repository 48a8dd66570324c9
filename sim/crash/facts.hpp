#pragma once

#include "base/uuid.hpp"
#include "protocol/generated/cpp/changes.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::sim::crash {

/// A row as both the ledger and the file say it; its content by a digest.
struct RowFacts {
    std::int64_t born = 0;
    std::int64_t seq = 0;
    std::int64_t kind = 0;
    std::int64_t at = 0;
    /// Of a message.
    std::int64_t author = 0;
    std::optional<Uuid> id;
    std::uint64_t body = 0;

    friend bool operator==(const RowFacts&, const RowFacts&) = default;
};

std::uint64_t digest_of(std::string_view body);
/// As it was told to people. `author` counts where the row is a message.
RowFacts facts_of(const protocol::Change& change, std::int64_t author);

/// How far the streams stood at one moment.
struct Heads {
    std::int64_t position = 0;
    std::map<std::int64_t, std::int64_t> of_stream;
    /// How many transactions the ledger has seen which moved no stream: tokens were renewed, nothing else. A
    /// file does not say.
    std::int64_t unplaced = 0;
};

struct StoredMember {
    std::int64_t conversation = 0;
    std::int64_t account = 0;
    bool present = false;
    bool owner = false;
    std::int64_t read = 0;
    std::int64_t delivered = 0;
    /// By the store's own counters.
    std::int64_t unread = 0;
};

struct StoredDevice {
    std::int64_t key = 0;
    std::int64_t account = 0;
    bool present = false;
    std::int64_t refresh_number = 0;
};

/// All that a store's file says, read without any of the store's code.
struct StoredFile {
    Heads heads;
    /// Rows of each stream in order of `born`.
    std::map<std::int64_t, std::vector<RowFacts>> rows;
    std::vector<StoredMember> members;
    std::vector<StoredDevice> devices;
    /// When each account was a member, by conversation and account: numbers from and up to, both included.
    std::map<std::pair<std::int64_t, std::int64_t>, std::vector<std::pair<std::int64_t, std::int64_t>>>
        intervals;
    /// The two of each direct conversation.
    std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> directs;
    /// What does not agree within the file, one sentence each.
    std::vector<std::string> complaints;
};

}  // namespace parley::sim::crash
