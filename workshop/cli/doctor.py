"""`workshop doctor`: whether the workshop can run here."""

from __future__ import annotations

import json

import typer
from rich.text import Text

from workshop.cli.common import Json, make_console


def doctor(as_json: Json = False) -> None:
    """Look whether the workshop can run here; each problem comes with what fixes it."""
    from workshop.classroom.doctor import examine

    console = make_console()
    findings = []
    for finding in examine():
        findings.append(finding)
        if as_json:
            continue
        mark = {"ok": Text("ok      "), "note": Text("note    ", "yellow")}.get(
            finding.state, Text("PROBLEM ", "bold red")
        )
        console.print(Text.assemble(mark, f"{finding.what}: {finding.text}"), soft_wrap=True)
        if finding.fix:
            console.print(f"        to fix it: {finding.fix}", soft_wrap=True)
    problems = sum(finding.state == "problem" for finding in findings)
    if as_json:
        typer.echo(json.dumps([finding.as_dict() for finding in findings], indent=1))
    elif problems:
        console.print(f"{problems} problem{'s' if problems > 1 else ''} to fix, see above.")
    else:
        console.print("The workshop can run here.")
    if problems:
        raise typer.Exit(1)
