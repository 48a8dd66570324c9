"""The checks of tools/tidy that read code, on small trees made for them."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from checks.budgets import budgets, cpp_functions
from checks.headers import missing_headers
from checks.mutants import mutants
from checks.rings import edges, rings
from checks.tree import Tree, blank_cpp
from small_trees import TidyTest


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


if __name__ == "__main__":
    unittest.main()
