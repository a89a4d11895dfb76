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
        query: of the page's address, or of a picture's run, without "?"; the browser goes elsewhere by the router (`static/place.js`).
        words: texts by part and key. language: "en" or "zh". on_dark: partners of colours on a dark ground.
        html: what is shown, to be found and moved by the module (`markup`).
    """

    query = traitlets.Unicode("").tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    language = traitlets.Unicode("en").tag(sync=True)
    on_dark = traitlets.Dict(ON_DARK).tag(sync=True)
    html = traitlets.Unicode("").tag(sync=True)


class Head(_Widget):
    """The head of every page: its name, the other pages, theme and language."""

    _esm = _module("head")


class Player(_Widget):
    """A run: the stage with its clock, offers on the time line, charts."""

    _esm = _module("player")


class Twins(_Widget):
    """Two runs under one clock, and their differences."""

    _esm = _module("compare")


class Picture(_Widget):
    """A story's run as a small moving picture."""

    _esm = _module("gallery")


class Rules(_Widget):
    """The rules of the model to play with, its parameters and the stories."""

    _esm = _module("rules")


class Sweeps(_Widget):
    """Results of a sweep, as a form asks for them."""

    _esm = _module("sweep")
