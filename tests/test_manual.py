# SPDX-License-Identifier: MIT
"""The manual says what the programs say of themselves, and its examples work."""

import os
import re
import shutil
import subprocess

import pytest

from loglines import lines, pattern, reasons, unnamed
from world import SLOW, TOP, eventually, program

MAN = TOP / "man"
PAGES = sorted(path.name for path in MAN.glob("*.[1-9]"))
DAEMONS = ("tidings-hub.8", "tidings-inbox.8", "tidings.fcgi.8")
needs_mandoc = pytest.mark.skipif(not shutil.which("mandoc"), reason="mandoc is not installed")


def tidings(*words):
    done = subprocess.run([program("client/tidings"), *words], text=True, capture_output=True,
                          timeout=20 * SLOW, check=True)
    return done.stdout


def verbs():
    """verb -> flags as --help has them: (name, letter, value) -> default."""
    found = {}
    for line in tidings("help", "--words").split("\n")[:-1]:
        verb, name, letter, value, _ = line.split("\t")
        found.setdefault(verb, [])
        if name != "-":
            found[verb].append((name, letter, value))
    return found


COMMON = ["--url", "--config", "--user", "--token", "--header", "--ca-file", "--insecure", "--color", "--quiet", "--help"]


def shown(verb):
    """Flag -> the default that --help shows, or None."""
    rows = re.findall(r"^ +(?:-\w, )?--([\w-]+)(?: \S+)?\s+\S.*?(?: \[([^\]]+)\])?$", tidings(verb, "--help"), re.M)
    return {f"--{name}": default or None for name, default in rows}


def plain(text):
    """mdoc's escapes and macros within a line, taken away."""
    text = re.sub(r"^\.(?:Cm|Ar|Ev|Pa|Li|Dq|Fn|Nm) ", "", text, flags=re.M)
    for escape, character in (("\\-", "-"), ("\\&", ""), ("\\e", "\\"), ("\\(aq", "'"), ("\\(dq", '"')):
        text = text.replace(escape, character)
    return text


def parts(page):
    """Title of a section or subsection -> its source."""
    pieces = re.split(r"^\.S[hs] (.*)\n", (MAN / page).read_text(), flags=re.M)
    return dict(zip(pieces[1::2], pieces[2::2]))


def in_page(part):
    """Flag -> (letter, value, default) as the page has them."""
    found = {}
    for head, text in re.findall(r"^\.It ((?:Fl \w , )?Fl -.*)\n((?:(?!\.It).*\n)*)", part, re.M):
        letter, name, value = re.fullmatch(r"(?:Fl (\w) , )?Fl -([\w-]+)(?: Ar (\S+))?", head).groups()
        default = re.search(r"^Default:\n\.Cm (\S+)", text, re.M)
        found[f"--{name}"] = (f"-{letter or '-'}", value or "-", default and re.sub(r"(?<=.)\.$", "", default[1]).strip())
    return found


@pytest.mark.parametrize("verb", ["pub", "sub", "tail", "history", "run", "channels", "status",
                                  "inbox", "token", "bench", "check", "menu"])
def test_the_page_has_each_flag_of_a_verb_and_no_other(verb):
    part = parts("tidings.1")[f"tidings {verb}"]
    own = {name: (letter, value, shown(verb)[name]) for name, letter, value in verbs()[verb] if name not in COMMON}
    assert in_page(part) == own


def test_the_page_has_each_flag_of_all_verbs_and_no_other():
    of_all = {name: (letter, value, shown("pub")[name]) for name, letter, value in verbs()["pub"] if name in COMMON}
    assert list(of_all) == COMMON
    assert in_page(parts("tidings.1")["Flags of all verbs"]) == of_all


def test_the_page_has_each_verb_and_no_other():
    has = {title.split()[1] for title in parts("tidings.1") if title.startswith("tidings ")}
    assert has == set(verbs())
    synopsis = re.findall(r"^\.Nm\n\.Cm (\w+)", parts("tidings.1")["SYNOPSIS"], re.M)
    assert synopsis == [*verbs(), "help"]


def test_the_page_has_each_exit_status_and_no_other():
    promised = re.findall(r"EXIT_\w+ = (\d+),", (TOP / "client" / "exit_status.h").read_text())
    assert re.findall(r"^\.It (\d+)", parts("tidings.1")["EXIT STATUS"], re.M) == promised


def test_the_page_has_each_format_of_an_event():
    letters = re.findall(r"case '(.)':", (TOP / "client" / "show" / "print.c").read_text())
    assert re.findall(r"^\.It Cm %(.)$", parts("tidings.1")["OUTPUT"], re.M) == letters


@needs_mandoc
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_written_as_pages_are(page):
    done = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", MAN / page], text=True,
                          capture_output=True, timeout=20 * SLOW)
    assert done.stdout == "" and done.returncode == 0
    text = subprocess.run(["mandoc", "-T", "ascii", "-O", "width=78", MAN / page], text=True,
                          capture_output=True, timeout=20 * SLOW, check=True).stdout
    long = [line for line in re.sub(".\b", "", text).split("\n") if len(line) > 80]
    assert not long, "a line does not fit a terminal"


def examples(page):
    text = plain(parts(page)["EXAMPLES"]).replace("\\\n", "")
    return re.findall(r"^\$ (.*)$", text, re.M)


def test_each_example_of_the_command_works(web, tmp_path):
    web.publish("the first", channel="backups", event="done")
    folder = os.path.dirname(program("client/tidings"))
    environment = dict(os.environ, HOME=str(tmp_path), PATH=f"{folder}:{os.environ['PATH']}",
                       TIDINGS_URL=f"http://127.0.0.1:{web.port}")
    commands = examples("tidings.1")
    assert len(commands) > 12
    for command in commands:
        done = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=tmp_path, env=environment,
                              text=True, capture_output=True, timeout=30 * SLOW)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
    assert (tmp_path / "backups.id").read_text().strip().isdigit()
    assert [path.read_text() for path in tmp_path.glob("backup.*")] == ["the first"]


# ---- the daemons

def table():
    """(section, key) -> (default, least, most) out of lib/config/setting.c."""
    text = (TOP / "lib" / "config" / "setting.c").read_text()
    day, names = 86400000, {"RUNDIR": '"/run"', "STATEDIR": '"/var"', "NULL": "None"}
    words = {"FOREVER": 36500 * day, "EVENTS_MAX": 1 << 53, "BYTES_MAX": 1 << 60,
             "SOCKET_MAX": None, "SHORT_MAX": None, "DAYS": lambda days: days * day}
    found = {}
    for section, body in re.findall(r"setting (\w+)_keys\[\] = \{\n(.*?)\n\};", text, re.S):
        for key, default, rest in re.findall(r'\{"(\w+)", ([^,]*), (parse_.*?)\}(?=,(?:\n|$))', body, re.S):
            for name, value in names.items():
                default = default.replace(name, value)
            ends = [re.search(rf"\.{end} = ([^,}}]+)", rest) for end in ("min", "max")]
            least, most = (eval(end[1], words) if end else 0 for end in ends)
            found[section, key] = (eval(default), least, most)
    return found


UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30,
         "ms": 1, "s": 1000, "m": 60000, "h": 3600000, "d": 86400000}


def amount(text):
    number, unit = re.fullmatch(r"(\d+)([a-zA-Z]*)", text).groups()
    return int(number) * UNITS[unit]


def keys_of_page():
    found = {}
    for title, part in parts("tidings.conf.5").items():
        if not title.startswith("["):
            continue
        for key, text in re.findall(r"^\.It Cm (\w+) Ns = .*\n((?:(?!\.It).*\n)*)", part, re.M):
            default = re.search(r"^Default:(?: (empty)\.|\n\.Cm (.*) \.)$", text, re.M)
            ends = re.search(r"^From (\w+) to (\w+)\.$", text, re.M)
            found[title[1:-1].split()[0], key] = (
                default and ("" if default[1] else default[2]),
                amount(ends[1]) if ends else 0, amount(ends[2]) if ends else 0)
    return found


def test_the_configuration_has_the_keys_defaults_and_ranges_of_the_table():
    wanted = {key: (default, least or 0, most or 0) for key, (default, least, most) in table().items()}
    assert len(wanted) > 30
    assert keys_of_page() == wanted


@pytest.mark.parametrize("name, page", [("tidings-hub", "tidings-hub.8"), ("tidings-inbox", "tidings-inbox.8"),
                                        ("tidings.fcgi", "tidings.fcgi.8")])
def test_a_daemon_has_the_flags_of_its_page(name, page):
    said = subprocess.run([program(name), "--help"], text=True, capture_output=True, timeout=20 * SLOW).stdout
    flags = re.findall(r"^ +(-\w), (--\w+)", said, re.M)
    assert len(flags) > 2
    assert [(letter, flag) for flag, (letter, _, _) in in_page(parts(page)["DESCRIPTION"]).items()] == flags


def lines_of_pages():
    for page in DAEMONS:
        logs = re.search(r"^\.Sh LOG LINES\n(.*?)^\.Sh ", (MAN / page).read_text(), re.M | re.S)[1]
        yield from map(pattern, map(plain, re.findall(r"^\.It Li (.*)$", logs, re.M)))


def test_each_line_of_the_logs_is_in_a_table():
    assert unnamed() == []


def test_each_line_of_the_logs_is_explained_and_no_other():
    in_sources, in_pages = lines(), set(lines_of_pages())
    assert len(in_sources) > 60
    assert in_sources - in_pages == set(), "lines that the manual does not explain"
    with_reasons = {line for _, line in reasons()}
    assert in_pages - in_sources - with_reasons == set(), "lines that no program says"


def test_each_reason_in_a_line_of_the_logs_is_explained():
    text = " ".join("".join((MAN / page).read_text() for page in DAEMONS).split())
    told, in_pages = pattern(plain(text)), set(lines_of_pages())
    missing = [reason for reason, line in reasons() if line not in in_pages and reason not in told]
    assert len(reasons()) > 30 and not missing


def commands(part):
    """Those after a prompt, in one part of a page."""
    for block in re.findall(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed", part, re.M | re.S):
        for command in re.split(r"^# ", plain(block), flags=re.M)[1:]:
            yield command.replace("\\\n", "").strip()


def test_a_backup_of_a_hub_that_runs_can_be_restored(world):
    part = parts("tidings-hub.8")
    (backup,), restore = commands(part["Backup"]), list(commands(part["Restore"]))
    copy = world.folder / "backup.db"
    kept = world.publish("kept")

    def run(command):
        if command.startswith("systemctl"):
            {"stop": world.hub.stop, "start": world.hub.start}[command.split()[1]]()
            return
        command = command.replace("/var/lib/tidings", str(world.folder)) \
            .replace("/var/backups/tidings.db", str(copy)).replace("-o tidings -g tidings ", "")
        assert "/var" not in command
        subprocess.run(command, shell=True, check=True, timeout=20 * SLOW)

    run(backup)
    lost = world.publish("lost")
    for command in restore:
        run(command)
    world.is_healthy()
    stream = world.listen(last_event_id=str(lost))
    eventually(lambda: any(event.type == "reset" for event in stream.events), "a reset")
    assert world.publish("new") > lost
    assert world.channel("main")["events"] == 2 and world.channel("main")["oldest"] == str(kept)


def test_what_the_manual_asks_of_the_log_is_answered_while_the_hub_runs(world):
    world.publish("one", channel="a")
    world.publish("two" * 100, channel="b")
    asked = [command for command in commands(parts("tidings-hub.8")["EXAMPLES"]) if command.startswith("sqlite3")]
    answers = [subprocess.run(command.replace("/var/lib/tidings", str(world.folder)), shell=True, text=True,
                              capture_output=True, timeout=20 * SLOW, check=True).stdout for command in asked]
    assert answers == ["ok\n", "b|1|364\na|1|67\n"]
    assert world.publish("three") > 0
