"""The house keeps its shape: floors, doors, sizes, and nothing that ties it to one machine or index."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from twin.config import Config

MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 50
TEXT = {".py", ".toml", ".yaml", ".json", ".md", ".lock", ".in", ".ipynb", ".html", ".css", ".js", ""}


def modules(repository: Path) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted((repository / "twin").rglob("*.py")):
        yield path.relative_to(repository).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def is_kernel(function: ast.FunctionDef) -> bool:
    return any(re.search(r"\b(kernel|njit|jit|vectorize)\b", ast.unparse(mark)) for mark in function.decorator_list)


def has_loop(function: ast.FunctionDef) -> bool:
    return any(isinstance(node, ast.For | ast.While) for node in ast.walk(function))


def shipped(repository: Path) -> list[Path]:
    """Every text file that git knows or would take, or all of them where there is no git."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        capture_output=True, text=True, cwd=repository, check=False,
    )  # fmt: skip
    if listed.returncode == 0:
        paths = [repository / name for name in listed.stdout.splitlines()]
    else:
        tops = ("twin", "configs", "seeds", "tests", "benchmarks", "notebooks", ".ci")
        paths = [path for top in tops for path in (repository / top).rglob("*") if "__pycache__" not in path.parts]
        paths += [path for path in repository.iterdir() if path.is_file()]
    return [path for path in paths if path.is_file() and path.suffix in TEXT]


def test_rooms_import_only_what_their_floor_allows(repository: Path) -> None:
    lint = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", lint, "--no-cache"],
        capture_output=True, text=True, cwd=repository, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_every_heavy_library_has_a_contract(repository: Path) -> None:
    settings = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    guarded = {name for contract in contracts for name in contract.get("forbidden_modules", ())}
    assert {"ray", "mesa", "numba", "pyarrow", "osmnx", "networkx", "osmium", "plotly", "pydantic"} <= guarded


@pytest.mark.parametrize("kind", ["files", "functions"])
def test_nothing_is_too_long_to_read(repository: Path, kind: str) -> None:
    long = []
    for name, tree in modules(repository):
        if kind == "files":
            n_lines = (repository / name).read_text(encoding="utf-8").count("\n")
            long += [f"{name}: {n_lines}"] if n_lines > MAX_FILE_LINES else []
            continue
        for function in functions(tree):
            body = function.body[bool(ast.get_docstring(function)) :]
            n_lines = (function.end_lineno or 0) - body[0].lineno + 1 if body else 0
            if n_lines > MAX_FUNCTION_LINES:
                long.append(f"{name}:{function.lineno} {function.name}: {n_lines}")
    assert not long, "\n".join(long)


def written(function: ast.FunctionDef) -> set[str]:
    """The arguments into whose arrays a function stores."""
    arguments = {argument.arg for argument in function.args.args}
    roots = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            root: ast.expr = node
            while isinstance(root, ast.Subscript | ast.Attribute):
                root = root.value
            roots.add(ast.unparse(root))
    return roots & arguments


def test_kernels_say_what_they_read_and_write(repository: Path) -> None:
    silent = []
    for name, tree in modules(repository):
        for function in functions(tree) if name.startswith("twin/engine/") else ():
            if not (is_kernel(function) and has_loop(function) and written(function)):
                continue
            reads, _, writes = (ast.get_docstring(function) or "").partition("Writes:")
            unsaid = {argument for argument in written(function) if not re.search(rf"\b{argument}\b", writes)}
            if "Reads:" not in reads or unsaid:
                silent.append(f"{name}:{function.lineno} {function.name}: Reads:, Writes: {', '.join(sorted(unsaid))}")
    assert not silent, "\n".join(silent)


def test_arithmetic_is_never_reordered(repository: Path) -> None:
    for name, tree in modules(repository):
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword) and node.arg == "fastmath":
                assert isinstance(node.value, ast.Constant), name
                assert node.value.value is False, name


def test_luck_comes_from_one_room(repository: Path) -> None:
    calls = re.compile(r"^(np|numpy)\.random\b|^random\.|default_rng|^uuid\.|^secrets\.")
    for name, tree in modules(repository):
        found = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
        assert not [text for text in found if calls.search(text)], name


def test_the_environment_changes_nothing(repository: Path) -> None:
    # Ray's own switches are set, not read, by the rooms that start it.
    for name, tree in modules(repository):
        read = [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Call)]
        assert not [text for text in read if re.match(r"os\.(getenv|environ\.get)\(", text)], name


def names_of_sections(tree: ast.Module) -> dict[str, str]:
    """The names under which a module holds sections of the configuration."""
    classes = {f"{info.annotation.__name__}": name for name, info in Config.model_fields.items()}  # type: ignore[union-attr]
    names = {section: section for section in Config.model_fields}
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and node.annotation is not None:
            held = classes.get(ast.unparse(node.annotation).strip("'\""))
            names.update({node.arg: held} if held else {})
        if isinstance(node, ast.Assign):
            target, value = node.targets[0], node.value
            is_several = isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
            pairs = zip(target.elts, value.elts, strict=False) if is_several else [(target, value)]
            for left, right in pairs:
                if isinstance(left, ast.Name) and isinstance(right, ast.Attribute) and right.attr in Config.model_fields:
                    names[left.id] = right.attr
    return names


def test_every_setting_reaches_something(repository: Path) -> None:
    read = set()
    for name, tree in modules(repository):
        sections = names_of_sections(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and not name.startswith("twin/config/"):
                owner = node.value.attr if isinstance(node.value, ast.Attribute) else ast.unparse(node.value)
                read.add((sections.get(owner), node.attr))
    settings = {
        (section, name)
        for section, info in Config.model_fields.items()
        for name in info.annotation.model_fields  # type: ignore[union-attr]
    }
    idle = sorted(f"{section}.{name}" for section, name in settings - read)
    assert not idle, f"settings that reach nothing: {', '.join(idle)}"


def test_no_path_of_a_machine_and_no_package_index(repository: Path) -> None:
    # Written in pieces, so that this file does not contain what it looks for.
    paths = ["/" + top + "/" for top in ("home", "root", "Users", "work", "tmp", "opt", "mnt")]
    machine = re.compile(r"(?<![\w.:/*-])(" + "|".join(paths) + r")\w")
    index = re.compile("py" + r"pi\.org|python" + r"hosted|index" + "-url=|" + "find" + "-links=|file:" + "//[/\\w]")
    bad = []
    for path in shipped(repository):
        for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if machine.search(text) or index.search(text):
                bad.append(f"{path.relative_to(repository)}:{number}: {text[:100]}")
    assert not bad, "\n".join(bad)


def test_lock_pins_every_line_with_hashes_and_holds_no_address(repository: Path) -> None:
    text = (repository / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*-(?!-hash)", text, re.M)
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.M)[1:]
    assert len(entries) > 50
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+==[0-9][\w.]* \\\n", entry), entry
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry


def test_lock_holds_every_requirement(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = {
        re.match(r"[A-Za-z0-9._-]+", requirement).group().lower()  # type: ignore[union-attr]
        for requirement in [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    }
    text = (repository / "requirements.lock").read_text(encoding="utf-8")
    locked = {re.sub(r"[._]", "-", name) for name in re.findall(r"^([A-Za-z0-9._-]+)==", text, re.M)}
    assert {re.sub(r"[._]", "-", name) for name in wanted} <= locked


def test_wheel_carries_the_package_and_its_seeds(repository: Path, tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    done = subprocess.run(build, capture_output=True, text=True, cwd=repository, check=False)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    seeds = {f"twin/seeds/{path.name}" for path in (repository / "seeds").iterdir() if path.is_file()}
    assert seeds
    assert seeds <= held
    assert {"twin/__init__.py", "twin/cli/__init__.py", "twin/py.typed"} <= held
    assert not [name for name in held if name.startswith(("tests/", "seeds/")) or name.endswith((".nbi", ".nbc"))]


def test_version_is_said_once(repository: Path) -> None:
    import twin

    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == twin.__version__
    citation = (repository / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {twin.__version__}\n" in citation
