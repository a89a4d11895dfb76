"""All users, or some of them, as a Mesa agent set over the columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from mesa.agentset import AbstractAgentSet, GroupBy
from numpy.typing import NDArray

from .user import Row, User

if TYPE_CHECKING:
    from .market import Market


class UserSet(AbstractAgentSet[User]):
    """An ordered set of users; views are made on demand, `get`, `set` and `agg` work on whole columns."""

    def __init__(self, model: Market, rows: NDArray[np.int64] | None = None) -> None:
        self.model = model
        self.random = model.random
        self._rows = rows

    @property
    def rows(self) -> NDArray[np.int64]:
        """Rows of the columns, in order."""
        return np.arange(len(self.model.people.carrier)) if self._rows is None else self._rows

    def __len__(self) -> int:
        return len(self.model.people.carrier) if self._rows is None else len(self._rows)

    def __iter__(self) -> Iterator[User]:
        return (User(self.model, int(i)) for i in self.rows)

    def __contains__(self, agent: object) -> bool:
        return isinstance(agent, User) and agent.model is self.model and agent.index in self.rows

    def __getitem__(self, which: Any) -> Any:
        """`users[17]` is a `User`; a slice, a mask or a list of positions gives a `UserSet`."""
        rows = self.rows[which]
        return User(self.model, int(rows)) if np.ndim(rows) == 0 else UserSet(self.model, rows)

    def _update(self, agents: Iterable[User]) -> UserSet:
        self._rows = np.array([a.index for a in agents], dtype=np.int64)
        return self

    def select(self, filter_func: Callable[[User], bool] | None = None, at_most: int | float = float("inf"), inplace: bool = False,
               agent_type: type | None = None) -> UserSet:
        """Some of the users, as Mesa's own sets select."""
        limit = int(at_most * len(self)) if isinstance(at_most, float) and at_most <= 1.0 else at_most
        rows: list[int] = []
        for user in self:
            if len(rows) >= limit:
                break
            if (agent_type is None or isinstance(user, agent_type)) and (filter_func is None or filter_func(user)):
                rows.append(user.index)
        chosen = UserSet(self.model, np.array(rows, dtype=np.int64))
        return self._update(chosen) if inplace else chosen

    def column(self, name: str) -> NDArray[Any]:
        """The values of a column for these users."""
        if not isinstance(getattr(User, name, None), Row):
            raise AttributeError(f"users have no column '{name}'")
        return getattr(self.model.people, name)[self.rows]

    def get(self, attr_names: str | list[str], handle_missing: str = "error", default_value: Any = None) -> Any:
        """Values of one attribute, or rows of several; columns are read as a whole."""
        if isinstance(attr_names, list):
            return [list(row) for row in zip(*(self.get(n, handle_missing, default_value) for n in attr_names), strict=True)]
        if isinstance(getattr(User, attr_names, None), Row):
            return list(self.column(attr_names).tolist())
        if handle_missing == "default":
            return [getattr(u, attr_names, default_value) for u in self]
        return [getattr(u, attr_names) for u in self]

    def set(self, attr_name: str, value: Any) -> Any:
        """Set a column for all these users."""
        if not isinstance(getattr(User, attr_name, None), Row):
            raise AttributeError(f"users have no column '{attr_name}'")
        getattr(self.model.people, attr_name)[self.rows] = value
        return self

    def agg(self, attribute: str, func: Any) -> Any:
        """A function, or several, of a column."""
        values = self.column(attribute)
        return [f(values) for f in func] if isinstance(func, Sequence) else func(values)

    def do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> UserSet:
        self.map(method, *args, **kwargs)
        return self

    def map(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
        if isinstance(method, str):
            return [getattr(user, method)(*args, **kwargs) for user in self]
        return [method(user, *args, **kwargs) for user in self]

    def shuffle(self, inplace: bool = False) -> UserSet:
        mixed = self.rows.tolist()
        self.random.shuffle(mixed)
        rows = np.array(mixed, dtype=np.int64)
        if inplace:
            self._rows = rows
            return self
        return UserSet(self.model, rows)

    def shuffle_do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> UserSet:
        self.shuffle().do(method, *args, **kwargs)
        return self

    def sort(self, key: Callable[[User], Any] | str, ascending: bool = False, inplace: bool = False) -> UserSet:
        value = (lambda u: getattr(u, key)) if isinstance(key, str) else key
        ordered = sorted(self, key=value, reverse=not ascending)
        return (self if inplace else UserSet(self.model))._update(ordered)

    def groupby(self, by: Callable[[User], Any] | str, result_type: Literal["agentset", "list"] = "agentset") -> GroupBy:
        """Users by the value of an attribute or function, as Mesa's own sets group; a group is a `UserSet` or a list."""
        groups = super().groupby(by, "list").groups
        if result_type == "list":
            return GroupBy(groups)
        return GroupBy({key: UserSet(self.model, np.array([u.index for u in group])) for key, group in groups.items()})

    def add(self, agent: User) -> None:  # noqa: ARG002
        """A society is fixed. Raises TypeError."""
        raise TypeError("a society is fixed: users cannot be added")

    def discard(self, agent: User) -> None:  # noqa: ARG002
        """A society is fixed; take a part with `users[mask]`. Raises TypeError."""
        raise TypeError("a society is fixed: users cannot be discarded; take a part with users[mask]")

    remove = discard
