"""Settings: what is right and wrong with them is said, and where they come from; and the help."""
import os
import pathlib
import re
import tempfile

from obeyed import setting_names
from proof.cases import equal
from proof.server import SOURCE, Server, run_parleyd, toml

from operation import certificate_in


def run(cases):
    for body in (
        config_is_checked_and_printed,
        config_check_takes_a_file_by_its_name,
        what_is_wrong_with_a_command_line,
        config_from_environment,
        help_names_what_there_is,
        variables_that_nobody_knows,
        files_that_documents_show,
        no_file_is_no_empty_file,
        all_mistakes_of_a_file_are_told,
        flags_that_nobody_knows,
        what_the_start_would_refuse_is_not_right,
        a_folder_without_a_store,
    ):
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
    names = setting_names(printed.stdout)
    assert len(names) > 10, printed.stdout
    missing = [name for name in names if f"--{name}" not in done.stdout]
    equal(missing, [], "settings that the help does not name")
    for kind in ("--data FOLDER", "--listen.port,--port NUMBER", "--registration open|invite|closed"):
        assert kind in done.stdout, f"{kind} is not in the help"


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
        assert "parleyd.toml" in checked.stdout, checked.stdout
        no_file = run_parleyd("config", "check")
        equal(no_file.returncode, 0, f"config check ({no_file.stderr})")
        assert "No file was read" in no_file.stdout, no_file.stdout
        printed = run_parleyd("--config", server.folder / "parleyd.toml", "config", "print")
        equal(printed.returncode, 0, f"config print ({printed.stderr})")
        assert str(server.port) in printed.stdout, printed.stdout


def config_check_takes_a_file_by_its_name():
    with Server() as server:
        right = server.folder / "parleyd.toml"
        wrong = server.folder / "wrong.toml"
        wrong.write_text('[listen]\nport = "many"\n')
        equal(run_parleyd("config", "check", right).returncode, 0, "config check FILE")
        done = run_parleyd("config", "check", wrong)
        equal(done.returncode, 1, "config check of a wrong file")
        assert "wrong.toml:2" in done.stderr, done.stderr
        # What is named on the command line wins over the variable.
        environment = {"PARLEY_CONFIG": str(wrong)}
        done = run_parleyd("config", "check", right, env=environment)
        equal(done.returncode, 0, f"config check FILE, with a variable ({done.stderr})")
        assert str(server.port) in run_parleyd("config", "print", right).stdout
        done = run_parleyd("--config", right, "config", "check", wrong)
        equal(done.returncode, 2, "config check of two files")
        assert "two files" in done.stderr, done.stderr
        for none in (server.folder / "nothing.toml", server.folder):
            missing = run_parleyd("config", "check", none)
            equal(missing.returncode, 1, f"config check of no file ({missing.stdout})")
            assert f"{none}: cannot be read" in missing.stderr, missing.stderr


def what_is_wrong_with_a_command_line():
    for words, sentence in (
        (("--port",), "--listen.port needs a value. See: parleyd --help"),
        (("--port", "1", "--port", "2"), "--listen.port may stand only once. See: parleyd --help"),
        (("invite", "--administrator=5"), "--administrator takes no value. See: parleyd invite --help"),
        (("config",), "a command is missing. See: parleyd config --help"),
        (("frob",), "there is no command or option frob here. See: parleyd --help"),
    ):
        done = run_parleyd(*words, cwd="/")
        equal((done.returncode, done.stderr), (2, f"parleyd: {sentence}\n"), str(words))
    for line in run_parleyd("--help", cwd="/").stdout.splitlines():
        assert len(line) <= 100, f"too long for a terminal: {line}"


def config_from_environment():
    """A variable beats the file, a flag beats the variable."""
    with Server() as server:
        file = server.folder / "parleyd.toml"
        file.write_text(toml({"listen.port": 1111}))
        environment = {"PARLEY_LISTEN_PORT": "2222"}
        printed = run_parleyd("--config", file, "config", "print", env=environment).stdout
        assert "2222" in printed and "1111" not in printed, printed
        printed = run_parleyd(
            "--config", file, "--listen.port", "3333", "config", "print", env=environment
        ).stdout
        assert "3333" in printed and "2222" not in printed, printed


def variables_that_nobody_knows():
    """Errors, though not those of the command line and those that run beside a service called parley."""
    for name, meant in (
        ("PARLEY_REGISTRATON", "PARLEY_REGISTRATION"),
        ("PARLEY_DATA_DIR", "PARLEY_DATA"),
        ("PARLEY_PORT", "PARLEY_LISTEN_PORT"),
    ):
        for words in (("config", "check"), ()):
            done = run_parleyd(*words, env={name: "1"}, cwd="/")
            equal(done.returncode, 1, f"the exit code with {name}")
            assert f"{name}: there is no such setting; did you mean {meant}?" in done.stderr, done.stderr
    beside = {
        "PARLEY_HOME": "/nowhere",
        "PARLEY_PASSWORD": "x",
        "PARLEY_ACCOUNT": "ada",
        "PARLEY_JUMP_CHANGES": "40",
        "PARLEY_PORT": "tcp://10.0.0.3:8080",
        "PARLEY_PORT_8080_TCP_PROTO": "tcp",
        "PARLEY_SERVICE_HOST": "10.0.0.3",
        "PARLEY_SERVICE_PORT": "8080",
    }
    done = run_parleyd("config", "check", env=beside, cwd="/")
    equal(done.returncode, 0, f"config check ({done.stderr})")


def files_that_documents_show():
    """The file of the package, also with the lines that are off in it, and those of running.md."""
    delivered = (SOURCE / "deploy" / "parleyd.toml").read_text()
    page = (SOURCE / "docs" / "operate" / "running.md").read_text()
    shown = re.findall(r"^```toml\n(.*?)^```", page, re.M | re.S)
    assert len(shown) >= 2, "files in running.md"
    with tempfile.TemporaryDirectory() as name:
        for text in (delivered, re.sub(r"^#(?=\w)", "", delivered, flags=re.M), *shown):
            file = pathlib.Path(name) / "parleyd.toml"
            file.write_text(text)
            # The certificates that some of them name are nowhere, which `config check` would say.
            printed = run_parleyd("config", "print", file)
            equal(printed.returncode, 0, f"config print of {text}: {printed.stderr}")


def no_file_is_no_empty_file():
    """A folder, or what cannot be read, is not taken for a file that says nothing."""
    with tempfile.TemporaryDirectory() as name:
        for words in (("config", "check"), ("config", "print"), ("--port", "0")):
            for named, environment in ((("--config", name), None), ((), {"PARLEY_CONFIG": name})):
                done = run_parleyd(*named, *words, env=environment, cwd=name)
                equal(done.returncode, 1, f"the exit code of {words} with a folder")
                said = f"{name}: cannot be read: it is a folder; name the file in it"
                assert said in done.stderr, done.stderr
        equal(list(pathlib.Path(name).iterdir()), [], "files that were made")


def all_mistakes_of_a_file_are_told():
    """At once, in the order of their lines, with what was perhaps meant."""
    with tempfile.TemporaryDirectory() as name:
        file = pathlib.Path(name) / "c.toml"
        file.write_text("[listen]\nprot = 1\n\n[lisen]\n")
        done = run_parleyd("config", "check", file)
        equal(done.returncode, 1, "the exit code")
        lines = [
            f"parleyd: {file}:2: there is no setting listen.prot; did you mean listen.port?",
            f"parleyd: {file}:4: there is no setting lisen; did you mean listen?",
        ]
        equal(done.stderr.splitlines(), lines, "what is said")


def flags_that_nobody_knows():
    for words, said in (
        (("--prot", "1"), "there is no command or option --prot here; did you mean --port? See"),
        (("--listen.adress=::1",), "option --listen.adress here; did you mean --listen.address? See"),
        (("invite", "--day", "2"), "option --day here; did you mean --days? See: parleyd invite --help"),
        (("bakcup",), "option bakcup here; did you mean backup? See: parleyd --help"),
        (("--sauce",), "there is no command or option --sauce here. See: parleyd --help"),
    ):
        done = run_parleyd(*words, cwd="/")
        equal(done.returncode, 2, f"the exit code of {words}")
        assert said in done.stderr, done.stderr


def what_the_start_would_refuse_is_not_right():
    """`config check` says of an address and of certificates what the start says, in the same words."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        certificate, key = certificate_in(folder)
        _, other_key = certificate_in(folder, "other")
        no_key = folder / "empty.key"
        no_key.write_text("")
        pair = ("--listen.certificate", certificate, "--listen.key")
        for words, said in (
            (("--address", "localhost"), '"localhost" is no IP address to listen on'),
            (("--address", "192.0.2.1"), "has the address 192.0.2.1: choose another one with --address"),
            (("--listen.certificate", folder / "none.pem", "--listen.key", key), f"{folder}/none.pem"),
            ((*pair, folder / "none.key"), f"the key {folder}/none.key cannot be used"),
            ((*pair, no_key), f"the key {no_key} cannot be used"),
            (("--listen.key", key), "--listen.key: listen.key needs listen.certificate, which is missing"),
            (("--listen.url", "garbage"), '--listen.url: listen.url: "garbage" is no address'),
            ((*pair, other_key), f"the key {other_key} cannot be used"),
        ):
            checked = run_parleyd(*words, "config", "check")
            equal(checked.returncode, 1, f"config check with {words}")
            assert said in checked.stderr, checked.stderr
            started = run_parleyd(*words, "--data", folder / "data", "--port", "0")
            equal((started.returncode, started.stderr), (1, checked.stderr), f"the start with {words}")
        right = run_parleyd(*pair, key, "--address", "::1", "config", "check")
        equal(right.returncode, 0, f"config check of what is right ({right.stderr})")


def a_folder_without_a_store():
    """Nothing is made where the wrong folder was named, and the right one is asked for."""
    with tempfile.TemporaryDirectory() as name:
        for folder in (pathlib.Path(name), pathlib.Path(name) / "nothing"):
            for words in (("invite",), ("backup", pathlib.Path(name) / "copy.db")):
                # Where the folder was meant to be is told whole, since it depends on where one stands.
                done = run_parleyd("--data", os.path.relpath(folder, "/"), *words, cwd="/")
                equal(done.returncode, 1, f"the exit code of {words}")
                said = f"{folder} holds no store: name the folder of the server with --data"
                assert said in done.stderr, done.stderr
            equal(list(pathlib.Path(name).iterdir()), [], "files that were made")
