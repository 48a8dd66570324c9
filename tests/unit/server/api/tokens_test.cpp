#include "server/api/tokens.hpp"

#include "protocol/generated/cpp/errors.hpp"
#include "protocol/generated/cpp/limits.hpp"

#include <gtest/gtest.h>

namespace parley::server {
namespace {

RootSecret secret(std::uint8_t filled) {
    RootSecret made;
    made.bytes.fill(filled);
    return made;
}

const AccessClaims claims{.account = {12}, .device = {34}, .issued = {1'000}, .expires = {2'000}};

TEST(Tokens, SayWhoseTheyAreAndUntilWhen) {
    const Tokens tokens(secret(1));
    const std::string token = tokens.make_access(claims);
    EXPECT_TRUE(token.starts_with("p1."));
    const auto checked = tokens.check_access(token, {1'999});
    ASSERT_TRUE(checked);
    EXPECT_EQ(checked->account, claims.account);
    EXPECT_EQ(checked->device, claims.device);
    EXPECT_EQ(checked->expires, claims.expires);
    EXPECT_EQ(tokens.check_access(token, {2'000}).error().code, ErrorCode::token_expired);
}

TEST(Tokens, AreTheSameForTheSameNumbers) {
    const Tokens tokens(secret(1));
    EXPECT_EQ(tokens.make_refresh({.device = {34}, .number = 5}),
              tokens.make_refresh({.device = {34}, .number = 5}));
    EXPECT_NE(tokens.make_refresh({.device = {34}, .number = 5}),
              tokens.make_refresh({.device = {34}, .number = 6}));
    const auto checked = tokens.check_refresh(tokens.make_refresh({.device = {34}, .number = 5}));
    ASSERT_TRUE(checked);
    EXPECT_EQ(checked->device, DeviceKey{34});
    EXPECT_EQ(checked->number, 5);
}

constexpr SyncToken reached{.epoch = 1, .life = 70'000'000, .position = 9, .account_seq = 3};

TEST(Tokens, OfASyncSayHowFarAnAccountGot) {
    const Tokens tokens(secret(1));
    const std::string token = tokens.make_sync(reached, {12});
    EXPECT_TRUE(token.starts_with(to_text(reached) + "."));
    EXPECT_EQ(tokens.check_sync(token, {12}), reached);
    const SyncToken largest{1L << 41, 1L << 50, 1L << 53, 1L << 53, 1L << 53, 1L << 53};
    EXPECT_LE(tokens.make_sync(largest, {12}).size(), static_cast<std::size_t>(limits::token_bytes_max));
}

TEST(Tokens, OfASyncThatAreNotOfThisServerAndAccountSayNothing) {
    const Tokens tokens(secret(1));
    const std::string token = tokens.make_sync(reached, {12});
    EXPECT_EQ(tokens.check_sync(token, {13}), SyncToken{});
    EXPECT_EQ(Tokens(secret(2)).check_sync(token, {12}), SyncToken{});
    EXPECT_EQ(tokens.check_sync(to_text(reached), {12}), SyncToken{}) << "without a MAC";
    EXPECT_EQ(tokens.check_sync("t1.1.9.3.0.0", {12}), SyncToken{}) << "of before there were any";
    for (std::size_t i = 3; i < token.size(); ++i) {
        for (const char other : {'A', 'z', '0', '.', '-', '\0', '\xff'}) {
            std::string changed = token;
            changed[i] = other;
            if (changed == token) continue;
            EXPECT_EQ(tokens.check_sync(changed, {12}), SyncToken{}) << changed;
        }
        EXPECT_EQ(tokens.check_sync(token.substr(0, i), {12}), SyncToken{});
    }
    for (const auto* none : {"", "t", "t2", "t9.1.2.3", "x"})
        EXPECT_EQ(tokens.check_sync(none, {12}).error().code, ErrorCode::invalid) << none;
}

TEST(Tokens, WithAnythingChangedAreRefused) {
    const Tokens tokens(secret(1));
    for (const std::string& token :
         {tokens.make_access(claims), tokens.make_refresh({.device = {34}, .number = 5})}) {
        for (std::size_t i = 0; i < token.size(); ++i) {
            for (const char other : {'A', 'z', '0', '.', '-', '\0', '\xff'}) {
                if (token[i] == other) continue;
                std::string changed = token;
                changed[i] = other;
                EXPECT_EQ(tokens.check_access(changed, {0}).error().code, ErrorCode::token_invalid)
                    << changed;
                EXPECT_EQ(tokens.check_refresh(changed).error().code, ErrorCode::token_invalid) << changed;
            }
            EXPECT_FALSE(tokens.check_access(token.substr(0, i), {0}));
            EXPECT_FALSE(tokens.check_refresh(token.substr(0, i)));
        }
        EXPECT_FALSE(tokens.check_access(token + "A", {0}));
        EXPECT_FALSE(tokens.check_access(token + "=", {0}));
        EXPECT_FALSE(tokens.check_refresh("." + token));
    }
}

TEST(Tokens, OfOneKindAreNoneOfTheOther) {
    const Tokens tokens(secret(1));
    EXPECT_FALSE(tokens.check_refresh(tokens.make_access(claims)));
    EXPECT_FALSE(tokens.check_access(tokens.make_refresh({.device = {34}, .number = 5}), {0}));
}

TEST(Tokens, OfAnotherServerAreRefused) {
    EXPECT_FALSE(Tokens(secret(1)).check_access(Tokens(secret(2)).make_access(claims), {0}));
}

TEST(Tokens, AreKeyedByPurpose) {
    EXPECT_NE(derive_key(secret(1), "one"), derive_key(secret(1), "other"));
    // As `openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt hexkey:0b…0b -kdfopt info:label HKDF` says.
    const std::array<std::uint8_t, 32> expected{
        0xb9, 0x35, 0x32, 0x92, 0xf1, 0xf5, 0xb8, 0xde, 0x76, 0x12, 0xeb, 0x41, 0x30, 0x46, 0xcf, 0x02,
        0x26, 0x83, 0x18, 0xc8, 0xb1, 0xec, 0x02, 0x0e, 0x2e, 0x50, 0xf0, 0x50, 0xbd, 0x2c, 0xb6, 0x46};
    EXPECT_EQ(derive_key(secret(0x0b), "label"), expected);
}

}  // namespace
}  // namespace parley::server
