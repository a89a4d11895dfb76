"""Python that users bring: a bot, a rule or a figure in a file of their own."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from ..errors import suggest
from ..scenario import ScenarioError

ENDING = ".py"


def is_code(spec: str) -> bool:
    """Whether a word names something in a file of Python, FILE.py:NAME or FILE.py."""
    return spec.partition(f"{ENDING}:")[1] != "" or spec.endswith(ENDING)


def load(spec: str, default: str = "") -> Any:
    """What FILE.py:NAME names; FILE.py alone means `default` in it.

    The file runs once in each process, under a name of its own; changed, it runs again.

    Raises ScenarioError: no such file or name, or the file cannot be run (with its line).
    """
    return loaded(spec, default)[0]


def loaded(spec: str, default: str = "") -> tuple[Any, str]:
    """As `load`, and the SHA-256 of the content of the file that it comes from."""
    path, name = _place(spec, default)
    if not path.is_file():
        raise ScenarioError(str(path), "", "there is no such file; give FILE.py:NAME")
    content = _content(path)
    module = _module(path, content)
    if not hasattr(module, name):
        names = [known for known in vars(module) if not known.startswith("_")]
        raise ScenarioError(str(path), "", f"there is no '{name}' in it; {suggest(name, names)}")
    return getattr(module, name), hashlib.sha256(content).hexdigest()


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


def _place(spec: str, default: str = "") -> tuple[Path, str]:
    """File and name of FILE.py:NAME."""
    place, _, name = (spec, "", default) if spec.endswith(ENDING) else spec.rpartition(":")
    return Path(place).expanduser(), name


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ScenarioError(str(path), "", f"cannot be read: {error.strerror}") from None


def _module(path: Path, content: bytes) -> ModuleType:
    digest = hashlib.sha256(str(path.resolve()).encode() + content).hexdigest()[:16]
    name = f"market_model_own_{path.stem}_{digest}"
    if name in sys.modules:
        return sys.modules[name]
    found = importlib.util.spec_from_file_location(name, path)
    assert found is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    try:
        exec(compile(content, str(path), "exec"), vars(module))  # what was read, not a stored copy
    except Exception as error:
        del sys.modules[name]
        raise ScenarioError(str(path), "", f"cannot be run: {where(path, error)}") from None
    return module


def where(path: Path, error: BaseException) -> str:
    """An error of a file in one line: its last line in that file, and what is wrong."""
    if isinstance(error, SyntaxError) and error.lineno:
        return f"line {error.lineno}: {error.msg}"
    own = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename) == path]
    line = f"line {own[-1].lineno}: " if own else ""
    return f"{line}{type(error).__name__}: {error}"


def guarded[**P, R](spec: str, function: Callable[P, R]) -> Callable[P, R]:
    """The function, whose own errors are told in one line: file, line, what is wrong."""
    path, _ = _place(spec)

    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except ScenarioError:
            raise
        except Exception as error:
            raise ScenarioError(str(path), "", where(path, error)) from error

    return call
