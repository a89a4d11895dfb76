"""What a scenario's files and dates lead to that its author may not have meant."""

from ..words import Language, rate, word
from .model import Scenario


def notes(scenario: Scenario, language: Language = "en") -> list[str]:
    """A sentence each: what was left out of a network, which events never happen or came before,
    what the money is worth.
    """
    said = list(filter(None, [rate(scenario.name, language)]))
    network = scenario.society.graph.network
    if network is not None:
        said.append(
            word(
                "note.network",
                language,
                file=network.source,
                people=f"{network.users:,}",
                ties=f"{len(network.ties):,}",
            )
        )
        if network.amounts is None:
            said.append(word("note.unweighted", language))
        else:
            low, high = network.amounts.min(), network.amounts.max()
            said.append(word("note.weights", language, low=f"{low:g}", high=f"{high:g}"))
        for key, count in (
            ("loops", network.loops),
            ("doubles", network.doubles),
            ("alone", network.alone),
        ):
            if count:
                said.append(word(f"note.{key}", language, count=f"{count:,}"))
        if network.left_out:
            said.append(word("note.left_out", language, columns=", ".join(network.left_out)))
        if network.labels:
            said.append(
                word(
                    "note.labels",
                    language,
                    first=network.labels[0],
                    last=network.labels[-1],
                    number=f"{network.users - 1:,}",
                )
            )
    for event in scenario.events:
        week = scenario.week_of(event.when)
        if not 0 <= week < scenario.weeks:
            key = "note.event_before" if week < 0 else "note.event_after"
            said.append(word(key, language, when=event.when, kind=event.kind))
    return said
