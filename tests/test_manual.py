"""The manual says what the programs say of themselves, and its examples work."""

import os
import re
import shutil
import subprocess

import pytest

from world import SLOW, TOP, program

MAN = TOP / "man"
PAGES = sorted(path.name for path in MAN.glob("*.[1-9]"))
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


COMMON = ["--url", "--config", "--user", "--header", "--ca-file", "--insecure", "--quiet", "--help"]


def shown(verb):
    """Flag -> the default that --help shows, or None."""
    rows = re.findall(r"^ +(?:-\w, )?--([\w-]+)(?: \S+)?\s+\S.*?(?: \[([^\]]+)\])?$", tidings(verb, "--help"), re.M)
    return {f"--{name}": default or None for name, default in rows}


def plain(text):
    """mdoc's escapes and macros within a line, taken away."""
    text = re.sub(r"^\.(?:Cm|Ar|Ev|Pa|Li|Dq|Fn|Nm) ", "", text, flags=re.M)
    return text.replace("\\-", "-").replace("\\&", "").replace("\\e", "\\").replace("\\(aq", "'")


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
                                  "inbox", "bench", "check", "menu"])
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
    promised = re.findall(r"OUT_\w+ = (\d+),", (TOP / "client" / "outcome.h").read_text())
    assert re.findall(r"^\.It (\d+)", parts("tidings.1")["EXIT STATUS"], re.M) == promised


def test_the_page_has_each_format_of_an_event():
    letters = re.findall(r"case '(.)':", (TOP / "client" / "print.c").read_text())
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
