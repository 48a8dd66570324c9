#!/usr/bin/python3
"""Makes protocol/generated and protocol/golden from protocol/schema.

    protocol/generate.py            writes what has changed
    protocol/generate.py --check    writes nothing; says which files differ and ends with 1
"""

import argparse
import pathlib
import sys

sys.dont_write_bytecode = True

from generator import (
    cpp,
    cpp_codecs,
    cpp_enums,
    cpp_errors,
    cpp_testing,
    cpp_texts,
    docs,
    encoders,
    examples,
    fuzzing,
    schema,
    sizes,
    typescript,
)

CPP_PARTS = (cpp, cpp_enums, cpp_errors, cpp_codecs, cpp_testing, cpp_texts)
HERE = pathlib.Path(__file__).resolve().parent


def outputs(read: schema.Schema) -> dict[str, str]:
    """Every generated file, by its path below protocol/."""
    made = examples.all_examples(read)
    folders = {
        "generated/cpp": {name: text for part in CPP_PARTS for name, text in part.files(read).items()},
        "generated/ts": typescript.files(read) | {"golden.ts": typescript.golden(read, made)},
        "generated/docs": docs.files(read, made) | {"sizes.md": sizes.table(read, made)},
        "golden": encoders.files(read, made),
        "generated/fuzz": {"parley.dict": fuzzing.dictionary(read)},
    }
    return {f"{folder}/{name}": text for folder, files in folders.items() for name, text in files.items()}


def generated_folders() -> list[pathlib.Path]:
    return [HERE / "golden", *(HERE / "generated" / part for part in ("cpp", "ts", "docs", "fuzz"))]


def leftovers(made: dict[str, str]) -> list[pathlib.Path]:
    """Files of an earlier schema that nothing makes any more."""
    expected = {HERE / name for name in made}
    return [
        path
        for folder in generated_folders()
        for path in sorted(folder.glob("[!.]*"))
        if path.is_file() and path not in expected
    ]


def check(made: dict[str, str]) -> int:
    wrong = [
        HERE / name
        for name, text in made.items()
        if not (HERE / name).exists() or (HERE / name).read_text(encoding="utf-8") != text
    ]
    for path in wrong:
        print(
            f"protocol/{path.relative_to(HERE)}: differs from what the schema makes: run protocol/generate.py"
        )
    for path in leftovers(made):
        wrong.append(path)
        print(
            f"protocol/{path.relative_to(HERE)}: is not made by the schema any more: run protocol/generate.py"
        )
    return 1 if wrong else 0


def write(made: dict[str, str]) -> int:
    for name, text in made.items():
        path = HERE / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(f"protocol/{name}")
    for path in leftovers(made):
        path.unlink()
        print(f"protocol/{path.relative_to(HERE)} removed")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing, end with 1 where something differs"
    )
    options = parser.parse_args()
    try:
        made = outputs(schema.load(HERE / "schema"))
    except schema.SchemaError as error:
        print(f"protocol/schema: {error}", file=sys.stderr)
        return 2
    return check(made) if options.check else write(made)


if __name__ == "__main__":
    sys.exit(main())
