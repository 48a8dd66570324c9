"""Small trees of files, and what a check of tools/tidy finds in them."""
import pathlib
import tempfile
import unittest

from checks.tree import Tree


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
