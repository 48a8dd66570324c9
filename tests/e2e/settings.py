"""Settings: what is right and wrong with them is said, and where they come from; and the help."""
import os

from proof.cases import equal
from proof.server import Server, run_parleyd, toml


def run(cases):
    for body in (config_is_checked_and_printed, config_from_environment, help_names_what_there_is):
        cases.run(f"settings: {body.__name__.replace('_', ' ')}", body)
    for name, text, line, word in CONFIG_ERRORS:
        cases.run(f"settings: a file with {name}", config_error, text, line, word)


def help_names_what_there_is():
    """Without a server or anything to write to; every setting that `config print` prints is in it."""
    done = run_parleyd("--help", cwd="/")
    equal(done.returncode, 0, f"the exit code ({done.stderr})")
    for word in ("backup", "restore", "config", "--config", "--data", "--version"):
        assert word in done.stdout, f"{word} is not in the help"
    printed = run_parleyd("config", "print", cwd="/")
    equal(printed.returncode, 0, f"config print ({printed.stderr})")
    names, table = [], ""
    for line in printed.stdout.splitlines():
        if line.startswith("["):
            table = line.strip("[]") + "."
        elif "=" in line and not line.startswith("#"):
            names.append(table + line.split("=")[0].strip())
    assert len(names) > 10, printed.stdout
    missing = [name for name in names if f"--{name}" not in done.stdout]
    equal(missing, [], "settings that the help does not name")


CONFIG_ERRORS = [
    ("an unknown key", 'registration = "open"\n\n[listen]\nport = 8080\ncolour = "red"\n', 5, "colour"),
    ("an unknown table", "[sauce]\nhot = true\n", 1, "sauce"),
    ("an unknown table that is empty", "[listen]\nport = 1\n[sauce]\n", 3, "sauce"),
    ("a wrong type", '[listen]\nport = "many"\n', 2, "port"),
    ("a number out of range", "[listen]\nport = 70000\n", 2, "port"),
    ("an unknown choice", '\n\nregistration = "sometimes"\n', 3, "registration"),
    ("no TOML", "[listen\nport = 1\n", 1, ""),
    ("a key given twice", "[listen]\nport = 1\nport = 2\n", 3, "port"),
]


def config_error(text, line, word):
    with Server() as server:
        server.stop()
        file = server.folder / "wrong.toml"
        file.write_text(text)
        for arguments in (("config", "check"), ()):
            done = run_parleyd("--config", file, *arguments)
            said = done.stdout + done.stderr
            assert done.returncode != 0, f"accepted: {said}"
            assert f"wrong.toml:{line}" in said, f"line {line} is not named: {said}"
            assert word in said, said


def config_is_checked_and_printed():
    with Server() as server:
        checked = run_parleyd("--config", server.folder / "parleyd.toml", "config", "check")
        equal(checked.returncode, 0, f"config check ({checked.stderr})")
        printed = run_parleyd("--config", server.folder / "parleyd.toml", "config", "print")
        equal(printed.returncode, 0, f"config print ({printed.stderr})")
        assert str(server.port) in printed.stdout, printed.stdout


def config_from_environment():
    """A variable beats the file, a flag beats the variable."""
    with Server() as server:
        file = server.folder / "parleyd.toml"
        file.write_text(toml({"listen.port": 1111}))
        environment = {**os.environ, "PARLEY_LISTEN_PORT": "2222"}
        printed = run_parleyd("--config", file, "config", "print", env=environment).stdout
        assert "2222" in printed and "1111" not in printed, printed
        printed = run_parleyd(
            "--config", file, "--listen.port", "3333", "config", "print", env=environment
        ).stdout
        assert "3333" in printed and "2222" not in printed, printed
