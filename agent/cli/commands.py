"""Commands that need no running agent: run, check, diagram. Each gives an exit code."""

from argparse import Namespace
from pathlib import Path

from agent.cli import exits
from agent.cli.streams import complain
from agent.settings.errors import Finding, SettingsError
from agent.settings.model import Settings


def run(options: Namespace) -> int:
    """Errors in the settings: exit 2 and nothing is started. Warnings are printed, and it goes on."""
    settings, findings = _examine(options.file)
    for finding in (*findings, *_certificate_findings(settings)):
        complain(finding.text(options.file))
    if settings is None or _code(findings) == exits.BAD_SETTINGS:  # an expired certificate is no reason to leave the air
        return exits.BAD_SETTINGS
    return _supervise(settings)


def _supervise(settings: Settings) -> int:
    from agent.management.lock import Locked, prepare, take_lock
    from agent.management.supervisor import Supervisor, children_of

    try:
        prepare(settings.unit.data_dir)
        take_lock(settings.unit.data_dir, settings.unit.name)
        supervisor = Supervisor(children_of(settings), settings)
    except Locked as error:
        complain(f"understudy: refused: {error}.")
        return exits.REFUSED
    except OSError as error:
        remedy = "Set data_dir to a directory that this user may write"
        complain(f"understudy: data_dir {settings.unit.data_dir} cannot be used: {error.strerror}. {remedy}.")
        return exits.BAD_SETTINGS
    return supervisor.run()


def check(options: Namespace) -> int:
    """0 fine, 1 warnings, 2 errors."""
    settings, findings = _examine(options.file)
    findings += _certificate_findings(settings)
    if options.json:
        _print_json(options.file, findings)
        return _code(findings)
    for finding in findings:
        print(finding.text(options.file))
    if settings is not None:
        _print_summary(settings)
    errors = sum(finding.severity == "error" for finding in findings)
    print(f"{options.file}: {errors} error(s), {len(findings) - errors} warning(s)")
    return _code(findings)


def _examine(path: Path) -> tuple[Settings | None, list[Finding]]:
    """The settings (None: not valid) and every finding."""
    from agent.settings.check import check as findings_of
    from agent.settings.load import load_settings

    try:
        settings = load_settings(path)
    except SettingsError as error:
        return None, list(error.findings)
    return settings, findings_of(settings)


def _certificate_findings(settings: Settings | None) -> list[Finding]:
    """What is wrong with the files under [handover]; imported only where there are any, it takes 50 ms."""
    handover = settings.handover if settings else None
    if settings is None or handover is None or handover.certificate is None or handover.key is None or handover.ca is None:
        return []
    from agent.pki.checking import check_bundle
    from agent.settings.lines import LineFinder

    files, line = (handover.certificate, handover.key, handover.ca), LineFinder(settings.text).line
    problems = check_bundle(*files, unit_name=settings.unit.name, groups=_handed_over(settings))
    return [
        Finding(line(("handover", one.kind)), "error" if one.is_error else "warning", one.what, one.remedy) for one in problems
    ]


def _handed_over(settings: Settings) -> frozenset[int]:
    """The groups that the certificate must be for: not an N:M backup's own, whose configuration goes nowhere."""
    seats = [{member.group} if not member.is_nm_backup else member.protects or set() for member in settings.members]
    return frozenset().union(*seats)


def _code(findings: list[Finding]) -> int:
    if any(finding.severity == "error" for finding in findings):
        return exits.BAD_SETTINGS
    return exits.WARNINGS if findings else exits.DONE


def _print_summary(settings: Settings) -> None:
    from agent.settings.check import summary

    for line in summary(settings):
        print(line)


def _print_json(path: Path, findings: list[Finding]) -> None:
    import json
    from dataclasses import asdict

    print(json.dumps({"file": str(path), "findings": [asdict(finding) for finding in findings]}, indent=2))


def diagram(options: Namespace) -> int:
    """The table that runs is the table that is drawn."""
    import agent.engine.diagram as drawing

    print(drawing.as_graphviz() if options.dot else drawing.as_text())
    return exits.DONE
