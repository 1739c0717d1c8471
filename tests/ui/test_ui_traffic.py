"""What the browser asked for in the tests before, by the files' names, and what it complained of."""

from __future__ import annotations

from urllib.parse import urlsplit

from tests.ui.browser import Browser

_EXPECTED = {
    # How the UI learns that nobody has logged in yet.
    (401, "/ui/config"),
    # Airflow 3.3.2 asks for it here, and has it elsewhere under another name; templates are shown without it.
    (404, "/static/wasm/sqlparser_rs_wasm.js"),
}
# Airflow's login page (apache-airflow-providers-fab) uses a library for its clock that it does not load.
_CLOCK_OF_THE_LOGIN_PAGE = "Cannot read properties of undefined (reading 'tz')"


def test_every_request_was_answered_well(admin: Browser) -> None:
    traffic = admin.note_traffic()
    bad = [answer for answer in traffic.answers if answer[0] >= 400]
    assert [answer for answer in bad if (answer[0], urlsplit(answer[1]).path) not in _EXPECTED] == []
    assert traffic.failures == []
    assert len(traffic.answers) > 50


def test_nothing_was_asked_of_another_place(admin: Browser) -> None:
    assert [url for url in admin.note_traffic().asked if not url.startswith(f"{admin.url}/")] == []


def test_the_console_has_no_error(admin: Browser) -> None:
    assert [line for line in admin.note_traffic().complaints if _CLOCK_OF_THE_LOGIN_PAGE not in line] == []
