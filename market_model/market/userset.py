"""All users, or some of them, as a Mesa agent set over the columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..work.mesa import AbstractAgentSet, GroupBy
from .state import State
from .user import User, UserColumn


class UserSet(AbstractAgentSet[User]):
    """An ordered set of users; views are made on demand, `get` and `set` work on whole columns."""

    def __init__(
        self, state: State, kind: type[User] = User, rows: NDArray[np.int64] | None = None
    ) -> None:
        """Args: kind: of the views, a `User`. rows: of the columns, in order; None: all."""
        self.state, self.kind = state, kind
        self.model = state.model
        self.random = state.model.random
        self._rows = rows

    def __repr__(self) -> str:
        return f"<{len(self)} users>"

    def _of(self, rows: NDArray[np.int64] | None = None) -> UserSet:
        """Others of the same market."""
        return UserSet(self.state, self.kind, rows)

    @property
    def rows(self) -> NDArray[np.int64]:
        """Rows of the columns, in order."""
        return np.arange(len(self.state.people.carrier)) if self._rows is None else self._rows

    def __len__(self) -> int:
        return len(self.state.people.carrier) if self._rows is None else len(self._rows)

    def __iter__(self) -> Iterator[User]:
        return (self.kind(self.state, int(i)) for i in self.rows)

    def __contains__(self, agent: object) -> bool:
        return isinstance(agent, User) and agent.state is self.state and agent.index in self.rows

    def __getitem__(self, which: Any) -> Any:
        """`users[17]` is a `User`; a slice, a mask or a list of positions gives a `UserSet`."""
        rows = self.rows[which]
        if np.ndim(rows) == 0:
            return self.kind(self.state, int(rows))
        return self._of(rows)

    @property
    def _agents(self) -> dict[User, None]:
        """What Mesa's own methods look into."""
        return dict.fromkeys(self)

    def _update(self, agents: Iterable[User]) -> UserSet:
        self._rows = np.array([a.index for a in agents], dtype=np.int64)
        return self

    def select(
        self,
        filter_func: Callable[[User], bool] | None = None,
        at_most: int | float = float("inf"),
        inplace: bool = False,
        agent_type: type | None = None,
    ) -> Any:
        """Some of the users, as Mesa's own sets select."""
        chosen = self if inplace else self._of(self.rows)
        return super(UserSet, chosen).select(filter_func, at_most, True, agent_type)

    def column(self, name: str) -> NDArray[Any]:
        """The values of a column for these users."""
        if not isinstance(getattr(User, name, None), UserColumn):
            raise AttributeError(f"users have no column '{name}'")
        return getattr(self.state.people, name)[self.rows]

    def get(self, attr_names: Any, handle_missing: Any = "error", default_value: Any = None) -> Any:
        """Values of one attribute, or rows of several; a column is read as a whole."""
        if isinstance(attr_names, str) and isinstance(getattr(User, attr_names, None), UserColumn):
            return self.column(attr_names).tolist()
        return super().get(attr_names, handle_missing, default_value)

    def set(self, attr_name: str, value: Any) -> Any:
        """Set a column for all these users."""
        self.column(attr_name)  # raises for what is no column
        getattr(self.state.people, attr_name)[self.rows] = value
        return self

    def do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> UserSet:
        self.map(method, *args, **kwargs)
        return self

    def map(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
        return [
            getattr(user, method)(*args, **kwargs)
            if isinstance(method, str)
            else method(user, *args, **kwargs)
            for user in self
        ]

    def shuffle(self, inplace: bool = False) -> UserSet:
        mixed = list(self)
        self.random.shuffle(mixed)
        return (self if inplace else self._of())._update(mixed)

    def shuffle_do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> UserSet:
        self.shuffle().do(method, *args, **kwargs)
        return self

    def sort(
        self, key: Callable[[User], Any] | str, ascending: bool = False, inplace: bool = False
    ) -> UserSet:
        value = attrgetter(key) if isinstance(key, str) else key
        ordered = sorted(self, key=value, reverse=not ascending)
        return (self if inplace else self._of())._update(ordered)

    def groupby(
        self, by: Callable[[User], Any] | str, result_type: Literal["agentset", "list"] = "agentset"
    ) -> GroupBy:
        """Users by the value of an attribute or function, as Mesa's own sets group; a group is a
        `UserSet` or a list.
        """
        groups = super().groupby(by, "list").groups
        return GroupBy(
            groups
            if result_type == "list"
            else {key: self._of()._update(group) for key, group in groups.items()}
        )

    def add(self, agent: User) -> None:  # noqa: ARG002
        """Raises TypeError, as `discard` and `remove` do."""
        raise TypeError(
            "a society is fixed: users cannot be added or discarded; take a part with users[mask]"
        )

    discard = remove = add
