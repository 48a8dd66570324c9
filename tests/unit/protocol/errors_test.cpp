#include "protocol/generated/cpp/errors.hpp"

#include "protocol/generated/cpp/enums.hpp"
#include "protocol/generated/cpp/types.hpp"

#include <gtest/gtest.h>

#include <set>

namespace parley {
namespace {

std::vector<ErrorCode> all_codes() {
    std::vector<ErrorCode> all;
    for (std::int64_t number = 0; number < 1000; ++number) {
        if (const auto code = error_code_numbered(number)) all.push_back(*code);
    }
    return all;
}

TEST(ErrorCode, EveryOneIsFoundByItsName) {
    EXPECT_GE(all_codes().size(), 29U);
    for (const ErrorCode code : all_codes()) {
        EXPECT_EQ(error_code_named(name_of(code)), code);
        EXPECT_FALSE(sentence(code).empty());
        EXPECT_GE(http_status(code), 400) << name_of(code);
        EXPECT_LE(http_status(code), 599) << name_of(code);
    }
}

TEST(ErrorCode, UnknownOnesAreNone) {
    EXPECT_FALSE(error_code_named("").has_value());
    EXPECT_FALSE(error_code_named("Malformed").has_value());
    EXPECT_FALSE(error_code_numbered(0).has_value());
    EXPECT_FALSE(error_code_numbered(-1).has_value());
    EXPECT_FALSE(error_code_numbered(std::int64_t{1} << 40 | 1).has_value());
}

TEST(ErrorCode, NamesWithAPointHaveTheirClass) {
    EXPECT_EQ(name_of(ErrorCode::conversation_not_member), "conversation.not_member");
    EXPECT_EQ(class_of(ErrorCode::conversation_not_member), ErrorClass::permanent);
    EXPECT_EQ(class_of(ErrorCode::rate_limited), ErrorClass::wait);
    EXPECT_EQ(class_of(ErrorCode::too_old), ErrorClass::refresh);
    EXPECT_EQ(class_of(ErrorCode::token_expired), ErrorClass::sign_in);
    EXPECT_EQ(http_status(ErrorCode::rate_limited), 429);
}

TEST(CloseCode, SaysWhetherToComeBack) {
    EXPECT_TRUE(reconnects(CloseCode::going_away));
    EXPECT_FALSE(reconnects(CloseCode::revoked));
    EXPECT_FALSE(reconnects(CloseCode::replaced));
    EXPECT_EQ(close_code(4004), CloseCode::revoked);
    EXPECT_EQ(name_of(CloseCode::too_big), "too_big");
    EXPECT_FALSE(close_code(1006).has_value());
}

TEST(Type, KnowsWhoSendsItAndWhatAnswersIt) {
    using protocol::Type;
    EXPECT_TRUE(protocol::client_sends(Type::message_send));
    EXPECT_FALSE(protocol::client_sends(Type::message_new));
    EXPECT_EQ(protocol::reply_to(Type::message_send), Type::message_accepted);
    EXPECT_EQ(protocol::reply_to(Type::conversation_rename), Type::done);
    EXPECT_FALSE(protocol::reply_to(Type::ack).has_value());
    EXPECT_TRUE(protocol::is_change(Type::message_new));
    EXPECT_FALSE(protocol::is_change(Type::receipt));
}

TEST(Type, IsThatOfThePayload) {
    using namespace protocol;
    EXPECT_EQ(type_of(Payload(MessageSend{})), Type::message_send);
    EXPECT_EQ(type_of(Payload(Receipt{})), Type::receipt);
    EXPECT_EQ(type_of(ChangePayload(ProfileChanged{})), Type::profile_changed);
    EXPECT_EQ(Envelope{.payload = Ping{}}.type(), Type::ping);
}

TEST(Enumerations, GoByNameAndNumber) {
    using namespace protocol;
    EXPECT_EQ(enum_named<Role>("owner"), Role::owner);
    EXPECT_EQ(enum_numbered<Role>(2), Role::member);
    EXPECT_FALSE(enum_named<Role>("Owner").has_value());
    EXPECT_FALSE(enum_numbered<Role>(0).has_value());
    EXPECT_FALSE(enum_numbered<Role>(257).has_value());
    EXPECT_EQ(name_of(Type::message_send), "message.send");
}

}  // namespace
}  // namespace parley
