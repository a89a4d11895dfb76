"""Python that users bring: a bot, a rule or a figure in a file of their own."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Generator
from contextlib import contextmanager
from inspect import isfunction
from pathlib import Path
from types import ModuleType
from typing import Any

from ..errors import suggest
from ..scenario import ScenarioError

ENDING = ".py"
_OWN = "market_model_own_"
"""How the names of modules made from such files begin."""


class CodeError(ScenarioError):
    """A user's file goes wrong while it runs."""


def is_code(spec: str) -> bool:
    """Whether a word names something in a file of Python, FILE.py:NAME or FILE.py."""
    return spec.partition(f"{ENDING}:")[1] != "" or spec.endswith(ENDING)


def load(spec: str, default: str = "", kind: Callable[[Any], bool] = isfunction) -> Any:
    """What FILE.py:NAME names; FILE.py alone means `default` in it, else the only one of the kind
    that the file itself defines.

    The file runs once in each process, under a name of its own; changed, it runs again.

    Raises ScenarioError: no such file or name, several of the kind, or the file cannot be run (with
    its line).
    """
    return loaded(spec, default, kind)[0]


def loaded(
    spec: str, default: str = "", kind: Callable[[Any], bool] = isfunction
) -> tuple[Any, str]:
    """As `load`, and the SHA-256 of the content of the file that it comes from."""
    path, name = _place(spec)
    if not path.is_file():
        raise ScenarioError(str(path), "", "there is no such file; give FILE.py:NAME")
    content = _content(path)
    module = _module(path, content)
    if not name:
        name = default if hasattr(module, default) else _only(module, path, default, kind)
    if not hasattr(module, name):
        raise ScenarioError(
            str(path), "", f"there is no '{name}' in it; {suggest(name, _public(module))}"
        )
    return getattr(module, name), hashlib.sha256(content).hexdigest()


def _only(module: ModuleType, path: Path, default: str, kind: Callable[[Any], bool]) -> str:
    """The name of the only one of the kind that a file itself defines."""
    names = [
        name
        for name in _public(module)
        if kind(one := getattr(module, name)) and one.__module__ == module.__name__
    ]
    if len(names) == 1:
        return names[0]
    if names:
        problem = f"{', '.join(names)} are in it; say which, as in {path.name}:{names[0]}"
    elif default:
        problem = f"there is no '{default}' in it; {suggest(default, _public(module))}"
    else:
        problem = "there is none of your own in it; give FILE.py:NAME"
    raise ScenarioError(str(path), "", problem)


def _public(module: ModuleType) -> list[str]:
    return [name for name in vars(module) if not name.startswith("_")]


def forget(spec: str) -> None:
    """The file of FILE.py:NAME runs anew when it is loaded next."""
    path = str(_place(spec)[0])
    for name, module in list(sys.modules.items()):
        if name.startswith(_OWN) and module.__file__ == path:
            del sys.modules[name]


def placed(spec: str) -> str:
    """FILE.py:NAME with the file's whole path, so that it means the same in another folder."""
    path, _ = _place(spec)
    return f"{path.resolve()}{spec[spec.rindex(ENDING) + len(ENDING) :]}"


def named(spec: str) -> str:
    """FILE.py:NAME without folders, as others may read it."""
    path, name = _place(spec)
    return f"{path.name}:{name}" if name else path.name


def content_digest(spec: str) -> str:
    """Of the file of FILE.py:NAME. Raises ScenarioError: it cannot be read."""
    path, _ = _place(spec)
    return hashlib.sha256(_content(path)).hexdigest()


def _place(spec: str) -> tuple[Path, str]:
    """File and name of FILE.py:NAME; no name for FILE.py alone."""
    place, _, name = (spec, "", "") if spec.endswith(ENDING) else spec.rpartition(":")
    return Path(place).expanduser(), name


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ScenarioError(str(path), "", f"cannot be read: {error.strerror}") from None


def _module(path: Path, content: bytes) -> ModuleType:
    digest = hashlib.sha256(str(path.resolve()).encode() + content).hexdigest()[:16]
    name = f"{_OWN}{path.stem}_{digest}"
    if name in sys.modules:
        return sys.modules[name]
    found = importlib.util.spec_from_file_location(name, path)
    assert found is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    try:
        exec(compile(content, str(path), "exec"), vars(module))  # what was read, not a stored copy
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise ScenarioError(str(path), "", f"cannot be run: {_where(path, error)}") from None
    return module


def _where(path: Path, error: BaseException) -> str:
    """An error of a file in one line: its last line in that file (else the function of the package
    that met it), and what is wrong.
    """
    if isinstance(error, SyntaxError) and error.lineno:
        return f"line {error.lineno}: {error.msg}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if Path(f.filename).resolve() == path.resolve()]
    others = [f for f in frames if f.filename != __file__]
    place = f"line {own[-1].lineno}: " if own else f"in {others[-1].name}: " if others else ""
    return f"{place}{type(error).__name__}: {error}"


def guarded[**P, R](spec: str, function: Callable[P, R]) -> Callable[P, R]:
    """The function, whose own errors are told in one line: file, line, what is wrong."""
    path, _ = _place(spec)

    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        with _errors_of(path):
            return function(*args, **kwargs)

    return call


@contextmanager
def errors_of(owner: type) -> Generator[None]:
    """Errors meanwhile are told in one line, as of the file that a class was loaded from; those of
    any other class stay as they are.
    """
    if not owner.__module__.startswith(_OWN):
        yield
        return
    path, here = Path(str(sys.modules[owner.__module__].__file__)), Path.cwd()
    with _errors_of(path.relative_to(here) if path.is_relative_to(here) else path):
        yield


@contextmanager
def _errors_of(path: Path) -> Generator[None]:
    try:
        yield
    except ScenarioError:
        raise
    except (Exception, SystemExit) as error:
        raise CodeError(str(path), "", _where(path, error)) from error
