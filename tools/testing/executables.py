"""The test executables that a configured preset has, as ctest knows them."""
import dataclasses
import json
import pathlib
import subprocess


@dataclasses.dataclass(frozen=True)
class Executable:
    name: str
    path: pathlib.Path


def labelled(root, preset, label):
    """Those with the label (targets.cmake: the first word of the name, or `threads`)."""
    folder = root / "build" / preset
    listed = subprocess.run(
        ["ctest", "--test-dir", str(folder), "--show-only=json-v1", "-L", f"^{label}$"],
        capture_output=True,
        check=True,
    )
    found = []
    for test in json.loads(listed.stdout)["tests"]:
        properties = {one["name"]: one["value"] for one in test["properties"]}
        found.append(Executable(test["name"], pathlib.Path(properties["WORKING_DIRECTORY"], test["name"])))
    return found
