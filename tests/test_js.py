# SPDX-License-Identifier: MIT
"""The package for JavaScript, js/: as it is, as `npm pack` makes it, and as it says it is."""

import gzip
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent
TYPESCRIPT = TOP / "tests" / "node_modules" / "typescript" / "bin" / "tsc"
KB = 6 * 1024

pytestmark = pytest.mark.skipif(not shutil.which("node") or not shutil.which("npm"), reason="node or npm is not installed")


def run(*command, folder, timeout=55, **environment):
    done = subprocess.run(command, cwd=folder, text=True, timeout=timeout, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env=dict(os.environ, NO_COLOR="1", **environment))
    print(done.stdout)
    assert done.returncode == 0, "\n".join(
        line for line in done.stdout.splitlines() if "not ok" in line) or done.stdout[-2000:]
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """An application that has the package from its tarball; its sources have been nowhere but in a folder."""
    folder = tmp_path_factory.mktemp("js")
    shutil.copytree(TOP / "js", folder / "js", ignore=shutil.ignore_patterns("dist", "*.tgz", "node_modules"))
    tarball = run("npm", "pack", "--silent", folder=folder / "js", npm_config_offline="true").split()[-1]
    application = folder / "application"
    application.mkdir()
    (application / "package.json").write_text('{"type": "module", "private": true}')
    run("npm", "install", "--offline", "--no-audit", "--no-fund", f"../js/{tarball}", folder=application)
    return application


@pytest.fixture
def package(installed):
    return installed / "node_modules" / "@tidings" / "client"


def test_the_sources_do_what_they_say():
    done = run("node", "--test", "--test-reporter=tap", "tests/js/client.test.mjs", "tests/js/parse.test.mjs",
               "tests/js/process.test.mjs", folder=TOP, TIDINGS_CLIENT=str(TOP / "js/index.js"), TIDINGS_STREAM=str(TOP / "js/stream.js"))
    assert re.search(r"^# pass [1-9]", done, re.M)


def test_what_npm_packs_does_the_same(package):
    done = run("node", "--test", "--test-reporter=tap", "tests/js/client.test.mjs", folder=TOP,
               TIDINGS_CLIENT=str(package / "dist/tidings.js"))
    assert re.search(r"^# pass [1-9]", done, re.M)


@pytest.mark.rare
@pytest.mark.timeout(700)
def test_an_hour_of_events_leaves_nothing_behind_in_a_program():
    """720,000 events and 60 cuts in some three minutes."""
    done = run("node", "--test", "--test-reporter=tap", "tests/js/hour.test.mjs", folder=TOP, timeout=650,
               TIDINGS_CLIENT=str(TOP / "js/index.js"))
    assert re.search(r"^# pass 1", done, re.M)


def test_what_npm_packs_is_small_and_whole(package):
    assert sorted(str(path.relative_to(package)) for path in package.rglob("*") if path.is_file()) == \
        ["LICENSE", "README.md", "dist/tidings.js", "index.d.ts", "package.json"]
    assert len(gzip.compress((package / "dist/tidings.js").read_bytes())) <= KB
    about = json.loads((package / "package.json").read_text())
    assert not about.keys() & {"dependencies", "devDependencies", "peerDependencies"}
    assert about["version"] == re.search(r"AC_INIT\(\[tidings\], \[([\d.]+)\]", (TOP / "configure.ac").read_text())[1]
    assert (package / "LICENSE").read_text() == (TOP / "LICENSE").read_text()


def test_its_readme_leads_nowhere_that_is_not_there(package):
    """npm and its registry show it without the rest of the sources."""
    text = (package / "README.md").read_text()
    titles = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.+)$", text, re.M)}
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    assert len(links) >= 2
    for link in links:
        assert link.startswith("https://") or link.removeprefix("#") in titles and link.startswith("#") \
            or (package / link).is_file(), link


def test_it_is_imported_by_its_name(installed):
    (installed / "names.js").write_text('import * as all from "@tidings/client"; console.log(Object.keys(all).join());')
    assert run("node", "names.js", folder=installed) == "listen\n"


USES = """
import { listen, type Feed, type Message, type Trouble } from "@tidings/client";

const feed: Feed = listen("/stream", { channels: ["a"], patterns: ["b/{c}"], since: "1h", as: "7", shared: true,
	presence: true, time: true, authorize: async () => ({ token: "t", expires: new Date() }) });
const off: () => void = feed.on("message", (event: Message) => event.data.length + (event.at ?? "").length);
feed.on("refused", (why: Trouble) => why.status?.toFixed());
feed.on("presence", ({ members, join }) => members.map(({ user }) => user).concat(join?.user));
listen(new URL("http://localhost/"), { authorize: () => "token" });
listen("/stream", { channels: ["a"], since: "last", after: 7 }).on("away", ({ code, type }) => [code, type]);
listen("/stream", { patterns: ["a/{b}"], matches: (channel) => channel.startsWith("a/") });
listen("/stream", { authorize() {} }).on("lost", ({ oldest }) => oldest);
for await (const { id } of feed)
	id.length;
off();
// @ts-expect-error
feed.on("messages", () => {});
// @ts-expect-error
listen("/stream", { channel: "a" });
// @ts-expect-error
feed.state = "open";
"""


@pytest.mark.skipif(not TYPESCRIPT.is_file(), reason="npm has not installed typescript in tests/")
def test_typescript_knows_its_types(installed):
    (installed / "uses.ts").write_text(USES)
    run("node", str(TYPESCRIPT), "--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "nodenext",
        "--lib", "es2022,dom", "uses.ts", folder=installed)
