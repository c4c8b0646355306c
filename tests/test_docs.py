# SPDX-License-Identifier: MIT
"""README and docs agree with each other and with the sources."""

import re
import xml.etree.ElementTree as xml

import pytest
import yaml

from documents import ALL, DOCS, README, TRANSLATION, Document, name_of
from world import TOP

OPENAPI = yaml.safe_load((TOP / "docs" / "openapi.yaml").read_text())
MERCURE = "/.well-known/mercure"
named = pytest.mark.parametrize("path", ALL, ids=name_of)


def source(pattern):
    """The text of the one file of that name, wherever it lives."""
    (path,) = (path for path in TOP.glob(pattern) if "build" not in path.parts[len(TOP.parts)])
    return path.read_text()


# ---- between the pages

@named
def test_each_link_leads_somewhere(path):
    page = Document(path)
    for link in page.links:
        if re.match(r"https?:", link):
            continue
        file, _, anchor = link.partition("#")
        target = path.parent / file if file else path
        assert target.exists(), link
        assert not anchor or anchor in Document(target).anchors, link


def test_each_page_is_reached_from_the_readme():
    seen, ahead = set(), [README]
    while ahead:
        path = ahead.pop()
        if path.is_dir():
            ahead += path.glob("*.md")
        elif path not in seen and path.is_file():
            seen.add(path)
            links = Document(path).links if path.suffix == ".md" else []
            ahead += [(path.parent / link.split("#")[0]).resolve() for link in links if ":" not in link]
    assert {*DOCS, TRANSLATION, TOP / "LICENSE", TOP / "docs" / "openapi.yaml",
            TOP / "docs" / "asyncapi.yaml"} - seen == set()


def test_each_page_is_installed():
    listed = (TOP / "docs" / "Makefile.inc").read_text()
    files = [path for path in (TOP / "docs").rglob("*") if path.is_file() and path.name != "Makefile.inc"]
    assert [name_of(path) for path in files if name_of(path) not in listed] == []


def test_the_picture_is_one_in_the_dark_too():
    text = (TOP / "docs" / "architecture.svg").read_text()
    assert xml.fromstring(text).tag.endswith("svg") and "<title" in text and "<desc" in text
    light, dark = text.split("prefers-color-scheme: dark")
    for kind in set(re.findall(r"\.([\w-]+)(?=[ ,{])[^}]*#", light.split("<style>")[1])):
        assert f".{kind}" in dark, kind


def figures_of(text):
    """{what is measured: the figures of its row}"""
    rows = ([cell.strip() for cell in line.strip("| ").split(" | ")] for line in text.split("\n") if line.startswith("| "))
    return {work: figures for work, *figures in rows}


def test_the_figures_of_the_readme_are_those_of_the_benchmark():
    rows = {work: figures for work, figures in figures_of(README.read_text()).items()
            if re.search(r" µs|POST/s|KB|complete after", " ".join(figures))}
    benchmark = figures_of((TOP / "docs" / "benchmarks.md").read_text())
    assert len(rows) > 4
    assert {work: figures for work, figures in rows.items() if benchmark[work][:len(figures)] != figures} == {}


def test_the_glossary_is_in_order_and_says_each_word_once():
    rows = re.findall(r"^\| (\w[^|]*) \| ", (TOP / "docs" / "glossary.md").read_text(), re.M)[1:]
    assert rows == sorted(set(rows)) and len(rows) >= 20


# ---- with the sources

PLACE = re.compile(r"(?:[\w.-]+/)+[\w.-]*")
KNOWN = ("client", "conf", "debian", "docs", "fcgi", "hub", "inbox", "lib", "m4", "man", "tests", "www")


@named
def test_each_file_that_is_named_is_there(path):
    names = {name for name in Document(path).names if PLACE.fullmatch(name) and "NAME" not in name}
    folders = {folder for folder in KNOWN if (TOP / folder).is_dir()}  # a tarball has no debian/
    names = {name for name in names if name.split("/")[0] in folders}
    assert [name for name in sorted(names) if not (TOP / name).exists()] == []


HEADERS = {"libev": "ev", "SQLite": "sqlite3", "json-c": "json|json-c/.*", "libfcgi": "fcgiapp", "inih": "ini",
           "xxHash": "xxhash", "libcurl": "curl/.*", "ncurses": "n?curses", "PCRE2": "pcre2",
           "libseccomp": "seccomp", "libcrypto": "openssl/.*"}


@pytest.mark.parametrize("library", HEADERS)
def test_the_table_of_libraries_names_the_files_that_include_them(library):
    text = (TOP / "docs" / "architecture.md").read_text()
    documented = re.findall(r"`([\w/]+\.[ch])`", re.search(rf"^\| {library} \|.*$", text, re.M)[0])
    documented.sort()
    include = re.compile(rf'^#include [<"](?:{HEADERS[library]})\.h[>"]', re.M)
    files = [path for folder in ("lib", "hub", "inbox", "fcgi", "client") for path in (TOP / folder).rglob("*.[ch]")]
    assert sorted(name_of(path) for path in files if include.search(path.read_text())) == documented


def routes():
    """(path as openapi.yaml has it, method) of each."""
    handler = r"(\w+|\{[^{}]*\})"
    rows = re.findall(rf'\{{(?:"(/[\w/.-]+)"|ACTIVE_CHANNEL)(?: HOLE "(/\w+)"( EVENT)?)?,\s*(NULL|REST|"\w*"),'
                      rf'\s*{handler},\s*{handler},\s*{handler}\}}', source("fcgi/route.c"))
    for path, tail, event, channel, get, post, delete in rows:
        tail += "/{id}" if event else ""
        path = path or MERCURE + "/subscriptions"
        rests = {"NULL": ["/{channel}" + tail], "REST": ["", "/{topic}", "/{topic}/{subscriber}"]}.get(channel, [""])
        handlers = (("get", get), ("post", post), ("delete", delete))
        yield from ((path + rest, method) for method, handler in handlers if handler not in ("NULL", "none")
                    for rest in rests)


def test_openapi_has_each_route_and_no_other():
    documented = {(path, method) for path, item in OPENAPI["paths"].items()
                  for method in item if method in ("get", "post", "put", "delete", "patch")}
    assert documented == set(routes()) and len(documented) > 8


@pytest.mark.parametrize("page", [README, TOP / "docs" / "http-api.md"], ids=name_of)
def test_the_table_of_endpoints_has_each_route_and_no_other(page):
    found = set()
    for cell in re.findall(r"^\| (`(?:GET|POST|DELETE) /.*?`) \|", page.read_text(), re.M):
        method = cell[1:].split()[0].lower()
        found |= {(path, method) for path in re.findall(r"/[\w/{}.]+", cell)}
    elsewhere = (MERCURE, "/api/kill")  # told of in a section of their own
    assert found == {(path, method) for path, method in routes() if not path.startswith(elsewhere)}


def codes():
    """The codes of errors that a client may be told."""
    for path in (TOP / "fcgi").rglob("*.c"):
        text = path.read_text()
        yield from re.findall(r'\b[45]\d\d,\s*"([a-z0-9_]+)"', text)
        yield from re.findall(r'bad(?:_at)?\(\s*(?:\w+,\s*)?"([a-z0-9_]+)"', text)
        yield from re.findall(r'\bcode = "([a-z_]+)"', text)


def test_each_error_code_is_documented_and_no_other():
    text = (TOP / "docs" / "http-api.md").read_text()
    rows = re.findall(r"^\| [45]\d\d \| ([^|]*) \|", text, re.M)
    documented = re.findall(r"`(\w+)`", " ".join(rows))
    assert len(documented) == len(set(documented)) and set(documented) == set(codes())


def test_the_newest_version_is_the_same_everywhere():
    version = re.search(r"AC_INIT\(\[tidings\], \[([\d.]+)\]", (TOP / "configure.ac").read_text())[1]
    assert OPENAPI["info"]["version"] == version
    log, protocol = (re.search(rf"\b{name} = (\d+),? ?", source(where))[1] for name, where in
                     (("SCHEMA_VERSION", "hub/**/schema.h"), ("WIRE_VERSION", "lib/wire.h")))
    newest = re.search(r"^## ([\d.]+).*\n\n(.*)\n", (TOP / "CHANGELOG.md").read_text(), re.M)
    assert newest.groups() == (version, f"Log {log}, protocol {protocol}.")
    if (TOP / "debian").is_dir():
        assert (TOP / "debian" / "changelog").read_text().startswith(f"tidings ({version})")


def test_the_licence_is_the_same_everywhere():
    text = (TOP / "LICENSE").read_text()
    assert text.startswith("MIT License\n\nCopyright (c) 2026 The Tidings authors\n")
    assert OPENAPI["info"]["license"]["name"] == "MIT"
    if (TOP / "debian").is_dir():
        debian = re.sub(r"\s+\.?\s*", " ", (TOP / "debian" / "copyright").read_text())
        permission = re.sub(r"\s+", " ", text.split("authors\n")[1]).strip()
        assert "2026 The Tidings authors License: Expat" in debian
        assert re.sub(r"\s+", "", permission) in re.sub(r"\s+", "", debian)


def test_each_source_file_names_its_licence():
    folders = [TOP / folder for folder in KNOWN if folder != "m4"]
    files = [path for folder in folders for kind in ("c", "h", "sh", "py", "js", "mjs", "css", "inc", "in", "conf")
             for path in folder.rglob(f"*.{kind}") if "node_modules" not in path.parts and "corpus" not in path.parts]
    lacking = [name_of(path) for path in files if "SPDX-License-Identifier: MIT" not in path.read_text()[:2000]]
    assert len(files) > 300 and lacking == []
