"""What a reader meets while a market is computed, and when it cannot be."""

import subprocess
import sys
from concurrent.futures import Future

import pytest
from conftest import awaited
from starlette.requests import Request

from market_model.explorer import solo, texts
from market_model.explorer.curves import _equations
from market_model.explorer.runs import Crashed, ended
from market_model.work.runner import Job, Outcome

pytest_plugins = ["browser"]


@pytest.mark.parametrize(("language", "word"), [("en", "memory"), ("zh", "内存")])
@pytest.mark.parametrize("error", ["its process died (exit code -9)", "MemoryError: 8 GiB"])
def test_a_worker_that_dies_is_told_in_words_of_the_reader(error, language, word):
    status = "failed" if "Memory" in error else "crashed"
    told = ended(Crashed(Outcome(0, status, error=error)), language)
    assert word in told and error not in told


def test_solo_play_answers_at_once_with_a_page_that_asks_again(monkeypatch):
    waiting = Job(Future(), lambda: None)
    monkeypatch.setattr(solo, "job_of", lambda _: waiting)
    monkeypatch.setattr(texts, "compiled", lambda: 1)
    query = b"story=china-2013&seat=yixin&set=society.users%3D300&lang=zh"
    request = Request(
        {
            "type": "http",
            "method": "GET",
            "query_string": query,
            "headers": [],
            "path": "/solo",
            "server": ("127.0.0.1", 80),
            "scheme": "http",
        }
    )
    answer = awaited(solo.page(request))
    assert answer.status_code == 200 and answer.headers["refresh"] == "1"
    assert "本页会自动继续。正在编译模型" in answer.body.decode()
    assert "3 个部分中已完成 1 个" in answer.body.decode()


def test_rules_drawn_in_plain_python_leave_the_compiler_on():
    from numba.core import config

    _equations.cache_clear()
    before = config.DISABLE_JIT
    assert not hasattr(_equations().sigmoid, "py_func")
    assert before == config.DISABLE_JIT


@pytest.mark.browser
def test_dialogs_stay_on_a_phone_s_screen(server, visit):
    page = visit(f"{server.address}/play?week=20", viewport={"width": 390, "height": 844}).page
    page.wait_for_selector(".player.loaded:not(.covered)")
    page.wait_for_selector("[data-part=add]:enabled")
    for opener in ("[data-part=keys]", "[data-part=add]", "[data-part=act]"):
        page.click(opener)
        box = page.locator("dialog[open]").bounding_box()
        assert box["x"] >= 0 and box["y"] >= 0
        assert box["x"] + box["width"] <= 390 and box["y"] + box["height"] <= 844
        page.keyboard.press("Escape")


SCRIPT = """
from market_model import compare, load_scenario
china = load_scenario("china-2013", {{"society.users": 60, "weeks": 4}})
{guard}print(compare({{"a": china, "b": china}}, replicates=1, workers=2).failures)
"""


@pytest.mark.parametrize("guarded", [False, True])
def test_a_script_that_is_not_guarded_is_told_so_and_does_not_wait_forever(tmp_path, guarded):
    script = tmp_path / "mine.py"
    script.write_text(SCRIPT.format(guard='if __name__ == "__main__": ' if guarded else ""))
    run = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=120, check=False
    )
    if guarded:
        assert run.returncode == 0, run.stderr
    else:
        assert run.returncode == 1
        assert 'its work under `if __name__ == "__main__":`' in run.stderr.splitlines()[-1]
        assert run.stderr.count("Traceback") == 1
