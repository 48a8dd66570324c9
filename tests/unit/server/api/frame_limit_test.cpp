#include "tests/unit/server/api/world.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace parley::server::test {
namespace {

using testing::Each;
using testing::Le;
using testing::SizeIs;

std::string repeated(std::string_view text, std::int64_t times) {
    std::string made;
    for (std::int64_t i = 0; i < times; ++i)
        made += text;
    return made;
}

/// Four bytes a character, the most that a name may have; the others have six in JSON and one in CBOR.
const std::string heavy_name = repeated("🙂", limits::name_points_max);
const std::string heavy_avatar(std::size_t{limits::avatar_chars_max}, '\x02');
const std::string heavy_text(std::size_t{limits::text_points_max}, '\x03');
constexpr std::size_t frame_bytes_max = limits::frame_bytes_max;

/// As many as there can be, and as long: each where its place takes most digits.
std::vector<protocol::Entity> heavy_entities() {
    const std::string url = "https://" + std::string(limits::url_bytes_max - 8, 'x');
    std::vector<protocol::Entity> heavy;
    for (std::int64_t i = 0; i < limits::entities_max; ++i) {
        protocol::Entity one{.kind = protocol::EntityKind::everyone,
                             .offset = limits::text_points_max - limits::entities_max + i,
                             .length = 1};
        if (i < limits::entity_bytes_max / limits::url_bytes_max) {
            one.kind = protocol::EntityKind::link;
            one.url = url;
        }
        heavy.push_back(std::move(one));
    }
    return heavy;
}

/// Quotation marks, of which each has a backslash before it in JSON.
protocol::Custom heavy_custom() {
    std::string data = "[";
    while (std::ssize(data) < limits::custom_bytes_max - 6)
        data += R"("",)";
    return {.kind = "a." + std::string(limits::custom_kind_chars_max - 2, 'b'), .data = data + "0]"};
}

/// A conversation in which everything is as long in JSON as it can be.
class FrameLimit : public testing::Test {
  protected:
    static constexpr int people = 60;

    FrameLimit() {
        for (int i = 0; i < people; ++i) {
            accounts.push_back(world.person("person" + std::to_string(i)));
            world.call("PATCH", "/v1/profile",
                       protocol::encode(protocol::ProfileSet{.name = heavy_name, .avatar = heavy_avatar},
                                        protocol::Encoding::json),
                       accounts.back().access, world.next_id().text());
        }
        for (const Account& account : accounts) {
            ids.push_back(account.id);
            handles.push_back(account.handle);
        }
        Peer& ada = world.online(accounts.front());
        group = world.group(ada, {accounts.begin() + 1, accounts.end()}, heavy_name);
        for (int i = 0; i < 6; ++i) {
            protocol::MessageSend said = message(group, heavy_text);
            said.mentions.assign(ids.begin(), ids.begin() + limits::mentions_max);
            said.entities = heavy_entities();
            const Uuid heavy = ada.ask(said);
            ada.ask(message(group, "light"));
            world.settle();
            auto forward = message(group, "");
            forward.forward = protocol::ForwardOf{.stream = group, .message = heavy};
            ada.ask(forward);
            said.text = heavy_text.substr(0, limits::fallback_points_max);
            said.custom = heavy_custom();
            ada.ask(said);
            world.settle();
        }
        for (const Account& other : accounts) {
            protocol::MessageSend said = message(group, heavy_text);
            said.target = {.direct = other.id};
            if (other.id != ada_id()) ada.ask(said);
            world.settle();
        }
    }

    const AccountId& ada_id() const { return ids.front(); }

    /// The answer, in one frame of the connection's own.
    protocol::Envelope ask(const protocol::Payload& request) {
        Peer& peer = world.sign_in(accounts.front());
        const auto answer = peer.answer(peer.ask(request));
        EXPECT_THAT(peer.frames, Each(SizeIs(Le(frame_bytes_max)))) << name_of(answer.type());
        return answer;
    }

    World world;
    std::vector<Account> accounts;
    std::vector<AccountId> ids;
    std::vector<std::string> handles;
    StreamId group;
};

TEST_F(FrameLimit, IsKeptByEveryReply) {
    const auto head =
        std::get<protocol::PageOk>(ask(protocol::Page{.stream = group, .before = 0}).payload).as_of;
    for (std::int64_t at = 1; at <= head; ++at) {
        ask(protocol::Page{.stream = group, .before = at});
        ask(protocol::Page{.stream = group, .after = at});
        ask(protocol::Page{.stream = group, .around = at});
        ask(protocol::Changes{.stream = group, .after = at - 1});
    }
    ask(protocol::Page{.stream = group, .from = 1, .to = head});
    ask(protocol::Rows{.stream = group, .kind = protocol::RowKind::member});
    ask(protocol::Rows{.stream = group, .kind = protocol::RowKind::settings});
    ask(protocol::Subscribe{.stream = group, .after = 0});
    ask(protocol::Changes{.stream = StreamId(ada_id().text()), .after = 0});
    ask(protocol::ProfileFind{.handles = handles, .accounts = ids});
    Peer& fresh = world.online(accounts.front());
    EXPECT_GT(fresh.frames.size(), 3u);
    EXPECT_THAT(fresh.frames, Each(SizeIs(Le(frame_bytes_max))));
}

TEST_F(FrameLimit, LeavesNoMessageOutOfThePagesAroundAPlace) {
    const auto whole = [&](std::int64_t around) {
        return std::get<protocol::PageOk>(ask(protocol::Page{.stream = group, .around = around}).payload);
    };
    const auto head = whole(1).as_of;
    for (std::int64_t at = 1; at <= head; ++at) {
        const auto page = whole(at);
        EXPECT_LE(page.from, std::max<std::int64_t>(at, 1));
        EXPECT_EQ(page.more_after, page.to < head) << "the last row is a message";
        for (std::size_t i = 1; i < page.rows.size(); ++i)
            EXPECT_EQ(page.rows[i].born, page.rows[i - 1].born + 1);
        if (page.rows.empty()) continue;
        EXPECT_EQ(page.rows.back().born, page.to);
    }
}

TEST_F(FrameLimit, RefusesProfilesThatDoNotFitIntoOneAnswer) {
    const auto all = ask(protocol::ProfileFind{.handles = handles, .accounts = ids});
    EXPECT_EQ(std::get<protocol::ErrorReply>(all.payload).code, ErrorCode::limit);
    EXPECT_EQ(std::get<protocol::ErrorReply>(all.payload).field, "accounts");
    const auto some = ask(protocol::ProfileFind{.accounts = {ids.begin(), ids.begin() + 20}});
    EXPECT_THAT(std::get<protocol::Profiles>(some.payload).profiles, SizeIs(20));
}

TEST_F(FrameLimit, IsNotReachedByNamingOnePersonOftenOver) {
    const std::vector<std::string> same_handle(std::size_t{limits::page_rows_max}, handles.front());
    const std::vector<AccountId> same_id(std::size_t{limits::page_rows_max}, ids.front());
    const auto answer = ask(protocol::ProfileFind{.handles = same_handle, .accounts = same_id});
    const auto& profiles = std::get<protocol::Profiles>(answer.payload);
    EXPECT_THAT(profiles.profiles, SizeIs(1));
}

}  // namespace
}  // namespace parley::server::test
