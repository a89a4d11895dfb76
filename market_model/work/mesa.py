"""What the market uses of Mesa, without what only Mesa's other parts import: tables, spaces, and
through them pandas, networkx and half of scipy. Whoever uses one of those gets it then.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

LATER = ("pandas", "networkx", "mesa.discrete_space", "mesa.experimental.continuous_space")
"""Modules that Mesa imports at once and that no market needs."""


class _Later(ModuleType):
    """Stands for a module until something of it is used."""

    def __getattr__(self, name: str) -> Any:
        if name == "__file__":  # asked of every module by who looks for a caller
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(import_module(self.__name__), name)


_standing = [_Later(name) for name in LATER if name not in sys.modules]
sys.modules.update({module.__name__: module for module in _standing})
try:
    from mesa import Agent, Model  # pyright: ignore[reportMissingTypeStubs]
    from mesa.agentset import AbstractAgentSet, GroupBy  # pyright: ignore[reportMissingTypeStubs]
finally:
    for module in _standing:
        if sys.modules.get(module.__name__) is module:
            del sys.modules[module.__name__]

__all__ = ["AbstractAgentSet", "Agent", "GroupBy", "Model"]
