#include "tests/contract/store_contract.hpp"

namespace parley::server::test {

StoreContract::StoreContract() : data(GetParam().make()), store(data->open(rules, host)), world(*store) {}

void StoreContract::start_anew() {
    store.reset();
    data = GetParam().make();
    store = data->open(rules, host);
    world.use(*store);
}

void StoreContract::restart() {
    store.reset();
    store = data->open(rules, host);
    world.use(*store);
}

void StoreContract::keep_copy() {
    ASSERT_TRUE(store->close());
    data->keep_copy();
    restart();
}

void StoreContract::put_copy_back() {
    ASSERT_TRUE(store->close());
    store.reset();
    data->put_copy_back();
    restart();
}

void StoreContract::expect_refused(const Work& work, ErrorCode code) {
    const auto before = data->dump();
    const auto answer = world.apply(work);
    ASSERT_FALSE(answer) << "should be refused with " << name_of(code);
    EXPECT_EQ(name_of(answer.error().code), name_of(code)) << answer.error().context;
    EXPECT_EQ(world.batch.effects.size(), 1u) << "a refusal has no effect but its answer";
    EXPECT_LT(world.batch.last_position, world.batch.first_position);
    EXPECT_EQ(data->dump(), before) << "a refusal leaves everything as it was";
}

std::vector<std::string> texts_of(const std::vector<protocol::Change>& rows) {
    std::vector<std::string> texts;
    for (const auto& row : rows) {
        if (const auto* message = std::get_if<protocol::MessageNew>(&row.payload))
            texts.push_back(message->text);
    }
    return texts;
}

std::vector<std::string> effects_of(const Batch& batch) {
    struct Name {
        std::string operator()(const Replied& one) { return one.answer ? "replied" : "refused"; }
        std::string operator()(const ConversationChange& one) {
            return std::string(name_of(one.change.type())) + " " + std::to_string(one.change.seq);
        }
        std::string operator()(const Skipped& one) { return "skipped " + std::to_string(one.seq); }
        std::string operator()(const AccountChange& one) { return std::string(name_of(one.change.type())); }
        std::string operator()(const Opened&) { return "opened"; }
        std::string operator()(const Closed&) { return "closed"; }
        std::string operator()(const ReceiptMoved&) { return "receipt"; }
        std::string operator()(const DeviceRevoked&) { return "device revoked"; }
        std::string operator()(const AcksReturned&) { return "acks returned"; }
        std::string operator()(const EpochBegun&) { return "epoch begun"; }
        std::string operator()(const FollowUpOwed&) { return "owed"; }
        std::string operator()(const FollowedUp& one) {
            switch (one.outcome) {
                case FollowedUp::Outcome::done:
                    return "followed up";
                case FollowedUp::Outcome::more:
                    return "more owed";
                case FollowedUp::Outcome::failed:
                    return "not followed up";
                case FollowedUp::Outcome::rest_failed:
                    return "rest not followed up";
            }
            return {};
        }
    };
    std::vector<std::string> names;
    names.reserve(batch.effects.size());
    for (const auto& effect : batch.effects)
        names.push_back(std::visit(Name{}, effect));
    return names;
}

}  // namespace parley::server::test
