"""That `make mutants` would notice mutants in what is shipped."""
import importlib.machinery
import importlib.util
import io
import contextlib
import pathlib
import tempfile
import unittest

TOOL = pathlib.Path(__file__).resolve().parent.parent / "testing" / "mutants"


def load():
    loader = importlib.machinery.SourceFileLoader("mutants_tool", str(TOOL))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("mutants_tool", loader))
    loader.exec_module(module)
    return module


class ProductIsClean(unittest.TestCase):
    def setUp(self):
        self.tool = load()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.build = pathlib.Path(folder.name) / "build"
        for library in self.tool.LIBRARIES:
            self.write("mutants", library, b"..chosen_mutant..")
            self.write("dev", library, b"....")
        self.write("dev", "server/parleyd", b"....")

    def write(self, preset, path, content):
        file = self.build / preset / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def verdict(self):
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            return self.tool.product_is_clean(self.build), said.getvalue()

    def test_without_them_it_is(self):
        self.assertEqual(self.verdict(), (True, ""))

    def test_each_library_and_program_of_each_product_is_looked_into(self):
        for path in self.tool.LIBRARIES + self.tool.PROGRAMS:
            for preset in ("dev", "release"):
                with self.subTest(path, preset=preset):
                    self.write(preset, path, b"..chosen_mutant..")
                    self.assertEqual(self.verdict(), (False, f"build/{preset}/{path} has mutants in it\n"))
                    self.write(preset, path, b"....")

    def test_a_build_that_should_have_them_and_does_not_proves_nothing(self):
        self.write("mutants", self.tool.LIBRARIES[1], b"....")
        clean, said = self.verdict()
        self.assertFalse(clean)
        self.assertIn(self.tool.LIBRARIES[1], said)


if __name__ == "__main__":
    unittest.main()
