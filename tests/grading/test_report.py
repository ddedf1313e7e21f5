"""The report: the right numbers, the same for the same results, and harmless whatever is in them."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser

import builders
import pytest

from workshop.exercises.verdict import LOOKS, Status
from workshop.grading import report
from workshop.grading.grade import grade
from workshop.grading.results import Result

RAN = "\"document.documentElement.setAttribute('data-ran',1)\""
ATTACKS = (
    "<script>document.documentElement.setAttribute('data-ran',1)</script>",
    f"<img src=x onerror={RAN}>",
    f'"><svg onload={RAN}>',
    f"' autofocus tabindex=1 onfocus={RAN} x='",
    f"</bdi></p></details></style></title><body onload={RAN}>",
    "--><iframe srcdoc='<script>parent.document.documentElement.setAttribute(1,1)</script>'>",
    f'<a href="javascript:{RAN}">here</a><meta http-equiv=refresh content="0;url=//evil.example">',
    "<style>body{display:none}</style><base href=//evil.example><link rel=stylesheet href=//e.org>",
    "\x00\x1b]0;title\x07\u202e\u2066gnp.exe\ud800\x85\u200b &lt;script&gt; &#60;",
    "a" * 5000 + "Z\u0351\u0351\u0351" * 400,
)


def result(attendee, exercise, verdict, reason="", **more):
    return Result(attendee, "neuron", exercise, verdict, reason, 0.1, **more)


def hostile():
    """Results in which every field that a submission can reach is an attack."""
    rows, problems = [], {}
    for attack in ATTACKS:
        for exercise, verdict in (("sigmoid", "wrong"), ("weighted_sum", "crashed")):
            rows.append(
                result(
                    attack,
                    exercise,
                    verdict,
                    attack,
                    stage="values",
                    got=attack,
                    expected=attack,
                    notebook=attack,
                )
            )
        problems[attack] = [f"{attack}: unreadable: {attack}"]
    return rows, problems


class Read(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.text, self.policy = {}, {}, [], ""
        self.open, self.crossed = [], []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags[tag] = self.tags.get(tag, 0) + 1
        for name, value in attributes:
            self.attributes.setdefault((tag, name), []).append(value)
        if dict(attributes).get("http-equiv") == "Content-Security-Policy":
            self.policy = dict(attributes)["content"]
        if tag not in ("meta", "rect"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.crossed.append(tag)

    def handle_data(self, data):
        self.text.append(data)


def values_of(read, name):
    return sorted(
        value for (_, found), values in read.attributes.items() if found == name for value in values
    )


def words(page):
    return " ".join(" ".join(Read(page).text).split())


# --- the numbers ---------------------------------------------------------------------------------


def a_class():
    rows = [result("ann", "weighted_sum", "passed"), result("ann", "sigmoid", "passed")]
    rows += [result("bob", "weighted_sum", "passed"), result("bob", "sigmoid", "timed out", "slow")]
    for name, off in (("cem", "0.25"), ("dot", "1.5e-07"), ("eva", "inf")):
        rows += [
            result(name, "weighted_sum", "passed"),
            result(
                name,
                "sigmoid",
                "wrong",
                f"The numbers are not right yet; the largest difference is {off}. (2 of 6 cases "
                f"are right; this one is: empty.)",
                got=f"[{off}]",
                expected="[0.5]",
            ),
        ]
    return rows


def test_facts_and_the_heat_map_count_what_is_there():
    page = report.page(a_class(), {"fay": ["fay/x.ipynb: unreadable: the file is empty"]})
    text = words(page)
    assert text.count("6 attendees") == 1
    assert "2 exercises of 1 lesson " in text
    assert "50 % passed: 6 of 12" in text
    assert "1 passed everything" in text
    assert "Grading was interrupted: 2 of 12 are not graded yet." in text  # fay's
    assert "fay/x.ipynb: unreadable: the file is empty" in text
    cells = re.findall(r'<td class="v ([a-z-]+)[^>]*title="([^"]+)"', page)
    assert [css for css, _ in cells] == [
        *["passed"] * 3,
        "timed-out",
        *["passed", "wrong"] * 3,
        *["not-graded-yet"] * 2,
    ]
    assert cells[3][1] == "bob: sigmoid: timed out"
    assert "Grading was interrupted" not in words(report.page(a_class()))


def test_links_lead_to_the_feedback_that_they_name():
    page = report.page(a_class())
    read = Read(page)
    ids = values_of(read, "id")
    links = {value.removeprefix("#") for value in read.attributes["a", "href"]}
    assert len(ids) == len(set(ids))
    assert links <= set(ids)
    bob = page[page.index('<dt id="a1-1">') :]
    assert words(bob).startswith("T sigmoid: timed out neuron slow")


def test_where_the_class_got_stuck_comes_by_the_share_passed():
    rows = a_class()
    rows += [result(name, "boundary_x2", "not attempted") for name in ("ann", "bob", "cem", "dot")]
    rows += [result(name, "standardize", "wrong", "no") for name in ("ann", "bob", "cem", "dot")]
    rows += [result("eva", name, "passed") for name in ("boundary_x2", "standardize")]
    section = report.page(rows).split("Where the class got stuck")[1].split("</section>")[0]
    order = re.findall(r'<th scope="row">(\w+)', section)
    # One in five passed the first three; but fewest tried boundary_x2.
    assert order == ["sigmoid", "standardize", "boundary_x2", "weighted_sum"]
    text = words(section)
    assert "sigmoid neuron 1/5 3 wrong, 1 timed out" in text
    assert "weighted_sum neuron 5/5 everybody passed" in text
    widths = re.findall(r'class="([a-z-]+)" x="([\d.]+)" y="0" width="([\d.]+)"', section)
    assert widths[:3] == [
        ("passed", "0.00", "20.00"),
        ("wrong", "20.00", "60.00"),
        ("timed-out", "80.00", "20.00"),
    ]


def test_mistakes_are_grouped_with_who_made_them():
    rows = [*a_class(), result("gil", "sigmoid", "wrong", "The sign is wrong.")]
    section = report.page(rows).split("The most common mistakes")[1].split("</section>")[0]
    often, once = section.split("<details>")
    assert words(often) == (
        "3\u00d7 sigmoid neuron The numbers are not right yet. (2 of 6 cases are right; this one "
        "is: empty.) cem , dot , eva"
    )
    assert "1 more mistake 1\u00d7 sigmoid neuron The sign is wrong. gil" in words(once)
    both = [
        result(
            name,
            "sigmoid",
            "wrong",
            f"It stops with NameError: no y. The line is `{name}`. Is it spelt right?",
        )
        for name in ("ann", "bob")
    ]
    assert "2\u00d7 sigmoid neuron It stops with NameError: no y. Is it" in words(report.page(both))
    both = [*both, *(result(name, "standardize", "wrong", "no") for name in "abc")]
    section = report.page(both).split("The most common mistakes")[1]
    assert re.findall(r"<strong>(\d)\u00d7 (\w+)", section) == [
        ("3", "standardize"),
        ("2", "sigmoid"),
    ]
    named = [
        result(name, "sigmoid", "wrong", f"It is {off} off.", mistake="no_exp")
        for name, off in (("ann", 1), ("bob", 2))
    ]
    assert "2\u00d7 sigmoid neuron It is 1 off. ann , bob" in words(report.page(named))
    many = [result(name, f"exercise{n:02}", "wrong", "no") for n in range(20) for name in "ab"]
    section = report.page(many).split("The most common mistakes")[1].split("</section>")[0]
    assert section.split("<details>")[0].count("<li>") == report.MAX_SHOWN
    assert f"{20 - report.MAX_SHOWN} more mistakes" in section


def test_the_share_is_rounded_down_so_that_100_is_all():
    rows = [result(f"a{n:03}", "sigmoid", "passed" if n else "wrong") for n in range(200)]
    assert "99 % passed: 199 of 200" in words(report.page(rows))
    assert "100 % passed: 199 of 199" in words(report.page(rows[1:]))


def test_the_same_results_give_the_same_page():
    rows = a_class()
    page = report.page(rows, {}, "bubblewrap")
    slower = [Result(**{**one.__dict__, "seconds": 9.9}) for one in rows]
    by_attendee = sorted(slower, key=lambda one: one.attendee, reverse=True)
    exercises = [("neuron", "weighted_sum"), ("neuron", "sigmoid")]
    assert report.page(by_attendee, {}, "bubblewrap", exercises=exercises) == page
    assert "Isolation of the submissions: bubblewrap." in page
    assert not re.search(r"\b20[2-9]\d\b|\d\d:\d\d", page)


def test_an_empty_class_is_a_page_too():
    assert "0 attendees" in words(report.page([]))
    page = report.page([], {"ann": ["ann/notes.txt: refused: no notebook"]})
    assert "1 attendee 0 exercises of 0 lessons 0 % passed: 0 of 0 0 passed everything" in words(
        page
    )
    assert "no notebook" in page


def test_every_status_has_a_look_that_can_be_read():
    assert list(LOOKS) == list(Status)
    looks = (*LOOKS.values(), report.PENDING)
    assert len({look.symbol for look in looks}) == len(looks)

    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        parts = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    for look in looks:
        light, dark = sorted(map(luminance, (look.background, look.text)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, look
    rows = [result("ann", f"e{n}", status) for n, status in enumerate(Status)]
    text = words(report.page(rows, {"bob": []}))
    for look in looks:
        assert f"{look.symbol} {look.name} {look.meaning}" in text


# --- hostile input -------------------------------------------------------------------------------


def test_no_tag_and_no_attribute_comes_from_a_submission():
    rows, problems = hostile()
    page = report.page(rows, problems, ATTACKS[0])
    read = Read(page)
    harmless = [
        result(
            f"attendee{n // 2}",
            one.exercise,
            one.verdict,
            f"reason {n}",
            stage="values",
            got="1",
            expected="2",
            notebook="02_neuron.ipynb",
        )
        for n, one in enumerate(rows)
    ]
    plain = Read(report.page(harmless, {f"attendee{n}": ["x"] for n in range(len(ATTACKS))}, "x"))
    assert read.tags == plain.tags
    assert set(read.attributes) == set(plain.attributes)
    assert read.crossed == []
    assert read.open == []
    assert not {"script", "img", "iframe", "base", "link", "object", "form"} & set(read.tags)
    assert not any(
        name.startswith("on") or name in ("style", "src", "srcdoc", "action")
        for _, name in read.attributes
    )
    assert all(re.fullmatch(r"#a\d+(-\d+)?", one) for one in read.attributes["a", "href"])
    for name in ("class", "id"):
        assert values_of(read, name) == values_of(plain, name)
    text = "".join(read.text)
    assert ATTACKS[0] in text  # as text it is there
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", page
    )
    page.encode("utf-8")
    assert "a" * 2100 not in page


def test_the_policy_lets_in_the_page_s_own_style_only():
    page = report.page(*hostile())
    rules = dict(rule.strip().split(" ", 1) for rule in Read(page).policy.split(";"))
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.S)
    digest = rules.pop("style-src").removeprefix("'sha256-").removesuffix("'")
    assert base64.b64decode(digest) == hashlib.sha256(style.encode()).digest()
    assert set(rules) == {"default-src", "script-src", "base-uri", "form-action"}
    assert set(rules.values()) == {"'none'"}
    assert "http" not in page.replace("http-equiv", "").replace(
        "".join(map(report._safe, ATTACKS)), ""
    )


BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


def shown_by_a_browser(page, folder):
    """The page as it is in a real browser after its scripts, if any, have run."""
    path = folder / "page.html"
    path.write_text(page, encoding="utf-8")
    run = subprocess.run(
        [
            BROWSER,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            f"--user-data-dir={folder / 'profile'}",
            "--virtual-time-budget=1000",
            "--dump-dom",
            path.as_uri(),
        ],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=120,
        check=True,
    )
    assert "<body" in run.stdout, run.stderr
    return run.stdout


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium or Chrome to look with")
def test_in_a_real_browser_nothing_of_it_runs(tmp_path):
    page = report.page(*hostile())
    shown = shown_by_a_browser(page, tmp_path)
    assert "data-ran" not in shown[: shown.index("<head")]
    read = Read(page)
    for tag in ("details", "td", "table", "section", "pre", "dt"):
        assert shown.count(f"<{tag}") - page.count(f"<{tag}") == 0, tag
    assert read.tags["bdi"] == shown.count("<bdi>")

    # The browser would have run them; and had one slipped through, the policy would not.
    naked = page.replace("</header>", "</header>" + ATTACKS[0] + ATTACKS[1])
    assert "data-ran" not in shown_by_a_browser(naked, tmp_path).split("<head")[0]
    without = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", naked)
    assert 'data-ran="1"' in shown_by_a_browser(without, tmp_path).split("<head")[0]


# --- with workshop grade -------------------------------------------------------------------------


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="graded on Linux")
def test_grading_writes_the_report_and_a_second_time_the_same(tmp_path):
    place, out = tmp_path / "class", tmp_path / "out"
    wrong = {"sigmoid": "def sigmoid(z):\n    raise ValueError('<script>alert(1)</script>')\n"}
    builders.hand_in(place, "<img src=x onerror=alert(1)>", builders.notebook(wrong))
    builders.hand_in(place, "empty", b"")
    grade([place], out, unsafe=True, seed=5)
    page = (out / "report.html").read_bytes()
    assert grade([place], out, seed=5).checked == 0
    assert (out / "report.html").read_bytes() == page
    levels = json.loads((out / "isolation.json").read_text(encoding="utf-8"))["levels"]
    assert report._safe(levels[0]) in page.decode()
    text = words(page.decode())
    assert "4 exercises of 1 lesson 37 % passed: 3 of 8" in text
    assert "It stops with ValueError: <script>alert(1)</script>." in text
    assert "script" not in Read(page.decode()).tags
    assert "the file is empty" in text


def test_an_interrupted_grading_leaves_a_report(tmp_path, monkeypatch):
    place, out = tmp_path / "class", tmp_path / "out"
    builders.hand_in(place, "ann", builders.notebook({"sigmoid": None}))
    builders.hand_in(place, "bob", b"")

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("workshop.grading.sandbox.choose", interrupted)
    with pytest.raises(KeyboardInterrupt):
        grade([place], out, seed=5)
    text = words((out / "report.html").read_text(encoding="utf-8"))
    assert "2 attendees 4 exercises of 1 lesson 0 % passed: 0 of 8" in text
    assert "Grading was interrupted: 3 of 8 are not graded yet." in text
    assert not list(out.glob(".report*"))
