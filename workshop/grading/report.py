"""The report on a class: one HTML page that needs nothing else, the same for the same results.

Everything that came from a submission passes through `_safe` or `_name` on its way into the page,
always as text between tags or in a quoted title. The page has no script, and its policy lets none
run, nor load anything: only the one style sheet, known by its hash.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Iterable, Mapping, Sequence

from workshop.core.files import printable
from workshop.exercises.verdict import LOOKS, Look, Status
from workshop.grading.results import Result

PENDING = Look("not graded yet", "\u2026", "#FFFFFF", "#666666", "grading was interrupted")
UNTRIED = {  # nothing ran
    *(Status.NOT_ATTEMPTED, Status.MISSING, Status.UNREADABLE, Status.REFUSED),
    PENDING.name,
}
Key = tuple[str, str]  # lesson, exercise
MAX_SHOWN = 15  # of the mistakes; the others are folded


def page(
    results: Sequence[Result],
    problems: Mapping[str, Sequence[str]] | None = None,
    isolation: str = "",
    *,
    exercises: Sequence[Key] | None = None,
) -> str:
    """The report as HTML.

    Args:
        results: of the class, in any number; where attendee and exercise are not among them, the
            page says that they are not graded yet.
        problems: per attendee, the files that could not be read or were not let in.
        isolation: how the submissions were isolated.
        exercises: lesson and name of each, in their order; by default those of `results`.
    """
    columns = list(dict.fromkeys(exercises or ())) or list(map(_key, results))
    columns = list(dict.fromkeys([*columns, *map(_key, results)]))
    lessons = list(dict.fromkeys(lesson for lesson, _ in columns))
    columns = [key for lesson in lessons for key in columns if key[0] == lesson]
    names = sorted({one.attendee for one in results} | set(problems or ()))
    found: dict[str, dict[Key, Result]] = {name: {} for name in names}
    for one in results:
        found[one.attendee][_key(one)] = one
    parts = [
        _facts(found, columns, isolation),
        _map(found, columns),
        _stuck(found, columns),
        _mistakes(found, columns),
        _feedback(found, columns, problems or {}),
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>Grading report</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body>\n</html>\n"
    )


def _key(one: Result) -> Key:
    return one.lesson, one.exercise


# --- text from outside ---------------------------------------------------------------------------


def _safe(text: str) -> str:
    """Text that may be anything, as text of the page."""
    return html.escape(printable(str(text)), quote=True)


def _name(text: str, max_length: int = 80) -> str:
    """The same for names, in a line."""
    line = " ".join(printable(str(text)).split()) or "(no name)"
    return html.escape(
        line if len(line) <= max_length else line[:max_length] + "\u2026", quote=True
    )


def _bdi(text: str) -> str:
    return f"<bdi>{text}</bdi>"


# --- parts of the page ---------------------------------------------------------------------------


def _facts(
    found: Mapping[str, Mapping[Key, Result]], columns: Sequence[Key], isolation: str
) -> str:
    everything = [one for row in found.values() for one in row.values()]
    passed, total = sum(one.passed for one in everything), len(found) * len(columns)
    lessons = len({lesson for lesson, _ in columns})
    whole = sum(
        bool(columns) and all(key in row and row[key].passed for key in columns)
        for row in found.values()
    )
    facts = [
        (str(len(found)), _plural(len(found), "attendee")),
        (
            str(len(columns)),
            f"{_plural(len(columns), 'exercise')} of {lessons} {_plural(lessons, 'lesson')}",
        ),
        (_percent(passed, total), f"passed: {passed} of {total}"),
        (str(whole), "passed everything"),
    ]
    items = "".join(f"<li><strong>{number}</strong> {what}</li>" for number, what in facts)
    left = total - len(everything)
    notes = f"<p>Grading was interrupted: {left} of {total} are not graded yet.</p>" if left else ""
    notes += f"<p>Isolation of the submissions: {_safe(isolation)}.</p>" if isolation else ""
    return f'<header><h1>Grading report</h1><ul class="facts">{items}</ul>{notes}</header>'


def _map(found: Mapping[str, Mapping[Key, Result]], columns: Sequence[Key]) -> str:
    lessons = list(dict.fromkeys(lesson for lesson, _ in columns))
    heads = "".join(
        f'<th scope="colgroup" colspan="{sum(one == lesson for one, _ in columns)}" class="g">'
        f'<span title="{_name(lesson)}">{_name(lesson)}</span></th>'
        for lesson in lessons
    )
    starts = {next(key for key in columns if key[0] == lesson) for lesson in lessons}
    edge = {key: " g" if key in starts else "" for key in columns}
    titles = "".join(
        f'<th scope="col" class="x{edge[key]}"><span>{_name(key[1])}</span></th>' for key in columns
    )
    count = len(found)
    sums = "".join(
        f'<td class="s{edge[key]}">{_percent(_passed(found, key), count).removesuffix(" %")}</td>'
        for key in columns
    )
    rows = []
    for number, (name, row) in enumerate(found.items()):
        cells = "".join(
            _cell(f"a{number}-{place}", name, key, row.get(key), edge[key])
            for place, key in enumerate(columns)
        )
        passed = sum(one.passed for one in row.values())
        rows.append(
            f'<tr><th scope="row"><div><a href="#a{number}" title="{_name(name)}">'
            f"{_bdi(_name(name))}</a><span>{passed}/{len(columns)}</span></div></th>{cells}</tr>"
        )
    return (
        "<section><h2>The class</h2>"
        + _legend(found, len(columns))
        + '<div class="scroll" tabindex="0" role="region" aria-label="Attendees and exercises">'
        '<table class="map"><thead>'
        f'<tr><th rowspan="2"><div>attendee<span>passed</span></div></th>{heads}</tr>'
        f"<tr>{titles}</tr>"
        f'<tr><th scope="row">passed, in %</th>{sums}</tr>'
        "</thead><tbody>" + "\n".join(rows) + "</tbody></table></div></section>"
    )


def _cell(place: str, name: str, key: Key, one: Result | None, edge: str) -> str:
    look = _look(one)
    title = f'title="{_name(name)}: {_name(key[1])}: {look.name}"'
    shown = f'<b aria-hidden="true">{look.symbol}</b><i>{look.name}</i>'
    if one is not None and not one.passed:
        shown = f'<a tabindex="-1" href="#{place}">{shown}</a>'
    return f'<td class="v {_css(look)}{edge}" {title}>{shown}</td>'


def _legend(found: Mapping[str, Mapping[Key, Result]], count: int) -> str:
    there = {_look(one).name for row in found.values() for one in row.values()}
    if any(len(row) < count for row in found.values()):
        there.add(PENDING.name)
    items = "".join(
        f'<li><b class="v {_css(look)}" aria-hidden="true">{look.symbol}</b> {look.name}'
        f" <small>{look.meaning}</small></li>"
        for look in (*LOOKS.values(), PENDING)
        if look.name in there
    )
    return f'<ul class="legend">{items}</ul>'


def _stuck(found: Mapping[str, Mapping[Key, Result]], columns: Sequence[Key]) -> str:
    def tried(key: Key) -> int:
        return sum(_look(row.get(key)).name not in UNTRIED for row in found.values())

    # Of two with the same share, the one that more have tried in vain.
    order = sorted(columns, key=lambda key: (_passed(found, key), -tried(key)))
    rows = []
    for key in order:
        looks = [_look(row.get(key)) for row in found.values()]
        counts = [(look, looks.count(look)) for look in (*LOOKS.values(), PENDING)]
        counts = [(look, count) for look, count in counts if count]
        others = ", ".join(f"{n} {look.name}" for look, n in counts if look.name != Status.PASSED)
        rows.append(
            f'<tr><th scope="row">{_name(key[1])}<small>{_name(key[0])}</small></th>'
            f"<td>{_passed(found, key)}/{len(found)}</td>"
            f"<td>{_bar(counts)}</td><td>{others or 'everybody passed'}</td></tr>"
        )
    return (
        "<section><h2>Where the class got stuck</h2><p>The exercises that fewest have passed come "
        'first.</p><div class="wide"><table class="list"><thead><tr><th scope="col">exercise</th>'
        '<th scope="col">passed</th><th scope="col">verdicts</th><th scope="col">the others</th>'
        "</tr></thead><tbody>" + "\n".join(rows) + "</tbody></table></div></section>"
    )


def _bar(counts: Sequence[tuple[Look, int]]) -> str:
    total, at, pieces = sum(count for _, count in counts), 0, []
    for look, count in counts:
        pieces.append(
            f'<rect class="{_css(look)}" x="{100 * at / total:.2f}" y="0" '
            f'width="{100 * count / total:.2f}" height="10"/>'
        )
        at += count
    return (
        '<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">'
        + "".join(pieces)
        + "</svg>"
    )


def _mistakes(found: Mapping[str, Mapping[Key, Result]], columns: Sequence[Key]) -> str:
    groups: dict[tuple[Key, str], list[int]] = {}  # by exercise and mistake, or else by diagnosis
    reasons: dict[tuple[Key, str], str] = {}
    for key in columns:
        for number, row in enumerate(found.values()):
            if key in row and row[key].verdict == Status.WRONG:
                reason = diagnosis(printable(row[key].reason))
                group = (key, row[key].mistake or reason)
                groups.setdefault(group, []).append(number)
                reasons.setdefault(group, reason)
    order = sorted(groups, key=lambda group: -len(groups[group]))
    names = list(found)

    def item(group: tuple[Key, str]) -> str:
        (lesson, exercise), _ = group
        people = ", ".join(
            f'<a href="#a{n}">{_bdi(_name(names[n], 40))}</a>' for n in groups[group]
        )
        return (
            f"<li><strong>{len(groups[group])}\u00d7 {_name(exercise)}</strong> "
            f'<small>{_name(lesson)}</small><p class="t">{_bdi(_safe(reasons[group]))}</p>'
            f'<p class="who">{people}</p></li>'
        )

    shown = [group for group in order if len(groups[group]) > 1][:MAX_SHOWN]
    rest = order[len(shown) :]
    text = "<p>No mistake was made twice.</p>"
    if shown:
        text = f"<ol>{''.join(map(item, shown))}</ol>"
    if rest:
        what = f"{len(rest)} {'more' if shown else ''} {_plural(len(rest), 'mistake')}"
        text += (
            f'<details><summary>{what}</summary><ol start="{len(shown) + 1}">'
            f"{''.join(map(item, rest))}</ol></details>"
        )
    return f'<section class="mistakes"><h2>The most common mistakes</h2>{text}</section>'


def diagnosis(reason: str) -> str:
    """A reason without what differs from attendee to attendee: how far off, in which line."""
    text = " ".join(reason.split())
    text = re.sub(r"; the largest difference is [-+.\w]+?(?=\.(?: |$))", "", text)
    return re.sub(r" The line is `.*?`\.(?= |$)", "", text)


def _feedback(
    found: Mapping[str, Mapping[Key, Result]],
    columns: Sequence[Key],
    problems: Mapping[str, Sequence[str]],
) -> str:
    parts = []
    for number, (name, row) in enumerate(found.items()):
        passed = [_name(key[1]) for key in columns if key in row and row[key].passed]
        others = "".join(
            _exercise(f"a{number}-{place}", row[key])
            for place, key in enumerate(columns)
            if key in row and not row[key].passed
        )
        files = "".join(f"<li>{_bdi(_safe(one))}</li>" for one in problems.get(name, ()))
        left = len(columns) - len(row)
        parts.append(
            f'<details id="a{number}"><summary>{_bdi(_name(name))} '
            f"<small>{len(passed)} of {len(columns)} passed</small></summary>"
            + (f'<p class="t">Passed: {", ".join(passed)}.</p>' if passed else "")
            + (f"<dl>{others}</dl>" if others else "")
            + (f"<p>{left} not graded yet.</p>" if left else "")
            + (f'<p>Problems with files:</p><ul class="t">{files}</ul>' if files else "")
            + "</details>"
        )
    return '<section class="feedback"><h2>Each attendee</h2>' + "\n".join(parts) + "</section>"


def _exercise(place: str, one: Result) -> str:
    look = _look(one)
    stage = (
        f" <small>({_name(one.stage)})</small>" if one.stage and one.verdict == Status.WRONG else ""
    )
    where = (
        f"{_name(one.lesson)}, {_bdi(_name(one.notebook))}" if one.notebook else _name(one.lesson)
    )
    values = "".join(
        f"<pre>{label} {_bdi(_safe(text))}</pre>"
        for label, text in (("got:     ", one.got), ("expected:", one.expected))
        if text
    )
    return (
        f'<dt id="{place}"><b class="v {_css(look)}" aria-hidden="true">'
        f"{look.symbol}</b> {_name(one.exercise)}: {look.name}{stage} <small>{where}</small></dt>"
        f'<dd><p class="t">{_bdi(_safe(one.reason))}</p>{values}</dd>'
    )


# --- small ---------------------------------------------------------------------------------------


def _look(one: Result | None) -> Look:
    return PENDING if one is None else LOOKS[one.verdict]


def _css(look: Look) -> str:
    """The name of its CSS class."""
    return look.name.replace(" ", "-")


def _passed(found: Mapping[str, Mapping[Key, Result]], key: Key) -> int:
    return sum(key in row and row[key].passed for row in found.values())


def _percent(part: int, whole: int) -> str:
    """Rounded down, so that 100 % is all."""
    return f"{100 * part // whole if whole else 0} %"


def _plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"


def _colours(looks: Iterable[Look]) -> str:
    return "\n".join(
        f".{_css(one)} {{ background: {one.background}; color: {one.text}; fill: {one.background} }}"
        for one in looks
    )


# The style allows nothing from a submission to reach out of its place: long words break, and what
# marks stack up above a letter is cut off at the edge of its line.
STYLE = (
    """
:root { color-scheme: light; font: 17px/1.45 system-ui, sans-serif; color: #111; background: #fff }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 1rem clamp(.6rem, 2vw, 2rem) 4rem; max-width: 110rem }
header { overflow-wrap: anywhere } h1 { font-size: 1.7rem; margin: 0 } h2 { font-size: 1.35rem; margin: 2.2rem 0 .6rem }
a { color: #00456e } small { color: #444; font-size: .85em; font-weight: normal }
.facts, .legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .4rem 2rem }
.facts strong { font-size: 1.7rem; display: block; line-height: 1.15 }
.legend { gap: .3rem 1.3rem; font-size: .95rem }
b.v { display: inline-block; width: 1.6em; line-height: 1.6em; text-align: center }
b.v, td.v { border: 1px solid #999 }
.scroll { overflow: auto; max-height: 88vh; border: 1px solid #999; max-width: 100%;
  width: fit-content }
.map { border-collapse: separate; border-spacing: 0 }
.map thead { position: sticky; top: 0; z-index: 2 }
.map th, .map .s { background: #fff; border-bottom: 1px solid #999 }
.map th[rowspan], .map th[scope=row] { position: sticky; left: 0; z-index: 1; text-align: left;
  vertical-align: bottom; border-right: 2px solid #444; white-space: nowrap; padding: 0 .5rem;
  overflow: hidden }
.map th div { display: flex; justify-content: space-between; align-items: center;
  gap: .8rem; font-weight: normal }
.map th div span { color: #444 }
.map th a { max-width: 13rem; overflow: hidden; text-overflow: ellipsis; line-height: 1.7rem }
.map .g { border-left: 2px solid #444 }
.map th.g:not(.x) { font-size: .85rem; padding: .2rem .3rem; text-align: left; max-width: 0;
  overflow: hidden; text-overflow: ellipsis; white-space: nowrap }
.map .x { font-weight: normal; vertical-align: bottom; padding: .4rem 0; height: 11rem }
.map .x span { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap;
  max-height: 12rem; overflow: hidden; line-height: 1.9rem }
.map .s { text-align: center; font-size: .8rem; border-bottom: 2px solid #444 }
.map thead tr:last-child th { border-bottom: 2px solid #444; font-weight: normal }
td.v { width: 2rem; min-width: 2rem; height: 1.75rem; text-align: center; padding: 0;
  border-width: 0 1px 1px 0 }
td.v a { display: block; color: inherit; text-decoration: none }
td.v a:hover, td.v a:focus { outline: 3px solid #111; outline-offset: -3px }
td.v i { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
td.v { position: relative }
.wide { overflow-x: auto } .list { border-collapse: collapse; min-width: 36rem }
.list th, .list td { text-align: left; padding: .3rem 1rem .3rem 0; border-bottom: 1px solid #ccc;
  vertical-align: top } .list small { display: block }
svg { width: 14rem; height: 1.3rem; display: block; border: 1px solid #999 }
.t, pre, .who { overflow: hidden; overflow-wrap: anywhere; white-space: pre-wrap; margin: .2rem 0;
  max-width: 60rem }
.who { white-space: normal; font-size: .9rem } pre { font-size: .88rem; tab-size: 4 }
.mistakes li { margin: 0 0 .9rem } .mistakes li p { margin: .15rem 0 }
details { border-bottom: 1px solid #ccc; padding: .35rem 0; max-width: 62rem }
summary { cursor: pointer; overflow: hidden; overflow-wrap: anywhere; line-height: 1.6 }
details:target { border-left: 6px solid #0072B2; padding-left: .6rem }
details:not(.mistakes *)[open] summary { position: sticky; top: 0; background: #fff }
dt, dd { overflow: hidden; overflow-wrap: anywhere }
dt { margin-top: .8rem; font-weight: 600; scroll-margin-top: 3rem } dd { margin: .2rem 0 .2rem 2.2rem }
dt:target, dt:target + dd { background: #fff6d6 }
@media (max-width: 45rem) { :root { font-size: 15px } .map th a { max-width: 7rem }
  .map th[rowspan] span { display: none } dd { margin-left: .5rem } .list { min-width: 0 }
  .list :is(th, td):nth-child(3) { display: none } }
@media print { .scroll { max-height: none; overflow: visible } .v { print-color-adjust: exact } }
"""
    + _colours((*LOOKS.values(), PENDING))
    + "\n"
)
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; script-src 'none'; base-uri 'none'; "
    f"form-action 'none'"
)
