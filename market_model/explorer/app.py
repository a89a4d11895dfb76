"""The page: pick a story, run it, watch it. Solara calls `Page` for every visitor; state lives inside it."""

# Solara exports nothing by name, and reacton adds `element` to widgets when it is imported:
# pyright: reportPrivateImportUsage=false, reportAttributeAccessIssue=false

from functools import cache
from typing import Any
from urllib.parse import parse_qs

import solara
import solara.lab

from ..scenario import builtin_names, load_scenario
from ..study.runner import Outcome
from ..words import Language
from .runs import FIRST_STORY, runs
from .texts import say, texts
from .widgets import Player, StoryPicker

FIRST_RUN_SECONDS = 7


@cache
def stories(language: Language) -> list[dict[str, str]]:
    """The built-in stories, the first one first; limit cases of theory are not among them."""
    names = [n for n in builtin_names() if "/" not in n]
    scenarios = {n: load_scenario(n) for n in sorted(names, key=lambda n: (n != FIRST_STORY, n))}
    titles = {n: (s.title_zh if language == "zh" else "") or s.title or n for n, s in scenarios.items()}
    return [{"name": name, "title": title} for name, title in titles.items()]


@solara.component
def Page() -> None:
    """One visitor's page."""
    query = parse_qs(solara.use_router().search or "")
    language: Language = "zh" if query.get("lang") == ["zh"] else "en"
    asked = solara.use_reactive([query.get("story", [""])[0], query.get("seed", ["0"])[0], 0])
    words = texts(language)
    story, seed, press = checked(asked.value)
    outcome = use_run(story, seed, press, language)
    run, message, problem = told(outcome, story, language)
    last = solara.use_ref(run)
    last.current = run or last.current
    with solara.Div(classes=["explorer"]):
        StoryPicker.element(stories=stories(language), asked=[story, seed, press], on_asked=asked.set, words=words)
        Player.element(run=last.current, message=message, problem=problem, words=words, language=language)


@solara.component
def Layout(children: list[Any]) -> Any:
    """No bar and no margins of Solara's."""
    return solara.Div(children=children)


def use_run(story: str, seed: int, press: int, language: Language) -> Outcome | None:
    """The outcome of a run; None while it is computed."""
    future = solara.use_memo(lambda: runs().ask(story, seed, language), [story, seed, press, language])
    waiting = solara.lab.use_task(future.result, dependencies=[future], raise_error=False)
    return future.result() if future.done() else waiting.value if waiting.finished else None


def told(outcome: Outcome | None, story: str, language: Language) -> tuple[dict[str, Any], list[str], list[str]]:
    """The run, what to say while there is none, what to say of a failure; each may be empty."""
    if outcome is None:
        title = next(s["title"] for s in stories(language) if s["name"] == story)
        wait = [] if runs().warm else [say("page.first_start", language, seconds=FIRST_RUN_SECONDS)]
        return {}, [say("page.computing", language, title=title), *wait], []
    if outcome.status != "ok":
        reason = (outcome.error.strip().splitlines() or [outcome.status])[-1]
        return {}, [], [say("page.problem", language), say("page.crashed", language, reason=reason)]
    if "problem" in outcome.value:
        return {}, [], [say("page.problem", language), outcome.value["problem"]]
    return outcome.value, [], []


def checked(asked: list[Any]) -> tuple[str, int, int]:
    """Story, seed and count of presses as a browser sends them; a built-in story whatever it sends."""
    name, seed, press = (*asked, "", "", "")[:3]
    known = name if any(s["name"] == name for s in stories("en")) else FIRST_STORY
    return known, _whole(seed), _whole(press)


def _whole(number: Any) -> int:
    return int(str(number)) if str(number).isdecimal() and len(str(number)) < 16 else 0
