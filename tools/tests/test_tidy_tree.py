"""The checks of tools/tidy that read words, names and documents, on small trees made for them."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from checks.bans import bans
from checks.dead import dead_files
from checks.examples import examples
from checks.maps import stale_maps
from checks.tree import matches
from checks.words import words
from small_trees import TidyTest


class Bans(TidyTest):
    def test_each_ban_finds_its_example(self):
        examples = {
            "server/domain/a.cpp": ("auto t = std::chrono::system_clock::now();", "a real clock"),
            "server/api/a.cpp": ("int i = rand();", "unseeded chance"),
            "server/ops/a.cpp": ("std::regex r;", "std::regex"),
            "client/a.cpp": ('std::printf("x");', "the printf family"),
            "tests/unit/a.cpp": ("std::this_thread::sleep_for(1s);", "a sleep in a test"),
            "tests/e2e/a.py": ("time.sleep(1)", "a sleep in a test"),
            "core/a.cpp": ("throw 1;", "an exception in an inner ring"),
            "server/store/a.cpp": ("throw 1;", "an exception outside the edge files"),
            "server/net/a.cpp": ("class SessionManager {};", "a name that says nothing"),
            "server/media/a.cpp": ("#define LIMIT 10", "a macro for a constant"),
        }
        for path, (line, what) in examples.items():
            with self.subTest(what):
                self.finds(bans, {path: f"{line}\n"}, f"{path}:1: {what}")

    def test_platform_files_may_read_the_clock(self):
        text = "auto t = std::chrono::steady_clock::now();\n"
        self.accepts(bans, {"server/platform/clock.cpp": text})
        self.finds(bans, {"core/clock.cpp": text}, "core/clock.cpp:1: a real clock")

    def test_words_in_comments_and_strings_are_free(self):
        self.accepts(bans, {"core/a.cpp": '// We never throw here.\nauto s = "rand()";\n'})

    def test_methods_may_have_the_name_of_a_banned_function(self):
        self.accepts(bans, {"core/a.cpp": "seed.rand();\nfmt::print(text);\nlog.printf_style(text);\n"})

    def test_a_todo_needs_a_reason(self):
        self.finds(bans, {"core/a.cpp": "// TODO\n"}, "core/a.cpp:1: a TODO without a reason")
        self.accepts(bans, {"core/a.cpp": "// TODO: threads count replies once the schema has them.\n"})

    def test_headers_are_included_once(self):
        self.finds(bans, {"core/a.hpp": "int f();\n"}, "core/a.hpp:1: a header without #pragma once")

    def test_file_names_say_something(self):
        self.finds(
            bans, {"core/string_utils.cpp": ""}, "core/string_utils.cpp:1: a file name that says nothing"
        )


class DeadFiles(TidyTest):
    def test_what_nothing_builds_or_includes(self):
        files = {
            "base/CMakeLists.txt": "parley_library(parley_base a.cpp)",
            "base/a.cpp": '#include "base/a.hpp"\n',
        }
        files |= {"base/a.hpp": "", "base/b.cpp": "", "base/b.hpp": ""}
        self.finds(
            dead_files,
            files,
            "base/b.cpp:1: nothing builds this file",
            "base/b.hpp:1: nothing includes this header",
        )

    def test_sources_named_from_elsewhere(self):
        cmake = "parley_library(x ${PROJECT_SOURCE_DIR}/base/a.cpp sub/b.cpp ../c/d.cpp)\n"
        files = {"core/CMakeLists.txt": cmake, "base/a.cpp": "", "core/sub/b.cpp": "", "c/d.cpp": ""}
        self.accepts(dead_files, files)

    def test_a_commented_source_is_not_built(self):
        files = {"base/CMakeLists.txt": "# a.cpp\n", "base/a.cpp": ""}
        self.finds(dead_files, files, "base/a.cpp:1: nothing builds this file")

    def test_sources_are_named(self):
        self.finds(
            dead_files,
            {"base/CMakeLists.txt": "file(GLOB x *.hpp)\n"},
            "base/CMakeLists.txt:1: sources by pattern",
        )


class StaleMaps(TidyTest):
    def test_a_path_that_is_gone(self):
        files = {"README.md": "See `core/gone.hpp` and `core/here.hpp`.\n", "core/here.hpp": ""}
        self.finds(stale_maps, files, "README.md:1: `core/gone.hpp` does not exist")

    def test_routes_types_and_code_are_no_paths(self):
        self.accepts(
            stale_maps, {"README.md": "`/v1/socket` `message.send` `text/plain` `a::b()` `build/dev/x`\n"}
        )

    def test_patterns_and_alternatives(self):
        files = {
            "README.md": "`core/*.hpp` `core/{a,b}.hpp` `core/*.cpp`\n",
            "core/a.hpp": "",
            "core/b.hpp": "",
        }
        self.finds(stale_maps, files, "README.md:1: `core/*.cpp` does not exist")

    def test_a_link_from_a_folder(self):
        files = {
            "docs/guide/a.md": "[b](b.md#top) [c](../c.md) [d](d.md)\n",
            "docs/guide/b.md": "",
            "docs/c.md": "",
        }
        self.finds(stale_maps, files, "docs/guide/a.md:1: the link d.md leads nowhere")

    def test_a_link_out_of_what_the_package_has(self):
        files = {
            "docs/operate/a.md": "[b](b.md) [c](../c.md)\n",
            "docs/operate/b.md": "",
            "docs/c.md": "[a](operate/a.md)\n",
        }
        self.finds(stale_maps, files, "docs/operate/a.md:1: the package lacks what ../c.md leads to")

    def test_a_drawn_tree(self):
        text = (
            "```tree\nserver/      the service\n  net/       sockets\n  gone/      nothing\nmain.cpp\n```\n"
        )
        files = {"ARCHITECTURE.md": text, "server/net/a.cpp": ""}
        self.finds(
            stale_maps,
            files,
            "ARCHITECTURE.md:4: server/gone/ does not exist",
            "ARCHITECTURE.md:5: main.cpp does not exist",
        )

    def test_a_make_target(self):
        files = {"README.md": "`make run`, then `make coffee`\n", "Makefile": "run test: deps\n\ttrue\n"}
        self.finds(stale_maps, files, "README.md:1: `make coffee` is no target of the Makefile")


class Words(TidyTest):
    def test_paths_of_one_machine(self):
        for path in ("/home" + "/anna/x", "/tmp" + "/x", "/Users" + "/x"):
            with self.subTest(path):
                self.finds(words, {"a.md": f"in {path}\n"}, "a.md:1: a path of one machine")

    def test_routes_and_relative_paths_are_free(self):
        self.accepts(words, {"a.md": "GET /v1/home and ./data/tmp/x and https://example.org/home/x\n"})

    def test_registry_hosts_in_lock_files(self):
        line = '"resolved"' + ': "https://example.org/x.tgz"\n'
        self.finds(words, {"package-lock.json": line}, "package-lock.json:1: a package registry's host")

    def test_stray_characters(self):
        self.finds(
            words,
            {"a.md": "x \ny\r\nz"},
            "a.md:1: space at the end of the line",
            "a.md:2: a carriage return",
            "a.md:3: no line feed at the end",
        )


class Examples(TidyTest):
    CODE = "class A {\n    int a();\n    int b();\n};\n"

    def document(self, block, source="<!-- from a.cpp -->\n"):
        return {"a.cpp": self.CODE, "a.md": f"text\n\n{source}```cpp\n{block}```\n"}

    def test_that_stand_in_their_source_are_accepted_however_deep(self):
        self.accepts(examples, self.document("int a();\nint b();\n"))
        self.accepts(examples, self.document(self.CODE))

    def test_that_differ_from_their_source_are_found(self):
        for block in ("int c();\n", "int a();\n};\n", ""):
            self.finds(examples, self.document(block), "a.md:4: this does not stand in a.cpp")

    def test_without_a_source_are_found(self):
        self.finds(examples, self.document("int a();\n", ""), "a.md:3: C++ that nothing compiles")

    def test_of_a_source_that_is_not_there_are_found(self):
        gone = self.document("int a();\n", "<!-- from b.cpp -->\n")
        self.finds(examples, gone, "a.md:4: this does not stand in b.cpp")


class Globs(unittest.TestCase):
    def test_a_star_stays_in_its_folder(self):
        self.assertTrue(matches("server/net/a.cpp", ["server/net/*.cpp"]))
        self.assertFalse(matches("server/net/x/a.cpp", ["server/net/*.cpp"]))
        self.assertTrue(matches("server/net/x/a.cpp", ["server/**"]))
        self.assertTrue(matches("main.cpp", ["**/main.cpp"]))
        self.assertTrue(matches("server/main.cpp", ["**/main.cpp"]))
        self.assertFalse(matches("server/domain.cpp", ["**/main.cpp"]))


if __name__ == "__main__":
    unittest.main()
