// Who may do what: each cell of permissions.tsv, and each object that multiplies it, is tried by the use
// cases themselves. What is allowed is done; what is refused has its code, and leaves everything as it was.

#include "tests/contract/permissions_table.hpp"
#include "tests/contract/store_contract.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace parley::server::test {

namespace {

/// What the settings say where a line is tried: the act's own as the line has it, and whatever of the others.
std::vector<Permissions> settings_for(const Table& table, const Line& line) {
    std::vector<Permissions> all;
    if (!line.set) {
        all.emplace_back();
        for (const Role role : all_roles)
            all.push_back(all_set_to(role));
        return all;
    }
    const auto field = fields().at(line.act);
    for (Permissions others : {Permissions{}, all_set_to(Role::guest), all_set_to(Role::owner)}) {
        others.*field = line.set;
        // Whoever names everybody writes.
        if (field == &Permissions::mention_all) others.post = Role::guest;
        all.push_back(others);
    }
    if (table.defaults.at(line.act) == *line.set) all.emplace_back();
    return all;
}

std::vector<Standing> subjects_for(const Line& line) {
    if (line.subject == "-") return {Role::member};
    if (line.subject != "any") return {protocol::enum_named<Role>(line.subject)};
    return {Role::owner, Role::admin, Role::moderator, Role::member, Role::guest, std::nullopt};
}

/// A conversation with the two whom a cell is about, and somebody else who looks on.
struct Scene {
    ConversationKey where;
    Uuid by_actor;
    Uuid by_subject;
    /// An invite link of the founder's.
    LinkId link = {};
};

/// Tries one line of the table in a world of its own.
class Trial {
  public:
    Trial(StoreWorld& world, const Line& line)
        : founder(world.person("founder")),
          actor(world.person("actor")),
          subject(world.person("subject")),
          newcomer(world.person("newcomer")),
          world_(world),
          line_(line) {}

    /// Both have said something, and stand as they are to.
    Scene group(const Permissions& set, Standing actors, Standing subjects);
    /// Of the actor and the subject.
    Scene direct();

    bool reads() const { return line_.act == "read" || line_.act == "see links"; }
    /// "yes", or the code with which it was refused.
    std::string read(const Scene& scene, const Person& by);
    Command command(const Scene& scene) const;
    /// What was allowed has happened, and as it was meant. `actors`: as he stood before.
    void expect_done(const Scene& scene, Standing actors, const Person& witness);

    const Person founder;
    const Person actor;
    const Person subject;
    const Person newcomer;

  private:
    static protocol::Target at(const Scene& scene) { return {.stream = to_id(scene.where)}; }
    Work stand(const Scene& scene, const Person& who, Standing standing);
    Standing standing_of(const Person& who, const Scene& scene, const Person& witness);
    protocol::ConversationChanged settings(const Scene& scene);
    protocol::MessageNew message(const Uuid& id, const Scene& scene, const Person& witness);

    StoreWorld& world_;
    const Line& line_;
};

Scene Trial::group(const Permissions& set, Standing actors, Standing subjects) {
    Scene scene{.where = world_.group(founder, {actor, subject}, "before"), .by_actor = {}, .by_subject = {}};
    std::vector<Work> works;
    for (const auto& [who, id] : {std::pair(actor, &scene.by_actor), {subject, &scene.by_subject}}) {
        works.push_back(world_.work(who, message_to(scene.where, "before")));
        *id = *works.back().origin.command;
    }
    const auto made = world_.apply(world_.work(founder, protocol::LinkCreate{.target = at(scene)}));
    scene.link = std::get<protocol::LinkMade>(made->payload).link.id;
    works.push_back(stand(scene, actor, actors));
    works.push_back(stand(scene, subject, subjects));
    works.push_back(
        world_.work(founder, protocol::ConversationPermissions{.target = at(scene), .permissions = set}));
    EXPECT_TRUE(world_.apply(works));
    for (const auto& answer : world_.answers())
        EXPECT_TRUE(answer) << answer.error().context;
    return scene;
}

Work Trial::stand(const Scene& scene, const Person& who, Standing standing) {
    if (!standing)
        return world_.work(founder, protocol::MemberRemove{.target = at(scene), .account = who.id()});
    return world_.work(founder,
                       protocol::MemberRole{.target = at(scene), .account = who.id(), .role = *standing});
}

Scene Trial::direct() {
    const auto said = world_.work(actor, message_to(subject, "before"));
    const auto answered = world_.work(subject, message_to(actor, "before"));
    const auto answer = world_.apply({said, answered});
    EXPECT_TRUE(answer);
    return {.where = *conversation_key(answer->stream.text()),
            .by_actor = *said.origin.command,
            .by_subject = *answered.origin.command};
}

Command Trial::command(const Scene& scene) const {
    const auto target = at(scene);
    const std::string& act = line_.act;
    const Role given = line_.given.value_or(Role::guest);
    if (act == "post") return message_to(scene.where, "after");
    if (act == "forward into" || act == "forward out of") {
        auto forward = act == "forward into" ? message_to(scene.where, "") : message_to(founder, "");
        forward.forward = protocol::ForwardOf{
            .stream = to_id(scene.where), .message = scene.by_subject, .sender = subject.id()};
        return forward;
    }
    const protocol::Entity everyone{.kind = protocol::EntityKind::everyone, .offset = 0, .length = 3};
    if (act == "name all") {
        auto message = message_to(scene.where, "all, after");
        message.entities = {everyone};
        return message;
    }
    if (act == "name all by edit")
        return protocol::MessageEdit{
            .target = target, .message = scene.by_actor, .text = "all, after", .entities = {everyone}};
    if (act == "edit own")
        return protocol::MessageEdit{.target = target, .message = scene.by_actor, .text = "after"};
    if (act == "delete own") return protocol::MessageDelete{.target = target, .message = scene.by_actor};
    if (act == "delete others")
        return protocol::MessageDelete{.target = target, .message = scene.by_subject, .sender = subject.id()};
    if (act == "react")
        return protocol::MessageReact{
            .target = target, .message = scene.by_subject, .sender = subject.id(), .emoji = "\U0001F44D"};
    if (act == "pin")
        return protocol::MessagePin{.target = target, .message = scene.by_subject, .sender = subject.id()};
    if (act == "rename") return protocol::ConversationRename{.target = target, .title = "after"};
    if (act == "add") return protocol::MemberAdd{.target = target, .accounts = {newcomer.id()}};
    if (act == "remove") return protocol::MemberRemove{.target = target, .account = subject.id()};
    if (act == "give role")
        return protocol::MemberRole{.target = target, .account = subject.id(), .role = given};
    if (act == "take role")
        return protocol::MemberRole{.target = target, .account = actor.id(), .role = given};
    if (act == "set permissions")
        return protocol::ConversationPermissions{.target = target,
                                                 .permissions = {.rename = Role::moderator}};
    if (act == "invite") return protocol::LinkCreate{.target = target, .role = Role::guest};
    if (act == "revoke link") return protocol::LinkRevoke{.target = target, .link = scene.link};
    if (act == "share history") return protocol::HistoryShare{.target = target, .shared = true};
    if (act == "slow down") return protocol::SlowModeSet{.target = target, .interval_ms = 30'000};
    if (act == "transfer") return protocol::OwnershipTransfer{.target = target, .account = subject.id()};
    EXPECT_EQ(act, "leave") << "the table names an act that is none";
    return protocol::ConversationLeave{.target = target};
}

std::string Trial::read(const Scene& scene, const Person& by) {
    const StreamId stream = to_id(scene.where);
    const auto said = [](const auto& answer) {
        return std::string(answer ? "yes" : name_of(answer.error().code));
    };
    if (line_.act == "see links") return said(links(*world_.snapshot(), by.account, {.stream = stream}));
    return said(page(*world_.snapshot(), by.account, {.stream = stream, .before = 0}));
}

/// As its row tells it to somebody who is in it. Nothing: he is out.
Standing Trial::standing_of(const Person& who, const Scene& scene, const Person& witness) {
    const auto listed = *rows(*world_.snapshot(), witness.account,
                              {.stream = to_id(scene.where), .kind = protocol::RowKind::member});
    for (const auto& row : listed.rows) {
        const auto& member = std::get<protocol::MemberChanged>(row.payload);
        if (member.profile.account == who.id() && member.present) return member.role;
    }
    return std::nullopt;
}

protocol::ConversationChanged Trial::settings(const Scene& scene) {
    const auto listed = *rows(*world_.snapshot(), founder.account,
                              {.stream = to_id(scene.where), .kind = protocol::RowKind::settings});
    return std::get<protocol::ConversationChanged>(listed.rows.at(0).payload);
}

protocol::MessageNew Trial::message(const Uuid& id, const Scene& scene, const Person& witness) {
    for (const auto& row : world_.all_changes(witness, scene.where)) {
        if (row.id == id) return std::get<protocol::MessageNew>(row.payload);
    }
    return {};
}

void Trial::expect_done(const Scene& scene, Standing actors, const Person& witness) {
    const std::string& act = line_.act;
    if (act == "post") {
        EXPECT_EQ(texts_of(world_.all_changes(witness, scene.where)).back(), "after");
    } else if (act == "forward into" || act == "forward out of") {
        const auto direct = world_.snapshot()->conversations().direct_between(actor.account, founder.account);
        const auto into = act == "forward into" ? scene.where : direct.value_or(ConversationKey{});
        const auto last = world_.all_changes(actor, into).back();
        const auto& forward = std::get<protocol::MessageNew>(last.payload);
        EXPECT_EQ(forward.text, "before");
        EXPECT_EQ(forward.forwarded.value_or(protocol::Forwarded{}).account, subject.id());
    } else if (act == "name all") {
        EXPECT_EQ(texts_of(world_.all_changes(witness, scene.where)).back(), "all, after");
    } else if (act == "name all by edit") {
        EXPECT_EQ(message(scene.by_actor, scene, witness).entities.size(), 1u);
    } else if (act == "edit own") {
        EXPECT_EQ(message(scene.by_actor, scene, witness).text, "after");
    } else if (act == "delete own") {
        EXPECT_TRUE(message(scene.by_actor, scene, witness).deleted_by);
    } else if (act == "delete others") {
        EXPECT_EQ(message(scene.by_subject, scene, witness).deleted_by, actor.id());
    } else if (act == "react") {
        const auto last = world_.all_changes(witness, scene.where).back();
        EXPECT_EQ(std::get<protocol::ReactionChanged>(last.payload).account, actor.id());
    } else if (act == "pin") {
        const auto last = world_.all_changes(witness, scene.where).back();
        EXPECT_EQ(std::get<protocol::PinChanged>(last.payload).by, actor.id());
    } else if (act == "rename") {
        EXPECT_EQ(settings(scene).title, "after");
    } else if (act == "set permissions") {
        EXPECT_EQ(settings(scene).permissions.value_or(Permissions{}).rename, Role::moderator);
    } else if (act == "add") {
        const Role comes_in = actors == Role::guest ? Role::guest : Role::member;
        EXPECT_EQ(standing_of(newcomer, scene, witness), comes_in);
    } else if (act == "remove") {
        EXPECT_EQ(standing_of(subject, scene, witness), std::nullopt);
    } else if (act == "leave") {
        EXPECT_EQ(standing_of(actor, scene, witness), std::nullopt);
    } else if (act == "take role") {
        EXPECT_EQ(standing_of(actor, scene, witness), line_.given);
    } else if (act == "give role") {
        EXPECT_EQ(standing_of(subject, scene, witness), line_.given);
        EXPECT_EQ(standing_of(actor, scene, witness), actors);
    } else if (act == "invite" || act == "revoke link") {
        const auto left = links(*world_.snapshot(), founder.account, {.stream = to_id(scene.where)});
        EXPECT_EQ(left->links.size(), act == "invite" ? 2u : 0u);
    } else if (act == "share history") {
        EXPECT_EQ(settings(scene).history_from, world_.head(scene.where));
    } else if (act == "slow down") {
        EXPECT_EQ(settings(scene).slow_ms, 30'000);
    } else if (act == "transfer") {
        EXPECT_EQ(standing_of(subject, scene, witness), Role::owner);
        EXPECT_EQ(standing_of(actor, scene, witness), Role::admin);
    }
}

std::string word(std::optional<Role> role, const std::string& otherwise) {
    return role ? std::string(name_of(*role)) : otherwise;
}

}  // namespace

TEST_P(StoreContract, EveryCellOfTheTableOfPermissionsHolds) {
    const Table table = read_table();
    ASSERT_GE(table.groups.size(), 90u);
    std::int64_t cells = 0;
    const auto check = [&](Trial& trial, const Scene& scene, const Person& by, Standing standing,
                           const std::string& expected, const Person& witness) {
        ++cells;
        if (trial.reads()) {
            EXPECT_EQ(trial.read(scene, by), expected);
            return;
        }
        const auto work = world.work(by, trial.command(scene));
        if (expected != "yes") {
            const auto code = error_code_named(expected);
            ASSERT_TRUE(code) << expected << " is no code";
            return expect_refused(work, *code);
        }
        const auto answer = world.apply(work);
        ASSERT_TRUE(answer) << answer.error().context;
        trial.expect_done(scene, standing, witness);
    };
    for (const Line& line : table.groups) {
        // So that it is cheap to compare all that there is.
        start_anew();
        Trial trial(world, line);
        for (const Permissions& set : settings_for(table, line)) {
            for (const Standing subjects : subjects_for(line)) {
                for (const auto& [standing, expected] : line.expected) {
                    SCOPED_TRACE(line.act + ", set " + word(line.set, "any") + ", of " +
                                 word(subjects, "out") + ", given " + word(line.given, "none") + ", by " +
                                 word(standing, "out"));
                    check(trial, trial.group(set, standing, subjects), trial.actor, standing, expected,
                          trial.founder);
                }
            }
        }
    }
    for (const Line& line : table.direct) {
        start_anew();
        Trial trial(world, line);
        const Scene scene = trial.direct();
        SCOPED_TRACE("in a direct conversation: " + line.act);
        for (const auto& [standing, expected] : {line.expected.at(1), line.expected.at(0)})
            check(trial, scene, standing ? trial.actor : trial.newcomer, standing, expected, trial.subject);
        for (const bool blocks : {true, false}) {
            start_anew();
            Trial apart(world, line);
            const Scene between = apart.direct();
            SCOPED_TRACE(blocks ? "by who has blocked" : "by who is blocked");
            const Person& blocker = blocks ? apart.actor : apart.subject;
            const Person& other = blocks ? apart.subject : apart.actor;
            ASSERT_TRUE(
                world.apply(world.work(blocker, protocol::BlockSet{.account = other.id(), .blocked = true})));
            check(apart, between, apart.actor, Role::member, blocks ? line.blocker : line.blocked,
                  apart.actor);
        }
    }
    EXPECT_GE(cells, 2'000);
    RecordProperty("cells", static_cast<int>(cells));
}

}  // namespace parley::server::test
