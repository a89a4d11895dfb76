"""The page's widgets: Python holds their values, the ES modules in `static` draw them."""

import anywidget
import traitlets

from ..charts.look import ON_DARK


def _module(name: str) -> str:
    """A module that fetches the one of this name from the server, so that it can import its neighbours."""
    return (f"const from = new URL('/explorer/{name}.js', location.origin)\n"
            "export default { render: async context => (await import(from)).render(context) }")


class StoryPicker(anywidget.AnyWidget):
    """Story, seed and the Run button; `asked` is [story, seed] as of the last choice."""

    _esm = _module("picker")
    stories = traitlets.List(traitlets.Dict()).tag(sync=True)
    asked = traitlets.List().tag(sync=True)
    words = traitlets.Dict().tag(sync=True)


class Player(anywidget.AnyWidget):
    """The stage with its clock, the offers on the time line, the chart.

    `run` is a `playback.Playback`; until there is one, or while the next is computed, `message` says so.
    """

    _esm = _module("player")
    run = traitlets.Dict().tag(sync=True)
    message = traitlets.List(traitlets.Unicode()).tag(sync=True)
    problem = traitlets.List(traitlets.Unicode()).tag(sync=True)
    words = traitlets.Dict().tag(sync=True)
    language = traitlets.Unicode("en").tag(sync=True)
    on_dark = traitlets.Dict(ON_DARK).tag(sync=True)
