"""The pages' widgets: Python holds their values, the ES modules in `static` draw them."""

import anywidget
import traitlets

from ..charts.look import ON_DARK


def _module(name: str) -> str:
    """A module that fetches the one of this name from the server, so that it can import its neighbours."""
    return (f"const from = new URL('/explorer/{name}.js', location.origin)\n"
            "export default { render: async context => (await import(from)).render(context) }")


class _Widget(anywidget.AnyWidget):
    """What all widgets know.

    Attributes:
        query: of the page's address, without "?"; the browser goes elsewhere by the router (`static/place.js`).
        words: texts by part and key. language: "en" or "zh". on_dark: partners of colours on a dark ground.
    """

    query = traitlets.Unicode("").tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    language = traitlets.Unicode("en").tag(sync=True)
    on_dark = traitlets.Dict(ON_DARK).tag(sync=True)


class Head(_Widget):
    """The head of every page: its name, the other pages, theme and language; `page` is the path of this one."""

    _esm = _module("head")
    page = traitlets.Unicode("/").tag(sync=True)


class Player(_Widget):
    """A run: the stage with its clock, offers on the time line, charts. `stories`: [{name, title}]."""

    _esm = _module("player")
    stories = traitlets.List(traitlets.Dict()).tag(sync=True)


class Twins(Player):
    """Two runs under one clock, and their differences."""

    _esm = _module("compare")


class Picture(_Widget):
    """A story's run as a small moving picture."""

    _esm = _module("gallery")
    story = traitlets.Unicode("").tag(sync=True)
    title = traitlets.Unicode("").tag(sync=True)


class Rules(Player):
    """The rules of the model to play with, its parameters, its evidence and the stories. `rules`: of `curves.RULES`."""

    _esm = _module("rules")
    evidence = traitlets.List(traitlets.Dict()).tag(sync=True)
    rules = traitlets.List(traitlets.Dict()).tag(sync=True)
