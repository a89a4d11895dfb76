"""On a phone: what is tapped is large enough for a finger, and the page of a run is short."""

import pytest

pytest_plugins = ["browser"]

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "reduced_motion": "reduce"}
TARGET = 44
"""Least height and width of what is tapped, in CSS pixels (WCAG 2.5.5)."""
SMALL = """least => [...document.querySelectorAll(
    'button, select, summary, input, [role=tab], a, .handles input')].flatMap(el => {
  const box = (el.closest('label:not(.pick)') ?? el).getBoundingClientRect(), own = el.getBoundingClientRect()
  const hidden = !el.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || !own.width
  const inline = el.matches('p a, td a, li > a, dd a')
  if (hidden || el.matches('.skip') || (inline && getComputedStyle(el).display === 'inline')) return []
  const wide = Math.max(own.width, box.width), high = Math.max(own.height, box.height)
  return high < least - .5 || (wide < least - .5 && !el.matches('.bar, .flag'))  // on the time line the width says when
    ? [`${el.tagName} ${el.className} ${el.ariaLabel ?? el.textContent.trim().slice(0, 30)} ${Math.round(own.width)}×${Math.round(own.height)}`] : [] })"""
PAGES = {
    "/": ".story:last-child .day b",
    "/play?story=facebook-zero-india&week=30": ".player.loaded .legend b",
    "/play?story=facebook-zero-india&lesson=1&week=1": ".player.loaded .legend b",
    "/compare?replicates=4": ".lens .legend b",
    "/model": ".rule:last-child svg",
    "/sweep": "main",
    "/missions": ".missions li",
    "/mission/1": ".disc.glow",
    "/mission/5?round=taste": ".came",
}


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("path", PAGES)
def test_what_is_tapped_is_large_enough(server, visit, path):
    page = visit(server.address + path, **PHONE).page
    page.wait_for_selector(PAGES[path])
    found = page.evaluate(SMALL, TARGET)
    assert not found, "\n".join(found)


@pytest.mark.slow
@pytest.mark.browser
def test_the_page_of_a_run_is_short_and_its_dialogs_are_on_the_screen(server, visit):
    page = visit(f"{server.address}/play?week=30", **PHONE).page
    page.wait_for_selector(".player.loaded .legend b")
    bottom = "Math.max(...[...document.querySelectorAll('.player > *')].map(e => e.getBoundingClientRect().bottom))"
    assert page.evaluate(bottom) <= 2000
    for opener, dialog in (("[data-part=keys]", ".help"), ("[data-part=act]", ".ask")):
        page.locator(opener).click()
        box = page.locator(dialog).bounding_box()
        assert box["x"] >= 0 and box["y"] >= 0
        assert box["x"] + box["width"] <= 390 and box["y"] + box["height"] <= 844
        page.keyboard.press("Escape")
