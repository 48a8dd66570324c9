#include "protocol/generated/cpp/errors.hpp"
#include "server/ops/control_socket.hpp"
#include "server/ops/first_start.hpp"
#include "server/ops/secret_file.hpp"
#include "server/ops/system_call.hpp"
#include "tests/unit/server/api/world.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace parley::server {
namespace {

class Folder {
  public:
    Folder() {
        std::string pattern = std::filesystem::temp_directory_path() / "parley-ops-XXXXXX";
        path_ = ::mkdtemp(pattern.data());
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

mode_t mode_of(const std::string& path) {
    struct stat status{};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 0777;
}

TEST(RootSecret, IsMadeOnceAndKeptForItsOwnerOnly) {
    const Folder folder;
    const auto first = load_root_secret(folder.path());
    ASSERT_TRUE(first) << first.error().context;
    EXPECT_EQ(mode_of(folder.path() + "/secret"), 0600u);
    const auto second = load_root_secret(folder.path());
    ASSERT_TRUE(second);
    EXPECT_EQ(first->bytes, second->bytes);
    const Folder other;
    EXPECT_NE(load_root_secret(other.path())->bytes, first->bytes);
}

TEST(RootSecret, ThatIsCutShortIsAnErrorAndNotMadeAnew) {
    const Folder folder;
    std::ofstream(folder.path() + "/secret") << "short";
    EXPECT_FALSE(load_root_secret(folder.path()));
    EXPECT_EQ(std::filesystem::file_size(folder.path() + "/secret"), 5u);
}

TEST(DataFolder, IsMadeForItsOwnerOnly) {
    const Folder folder;
    const std::string made = folder.path() + "/data/";
    EXPECT_TRUE(make_data_folder(made));
    EXPECT_EQ(mode_of(made), 0700u);
    EXPECT_TRUE(make_data_folder(made)) << "it is there";
}

TEST(DataFolder, ThatCannotBeMadeSaysWhatToDo) {
    const Folder folder;
    const auto said = [](const std::string& path) {
        const auto made = make_data_folder(path);
        EXPECT_FALSE(made) << path;
        return made ? std::string() : made.error().context;
    };
    const std::string parent = folder.path() + "/a/b";
    EXPECT_EQ(said(parent + "/data"), "the data folder " + parent + "/data cannot be made: make " + parent +
                                          " first, or name another folder with --data");
    const std::string file = folder.path() + "/file";
    std::ofstream(file) << "x";
    EXPECT_EQ(said(file), file + " is no folder; name another one for the data with --data");
    const std::string other = "; name another folder with --data";
    EXPECT_EQ(said(file + "/data"),
              "the data folder " + file + "/data cannot be made: Not a directory" + other);
    EXPECT_EQ(said("/proc/data"),
              "the data folder /proc/data cannot be made: No such file or directory" + other);
    EXPECT_EQ(said(""), "the data folder has no name; give it one with --data");
}

TEST(DataFolderDeathTest, OfSomebodyElseSaysWhatToDo) {
    const Folder folder;
    const std::string path = folder.path() + "/data";
    ASSERT_TRUE(make_data_folder(path));
    ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
    ASSERT_EQ(::chmod(path.c_str(), 0500), 0);
    constexpr uid_t nobody = 65534;
    EXPECT_EXIT(
        {
            // Root may write everywhere; where the tests run as somebody else, the mode says enough.
            if (::geteuid() == 0 && ::setuid(nobody) != 0) std::_Exit(1);
            const auto made = make_data_folder(path);
            if (!made) std::cerr << made.error().context;
            std::_Exit(made ? 1 : 7);
        },
        testing::ExitedWithCode(7), "cannot be written to: Permission denied; run parleyd as its owner");
}

TEST(ControlSocket, AnswersLinesToItsOwnerOnly) {
    const Folder folder;
    EXPECT_EQ(ask_running(folder.path(), "x").error().code, ErrorCode::unavailable);
    {
        const auto socket =
            ControlSocket::listen(folder.path(), [](std::string_view request) -> Result<std::string> {
                if (request == "fail") return fail(ErrorCode::internal, "it went wrong");
                return "said " + std::string(request);
            });
        ASSERT_TRUE(socket) << socket.error().context;
        EXPECT_EQ(mode_of(folder.path() + "/control.sock"), 0600u);
        EXPECT_EQ(ask_running(folder.path(), "hello there").value(), "said hello there");
        const auto failed = ask_running(folder.path(), "fail");
        EXPECT_EQ(failed.error().context, "it went wrong");
        EXPECT_NE(failed.error().code, ErrorCode::unavailable) << "somebody runs there";
    }
    EXPECT_FALSE(std::filesystem::exists(folder.path() + "/control.sock"));
    EXPECT_EQ(ask_running(folder.path(), "x").error().code, ErrorCode::unavailable);
}

/// What the server says to somebody who sends this and then nothing more.
std::string answer_to(const std::string& folder, std::string_view bytes) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = folder + "/control.sock";
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL), std::ssize(bytes));
    ::shutdown(descriptor, SHUT_WR);
    std::string answer;
    std::array<char, 512> part{};
    for (ssize_t size = 0; (size = ::read(descriptor, part.data(), part.size())) > 0;)
        answer.append(part.data(), static_cast<std::size_t>(size));
    ::close(descriptor);
    return answer;
}

// The beginning of a path is another path.
TEST(ControlSocket, DoesNothingForALineThatDoesNotEnd) {
    const Folder folder;
    std::vector<std::string> asked;
    {
        const auto socket = ControlSocket::listen(folder.path(), [&](std::string_view request) {
            asked.emplace_back(request);
            return Result<std::string>("done");
        });
        ASSERT_TRUE(socket) << socket.error().context;
        const std::string refusal = "error a request is one line of at most 4,096 bytes and its line feed\n";
        EXPECT_EQ(answer_to(folder.path(), "backup /a"), refusal);
        EXPECT_EQ(answer_to(folder.path(), ""), refusal);
        EXPECT_EQ(answer_to(folder.path(), std::string(4'097, 'x') + "\n").substr(0, refusal.size()),
                  refusal);
        EXPECT_EQ(answer_to(folder.path(), "backup /a\n"), "ok done\n");
        EXPECT_EQ(answer_to(folder.path(), std::string(4'096, 'x') + "\n"), "ok done\n");
        EXPECT_EQ(ask_running(folder.path(), "backup /a\nb").error().code, ErrorCode::invalid);
    }
    EXPECT_EQ(asked, (std::vector<std::string>{"backup /a", std::string(4'096, 'x')}));
}

std::string word_after(const std::string& text, const std::string& flag) {
    const std::size_t at = text.find(flag + " ");
    if (at == std::string::npos) return {};
    const std::size_t begin = at + flag.size() + 1;
    return text.substr(begin, text.find_first_of(" \n", begin) - begin);
}

TEST(Greeting, LetsTheFirstTwoPersonsInAndThenSaysNoMore) {
    test::World::Options options;
    options.rules.registration = Registration::invite;
    test::World world(options);
    const auto greet = [&] {
        const auto text = greeting(world.store(), options.rules,
                                   {.url = "http://127.0.0.1:8080", .parley = "/opt/parley"}, world.now.wall);
        EXPECT_TRUE(text);
        return text.value_or("");
    };
    const std::string first = greet();
    const std::string token = word_after(first, "--token");
    ASSERT_FALSE(token.empty()) << first;
    EXPECT_EQ(word_after(greet(), "--token"), token) << "the same until it is used";
    const auto enter = [&](const std::string& handle, const std::string& invite) {
        return world.call("POST", "/v1/accounts",
                          R"({"handle":")" + handle +
                              R"(","password":"long enough","device_name":"x","invite":")" + invite + "\"}");
    };
    ASSERT_EQ(enter("ada", token).status, 201);
    EXPECT_EQ(enter("eve", token).status, 403) << "once only";
    const std::string second = greet();
    EXPECT_TRUE(word_after(second, "--token").empty());
    EXPECT_NE(second.find("/opt/parley invite"), std::string::npos) << second;
    ASSERT_EQ(enter("bob", word_after(first, "--invite")).status, 201);
    EXPECT_EQ(greet(), "Parley listens on http://127.0.0.1:8080\n");
}

}  // namespace
}  // namespace parley::server
