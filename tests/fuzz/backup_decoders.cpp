// What a restore makes of the file that somebody calls a backup, and what a server makes of what was
// restored.

#include "server/store/backup.hpp"
#include "server/store/copies_sqlite.hpp"
#include "server/store/sqlite_store.hpp"
#include "tests/contract/store_world.hpp"
#include "tests/fuzz/decoder.hpp"
#include "tests/support/temporary_folder.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace parley::fuzz {

namespace {

using server::test::Person;
using server::test::StoreWorld;
using server::test::TestHost;

constexpr WallTime moment{1'790'000'000'000};

Result<std::unique_ptr<server::Store>> open_store(const std::filesystem::path& folder, TestHost& host) {
    static const server::Rules rules{.registration = server::Registration::open};
    return server::open_sqlite_store({.directory = folder, .ballast_bytes = 0}, rules, host);
}

/// A backup of a store in which two people talked, and those two.
struct Base {
    std::string file;
    Person ann;
    Person bob;
};

const Base& base() {
    static const Base made = [] {
        const test::TemporaryFolder folder;
        TestHost host;
        auto store = open_store(folder.path(), host);
        must(store.has_value(), "a store begins in an empty folder");
        StoreWorld world(**store);
        Base result{.file = {}, .ann = world.person("ann"), .bob = world.person("bob")};
        for (const char* text : {"one", "two", "three"})
            must(world.send_direct(result.ann, result.bob, text).has_value(), "what is sent is kept");
        must((*store)->close().has_value(), "a store ends in order");
        store->reset();
        const std::string copy = folder.path() / "copy";
        must(server::back_up_closed({.directory = folder.path(), .file = copy}).has_value(),
             "it can be copied");
        result.file = server::copies::content_of(copy);
        return result;
    }();
    return made;
}

/// A good backup with pieces of the input laid over it, so that what is tried lies behind SQLite's first look
/// at a file: each piece has its place (three bytes), its length (one, up to 63), and its bytes. A place
/// beyond the end cuts the file off there.
std::string damaged(std::string_view bytes) {
    std::string file = base().file;
    while (bytes.size() > 4) {
        std::size_t place = 0;
        for (std::size_t i = 0; i < 3; ++i)
            place = place << 8U | static_cast<std::uint8_t>(bytes[i]);
        const std::string_view piece = bytes.substr(
            4, std::min<std::size_t>(static_cast<std::uint8_t>(bytes[3]) % 64, bytes.size() - 4));
        bytes.remove_prefix(4 + piece.size());
        if (place >= file.size()) {
            file.resize(place % (base().file.size() + 1));
        } else {
            file.replace(place, std::min(piece.size(), file.size() - place), piece);
        }
    }
    return file;
}

/// It is restored, or refused with a reason; a server that opens what was restored answers, whatever it says.
void check_backup(std::string_view bytes) {
    const test::TemporaryFolder folder;
    const std::string copy = folder.path() / "copy";
    std::ofstream(copy, std::ios::binary) << damaged(bytes);
    TestHost host;
    const std::string data = folder.path() / "data";
    std::filesystem::create_directory(data);
    const auto report = server::restore({.directory = data, .file = copy}, host, moment);
    if (!report) return must(!report.error().context.empty(), "a refusal says why");
    must(report->rows >= 0 && report->bad_rows >= 0 && report->epoch > 0, "a report counts");
    auto store = open_store(data, host);
    if (!store) return must(!store.error().context.empty(), "a refusal says why");
    (void)(*store)->check();
    constexpr int slices_max = 100;
    for (int slice = 0; slice < slices_max; ++slice) {
        const auto scrubbed = (*store)->scrub(100);
        if (!scrubbed || scrubbed->round_ended) break;
    }
    StoreWorld world(**store);
    (void)world.send_direct(base().ann, base().bob, "after");
    if (!(*store)->broken()) must((*store)->close().has_value(), "a store that is not broken ends in order");
}

}  // namespace

std::vector<Decoder> backup_decoders() {
    return {{"backup", check_backup, [] {
                 using namespace std::string_literals;
                 return std::vector<std::string>{"\0\0\0\0"s,
                                                 "\0\x10\0\x04"
                                                 "abcd"s,
                                                 "\0\0\x1c\x04\0\0\0\x7f"s, "\xff\0\0\1x"s};
             }}};
}

}  // namespace parley::fuzz
