"""Each check of tools/tidy, on small trees made for it: what it finds and what it leaves alone."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from checks.bans import bans
from checks.budgets import budgets, cpp_functions
from checks.dead import dead_files
from checks.examples import examples
from checks.headers import missing_headers
from checks.maps import stale_maps
from checks.mutants import mutants
from checks.rings import edges, rings
from checks.tree import Tree, blank_cpp, matches
from checks.words import words


class TidyTest(unittest.TestCase):
    def found(self, check, files):
        """The findings as `path:line: what`, in a tree of these files."""
        with tempfile.TemporaryDirectory() as folder:
            for name, text in files.items():
                path = pathlib.Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            return [f"{one.path}:{one.line}: {one.what}" for one in check(Tree(folder))]

    def finds(self, check, files, *expected):
        self.assertEqual(self.found(check, files), list(expected))

    def accepts(self, check, files):
        self.finds(check, files)


class Rings(TidyTest):
    def test_an_inner_ring_may_not_include_an_outer_one(self):
        self.finds(
            rings, {"core/a.cpp": '\n#include "server/b.hpp"\n'}, "core/a.cpp:2: core/ includes server/"
        )

    def test_neighbours_may_not_include_each_other(self):
        files = {"client/a.cpp": '#include "server/b.hpp"\n', "server/a.cpp": '#include "client/b.hpp"\n'}
        self.finds(
            rings,
            files,
            "client/a.cpp:1: client/ includes server/",
            "server/a.cpp:1: server/ includes client/",
        )

    def test_nothing_in_the_rings_includes_tests(self):
        self.finds(rings, {"base/a.hpp": '#include "tests/b.hpp"\n'}, "base/a.hpp:1: base/ includes tests/")

    def test_the_left_and_the_own_ring_are_allowed(self):
        self.accepts(rings, {"core/a.cpp": '#include "core/a.hpp"\n#include "protocol/b.hpp"\n'})

    def test_simulator_and_tests_may_include_everything(self):
        self.accepts(rings, {"sim/a.cpp": '#include "server/a.hpp"\n#include "client/b.hpp"\n'})

    def test_includes_start_at_the_root(self):
        self.finds(rings, {"base/a.cpp": '#include "a.hpp"\n'}, 'base/a.cpp:1: "a.hpp" is relative')
        self.finds(rings, {"base/a.cpp": '#include "../a.hpp"\n'}, 'base/a.cpp:1: "../a.hpp" is relative')

    def test_an_include_in_a_comment_counts_for_nothing(self):
        self.accepts(rings, {"core/a.cpp": '// #include "server/b.hpp"\n/*\n#include "server/b.hpp"\n*/\n'})

    def test_the_core_has_no_threads(self):
        self.finds(rings, {"core/a.cpp": "#include <thread>\n"}, "core/a.cpp:1: <thread> in core/")
        self.accepts(rings, {"server/a.cpp": "#include <thread>\n"})

    def test_base_takes_the_standard_library_only(self):
        files = {"base/a.cpp": "#include <vector>\n#include <fmt/format.h>\n"}
        self.finds(rings, files, "base/a.cpp:2: <fmt/format.h> in base/")

    def test_inner_rings_take_what_computes_and_one_library(self):
        self.accepts(rings, {"protocol/a.cpp": "#include <charconv>\n#include <boost/json/value.hpp>\n"})
        for header in ("unistd.h", "sys/socket.h", "boost/asio.hpp", "sodium.h", "cstdio", "stop_token"):
            self.finds(rings, {"core/a.cpp": f"#include <{header}>\n"}, f"core/a.cpp:1: <{header}> in core/")

    def test_angle_brackets_hide_no_ring(self):
        self.finds(rings, {"core/a.cpp": "#include <server/b.hpp>\n"}, "core/a.cpp:1: core/ includes server/")


class Edges(TidyTest):
    def test_a_library_stays_in_its_edge_files(self):
        files = {
            "server/domain/a.cpp": "#include <sqlite3.h>\n",
            "server/store/sqlite.cpp": "#include <sqlite3.h>\n",
        }
        self.finds(edges, files, "server/domain/a.cpp:1: <sqlite3.h> outside the edge files of SQLite")

    def test_headers_may_not_spread_a_library(self):
        files = {"server/net/socket.hpp": "#include <boost/beast/core.hpp>\n"}
        what = "<boost/beast/core.hpp> outside the edge files of Boost.Beast"
        self.finds(edges, files, f"server/net/socket.hpp:1: {what}")

    def test_three_files_of_the_server_may_see_beast(self):
        files = {f"server/net/{name}.cpp": "#include <boost/beast/core.hpp>\n" for name in "abcd"}
        self.finds(edges, files, "server/net/d.cpp:1: more than 3 files of server/ see Boost.Beast")


class Headers(TidyTest):
    def test_what_is_taken_from_std_is_included(self):
        text = "#include <string>\nstd::string a;\nstd::vector<int> b;\nstd::vector<int> c;\n"
        self.finds(missing_headers, {"core/a.cpp": text}, "core/a.cpp:3: takes from <vector>")

    def test_a_header_of_ours_may_bring_it(self):
        files = {
            "core/a.cpp": '#include "core/b.hpp"\nstd::vector<int> a;\n',
            "core/b.hpp": '#pragma once\n#include "core/c.hpp"\n',
            "core/c.hpp": '#pragma once\n#include "core/b.hpp"\n#include <vector>\n',
        }
        self.accepts(missing_headers, files)

    def test_it_is_not_enough_that_a_library_brings_it(self):
        files = {"client/a.cpp": "#include <CLI/CLI.hpp>\nstd::unique_ptr<int> a;\n"}
        self.finds(missing_headers, files, "client/a.cpp:2: takes from <memory>")

    def test_a_name_that_only_begins_alike_and_a_comment_are_left_alone(self):
        self.accepts(missing_headers, {"core/a.cpp": "// std::vector\nstd::mapped_type a; std::setfill b;\n"})


class Budgets(TidyTest):
    def test_a_file_over_the_maximum(self):
        self.finds(budgets, {"a.cpp": "\n" * 601}, "a.cpp:601: 601 lines")

    def test_a_file_over_the_budget_is_a_warning(self):
        with tempfile.TemporaryDirectory() as folder:
            pathlib.Path(folder, "a.cpp").write_text("\n" * 401)
            self.assertEqual([one.warning for one in budgets(Tree(folder))], [True])

    def test_generated_files_have_no_budget(self):
        self.accepts(budgets, {"protocol/generated/cpp/a.cpp": "\n" * 5000})

    def test_a_long_line(self):
        self.finds(budgets, {"a.hpp": "//" + "x" * 109 + "\n"}, "a.hpp:1: 111 columns")

    def test_only_an_address_may_be_long(self):
        self.accepts(budgets, {"a.hpp": "// https://" + "x" * 109 + "\n"})
        self.finds(budgets, {"a.hpp": "// http " + "x" * 109 + "\n"}, "a.hpp:1: 117 columns")

    def test_a_long_function(self):
        step = "    step();\n"
        self.accepts(budgets, {"a.cpp": "void f() {\n" + step * 68 + "}\n"})
        self.finds(budgets, {"a.cpp": "void f() {\n" + step * 69 + "}\n"}, "a.cpp:1: a function of 71 lines")

    def test_a_long_macro_is_no_function(self):
        macro = "#define ALL(ONE) \\\n" + "    ONE(x) \\\n" * 80 + "\n"
        self.accepts(budgets, {"a.cpp": macro + "void f() {\n}\n"})

    def test_a_long_python_function(self):
        text = "def f():\n" + "    step()\n" * 70
        self.finds(budgets, {"a.py": text}, "a.py:1: a function of 71 lines")

    def test_scripts_without_an_ending_count(self):
        self.finds(budgets, {"tools/x": "#!/usr/bin/python3\n" + "\n" * 600}, "tools/x:601: 601 lines")


class Functions(unittest.TestCase):
    def lengths(self, text):
        return cpp_functions(blank_cpp(text).splitlines())

    def test_methods_in_classes_in_namespaces(self):
        text = "namespace n {\nclass C : public B {\n    int f() const {\n        return 1;\n    }\n};\n}\n"
        self.assertEqual(self.lengths(text), [(3, 3)])

    def test_lambdas_belong_to_the_function_around_them(self):
        self.assertEqual(self.lengths("void f() {\n    g([&] {\n        h();\n    });\n}\n"), [(1, 5)])

    def test_the_head_counts_and_may_take_several_lines(self):
        self.assertEqual(
            self.lengths("Result<int> f(int a,\n              int b) {\n    return a;\n}\n"), [(1, 4)]
        )

    def test_constructors_with_initialisers(self):
        self.assertEqual(self.lengths("C::C(int a) : a_{a}, b_(a) {\n    f();\n}\n")[-1][1], 3)

    def test_data_is_no_function(self):
        self.assertEqual(self.lengths("constexpr int table[] = {\n1,\n2,\n};\nenum class E {\nA,\n};\n"), [])

    def test_braces_in_comments_strings_and_characters_count_for_nothing(self):
        text = (
            "void f() {\n    // }\n    s = \"}\";\n    c = '}';\n    r = R\"(})\";\n    n = 1'000'000;\n}\n"
        )
        self.assertEqual(self.lengths(text), [(1, 7)])

    def test_templates_with_requirements(self):
        text = "template <class T>\n    requires (sizeof(T) > 1)\nvoid f(T t) {\n    g(t);\n}\n"
        self.assertEqual(self.lengths(text), [(1, 5)])


class Mutants(TidyTest):
    LIST = "#define EACH(MUTANT) \\\n    MUTANT(late, \"comes late\")\n"

    def test_a_use_of_a_listed_one_in_what_decides_is_allowed(self):
        self.accepts(
            mutants, {"base/mutant.hpp": self.LIST, "core/a.cpp": "if (mutant(Mutant::late)) return;\n"}
        )

    def test_one_that_stands_nowhere_is_found(self):
        self.finds(
            mutants, {"base/mutant.hpp": self.LIST}, "base/mutant.hpp:2: the mutant late stands nowhere"
        )

    def test_hosts_and_edges_have_none(self):
        use = "if (mutant(Mutant::late)) return;\n"
        for place in ("client/a.cpp", "server/net/a.cpp", "bindings/a.cpp", "sim/a.cpp"):
            files = {"base/mutant.hpp": self.LIST, "core/a.cpp": use, place: use}
            self.finds(mutants, files, f"{place}:1: a mutant out of place")

    def test_others_than_those_listed_are_found(self):
        files = {
            "base/mutant.hpp": self.LIST,
            "core/a.cpp": "f(mutant(Mutant::late));\nf(mutant(Mutant::early));\nf(mutant(which));\n",
        }
        expected = ("core/a.cpp:2: a mutant that is not listed", "core/a.cpp:3: a mutant that is not listed")
        self.finds(mutants, files, *expected)

    def test_nobody_else_asks_whether_there_are_any(self):
        files = {
            "base/mutant.hpp": self.LIST,
            "core/a.cpp": "#ifdef PARLEY_MUTANTS\nf(mutant(Mutant::late));\n",
        }
        self.finds(mutants, files, "core/a.cpp:1: the machinery of the mutants")

    def test_one_preset_has_them(self):
        files = {
            "base/mutant.hpp": self.LIST,
            "core/a.cpp": "f(mutant(Mutant::late));\n",
            "CMakePresets.json": '{"PARLEY_MUTANTS": "ON"},\n{"PARLEY_MUTANTS": "ON"}\n',
        }
        self.finds(mutants, files, "CMakePresets.json:2: mutants in a second preset")


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
