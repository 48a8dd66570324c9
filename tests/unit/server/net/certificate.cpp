#include "tests/unit/server/net/certificate.hpp"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include <cstdio>
#include <memory>

namespace parley::server::test {

namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

File open_for_writing(const std::string& path) {
    return {std::fopen(path.c_str(), "w"), &std::fclose};
}

}  // namespace

Certificate::Certificate() {
    std::string pattern = std::filesystem::temp_directory_path() / "parley-tls-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
    const std::unique_ptr<X509, void (*)(X509*)> made(X509_new(), &X509_free);
    ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3'600);
    X509_set_pubkey(made.get(), key.get());
    X509_NAME* name = X509_get_subject_name(made.get());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("localhost"),
                               -1, -1, 0);
    X509_set_issuer_name(made.get(), name);
    EXPECT_GT(X509_sign(made.get(), key.get(), EVP_sha256()), 0);
    EXPECT_EQ(PEM_write_X509(open_for_writing(certificate_file()).get(), made.get()), 1);
    EXPECT_EQ(PEM_write_PrivateKey(open_for_writing(key_file()).get(), key.get(), nullptr, nullptr, 0,
                                   nullptr, nullptr),
              1);
}

Certificate::~Certificate() {
    std::filesystem::remove_all(folder_);
}

}  // namespace parley::server::test
