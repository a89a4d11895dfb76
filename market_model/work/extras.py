"""Packages that not everybody has installed."""

import importlib
import warnings
from types import ModuleType

from ..scenario import ScenarioError


def needed(module: str, extra: str) -> ModuleType:
    """A module of an optional extra; ScenarioError says how to install it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what packages tell their developers on import
            return importlib.import_module(module)
    except ImportError:
        package = module.partition(".")[0]
        raise ScenarioError(
            "market-model", "", f"needs {package}; install it with: uv sync --extra {extra}"
        ) from None
