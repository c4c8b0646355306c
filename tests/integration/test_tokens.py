# SPDX-License-Identifier: MIT
"""Tokens that others have made, and what a start with keys costs and refuses."""

import base64
import hashlib
import hmac
import json
import os
import shutil
import stat
import subprocess
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from fcgi import variables
from outside import MODULES
from visitor import visitor
from world import SLOW, TOP, eventually, program

ALGORITHMS = ["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "ES256", "EdDSA"]
FORMS = ["mercure", "oauth"]
DETAIL = "https://mercure.rocks/authorization-detail"
SYMFONY = "/usr/share/php/Symfony/Component/Mercure/autoload.php"
SECRET = "a secret that is as long as each of the algorithms asks, and longer than that"


def pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption()).decode()


def public_pem(key):
    return key.public_key().public_bytes(serialization.Encoding.PEM,
                                         serialization.PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture(scope="module")
def pairs():
    """Algorithm -> (what signs, what verifies), as text."""
    made = {"RS": rsa.generate_private_key(65537, 2048), "ES": ec.generate_private_key(ec.SECP256R1()),
            "Ed": ed25519.Ed25519PrivateKey.generate()}
    pair = {kind: (pem(key), public_pem(key)) for kind, key in made.items()}
    return {name: pair.get(name[:2], (SECRET, SECRET)) for name in ALGORITHMS}


class Keyring:
    """What a keyring with one section says of tokens."""

    def __init__(self, folder):
        self.folder = folder
        self.file = folder / "key"
        self.config = folder / "tidings.conf"

    def has(self, text, algorithms, **more):
        self.file.write_text(text)
        self.file.chmod(0o600)
        lines = [f"file = {self.file}", f"algorithms = {algorithms}", *(f"{k} = {v}" for k, v in more.items())]
        self.config.write_text("[keys site]\n" + "\n".join(lines) + "\n")
        return self

    def ask(self, *tokens, rounds=()):
        done = subprocess.run([program("tests/unit/tokens"), self.config, *map(str, rounds)], text=True,
                              input="".join(token + "\n" for token in tokens), capture_output=True,
                              timeout=60 * SLOW)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def grants(self, token):
        """(subject, publish, subscribe) of a good token, else None."""
        words = self.ask(token)[0].split("\t")
        return (words[1], words[3].split(), words[4].split()) if words[0] == "good" else None


@pytest.fixture
def keyring(tmp_path):
    return Keyring(tmp_path)


def settings(form):
    return {"form": form, **({"issuer": "https://login.example", "audience": "https://www.example"}
                             if form == "oauth" else {})}


def claims(form):
    common = {"sub": "ann", "exp": int(time.time()) + 600, "iat": int(time.time())}
    if form == "mercure":
        return {**common, "mercure": {"publish": ["news"], "subscribe": ["*", "user/ann"]}}
    topics = {"publish": ["news"], "subscribe": ["*", "user/ann"]}
    return {**common, "iss": "https://login.example", "aud": ["x", "https://www.example"],
            "authorization_details": [{"type": DETAIL, "actions": [action], "topics": [{"match": m} for m in names]}
                                      for action, names in topics.items()]}


GRANTED = ("ann", ["news"], ["user/ann", "*"])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_of_pyjwt_is_good(keyring, pairs, algorithm, form):
    signs, verifies = pairs[algorithm]
    headers = {"typ": "at+jwt"} if form == "oauth" else {}
    token = jwt.encode(claims(form), signs, algorithm, headers=headers)
    keyring.has(verifies, algorithm, **settings(form))
    assert keyring.grants(token) == GRANTED
    head, body, signature = token.split(".")
    assert keyring.grants(f"{head}.{body}.{signature[:-6]}AAAAA") is None
    others = " ".join(name for name in ALGORITHMS if name != algorithm and name[:2] == algorithm[:2])
    if others:
        assert keyring.has(verifies, others, **settings(form)).grants(token) is None


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_of_jose_is_good(keyring, pairs, algorithm, form):
    if not (MODULES / "jose").is_dir():
        pytest.skip("jose is not in tests/node_modules")
    signs, verifies = pairs[algorithm]
    order = {"alg": algorithm, "typ": "at+jwt" if form == "oauth" else "JWT", "key": signs, "claims": claims(form)}
    done = subprocess.run(["node", TOP / "tests" / "tools" / "sign.mjs"], input=json.dumps(order), text=True,
                          capture_output=True, timeout=30 * SLOW, check=True)
    assert keyring.has(verifies, algorithm, **settings(form)).grants(done.stdout.strip()) == GRANTED


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512", "RS256", "RS384", "RS512"])
def test_a_token_of_symfony_is_good(keyring, pairs, algorithm):
    if not os.path.exists(SYMFONY):
        pytest.skip("php-symfony-mercure is not installed")
    signs, verifies = pairs[algorithm]
    name = "hmac.sha" if algorithm.startswith("HS") else "rsa.sha"
    script = f"""@include 'Lcobucci/JWT/autoload.php';
        require '{SYMFONY}';
        $factory = new Symfony\\Component\\Mercure\\Jwt\\LcobucciFactory(
            stream_get_contents(STDIN), '{name}{algorithm[2:]}', 600);
        echo $factory->create(['*', 'user/ann'], ['news'], ['sub' => 'ann']);"""
    done = subprocess.run(["php", "-d", "error_reporting=E_ALL & ~E_DEPRECATED", "-r", script], input=signs, text=True,
                          capture_output=True, timeout=30 * SLOW)
    if "lcobucci/jwt" in done.stderr:
        pytest.skip("lcobucci/jwt is not installed: Debian 13 has it, 12 has not")
    assert done.returncode == 0, done.stdout + done.stderr
    assert keyring.has(verifies, algorithm).grants(done.stdout) == GRANTED


LCOBUCCI = r"""
    @include 'Lcobucci/JWT/autoload.php';
    use Lcobucci\JWT\Signer;
    $order = json_decode(stream_get_contents(STDIN), true);
    if (!class_exists('Lcobucci\JWT\Token\Builder'))
        exit('missing');
    $signer = ['HS' => 'Hmac', 'RS' => 'Rsa', 'ES' => 'Ecdsa'][substr($order['alg'], 0, 2)] ?? null;
    $signer = 'Lcobucci\JWT\Signer' . ($signer ? '\\' . $signer . '\\Sha' . substr($order['alg'], 2) : '\\Eddsa');
    $token = Lcobucci\JWT\Token\Builder::new(new Lcobucci\JWT\Encoding\JoseEncoder,
        Lcobucci\JWT\Encoding\ChainedFormatter::default());
    if ($order['form'] === 'oauth')
        $token = $token->withHeader('typ', 'at+jwt');
    $until = new DateTimeImmutable('+10 minutes');
    foreach ($order['claims'] as $name => $value)
        $token = match ($name) {
            'sub' => $token->relatedTo($value),
            'iss' => $token->issuedBy($value),
            'aud' => $token->permittedFor(...$value),
            'exp' => $token->expiresAt($until),
            'iat' => $token->issuedAt(new DateTimeImmutable('-1 second')),
            default => $token->withClaim($name, $value),
        };
    $key = Signer\Key\InMemory::base64Encoded($order['key']);
    echo $token->getToken(new $signer, $key)->toString();
"""


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_of_lcobucci_is_good(keyring, pairs, algorithm, form):
    signs, verifies = pairs[algorithm]
    key = signs.encode()
    if algorithm == "EdDSA":  # as libsodium has it
        private = serialization.load_pem_private_key(key, None)
        raw, public = serialization.Encoding.Raw, serialization.PublicFormat.Raw
        key = private.private_bytes(raw, serialization.PrivateFormat.Raw, serialization.NoEncryption()) + \
            private.public_key().public_bytes(raw, public)
    order = {"alg": algorithm, "form": form, "key": base64.b64encode(key).decode(), "claims": claims(form)}
    done = subprocess.run(["php", "-r", LCOBUCCI], input=json.dumps(order), text=True, capture_output=True,
                          timeout=30 * SLOW)
    assert done.returncode == 0, done.stdout + done.stderr
    if done.stdout == "missing":
        pytest.skip("lcobucci/jwt is not installed: Debian 13 has it, 12 has not")
    assert keyring.has(verifies, algorithm, **settings(form)).grants(done.stdout) == GRANTED


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_token_of_the_command_is_good_here_and_elsewhere(keyring, pairs, tmp_path, algorithm, form):
    signs, verifies = pairs[algorithm]
    (tmp_path / "private").write_text(signs)
    more = settings(form)
    flags = [word for key in ("form", "issuer", "audience") if key in more for word in (f"--{key}", more[key])]
    token = subprocess.run(
        [program("client/tidings"), "token", "new", "--key", tmp_path / "private", "--algorithm", algorithm, *flags,
         "--publish", "news", "--subscribe", "*", "--subscribe", "user/ann", "--subject", "ann", "--for", "10m"],
        text=True, capture_output=True, timeout=30 * SLOW, check=True).stdout.strip()
    assert keyring.has(verifies, algorithm, **more).grants(token) == GRANTED
    said = jwt.decode(token, verifies, [algorithm], audience=more.get("audience"))
    assert said["sub"] == "ann" and said["exp"] - said["iat"] == 600


def token_new(*words, environment=None):
    return subprocess.run([program("client/tidings"), "token", "new", *map(str, words)], text=True,
                          capture_output=True, timeout=30 * SLOW, env=dict(os.environ, **(environment or {})))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_command_makes_keys_with_which_it_signs(keyring, tmp_path, algorithm):
    key = tmp_path / "site.key"
    made = token_new("--new-key", key, "--algorithm", algorithm)
    assert made.returncode == 0, made.stderr
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    public = key.read_text() if algorithm.startswith("HS") else made.stdout
    if algorithm.startswith("HS"):
        assert made.stdout == f"[keys NAME]\nfile = {key}\nalgorithms = {algorithm}\n"
    token = token_new("--key", key, "--algorithm", algorithm, "--publish", "a").stdout.strip()
    assert keyring.has(public, algorithm).grants(token) == ("-", ["a"], [])
    again = token_new("--new-key", key, "--algorithm", algorithm)
    assert again.returncode == 8 and "File exists" in again.stderr


def test_the_command_signs_with_the_section_of_the_configuration(keyring, tmp_path):
    keyring.has(SECRET + "\n", "HS512 HS256", form="oauth", issuer="me", audience="us")
    environment = {"TIDINGS_CONF": str(keyring.config)}
    token = token_new("--publish", "a", environment=environment).stdout.strip()
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "at+jwt"}
    assert keyring.grants(token) == ("-", ["a"], [])
    refused = token_new("--keys", "other", environment=environment)
    assert refused.returncode == 2 and "has no section [keys other]" in refused.stderr
    refused = token_new("--publish", "{", "--keys", "site", environment=environment)
    assert refused.returncode == 2 and "--publish {: a pattern with a '{' is a URI template" in refused.stderr
    refused = token_new("--payload", "{", environment=environment)
    assert refused.returncode == 2 and "--payload is no JSON" in refused.stderr
    refused = token_new("--for", "0", environment=environment)
    assert refused.returncode == 2


def test_an_api_token_comes_with_the_lines_by_which_it_is_known(tmp_path):
    made = token_new("--api", "--subject", "builds", "--publish", "builds/{name}", "--publish", "news")
    token, empty, *lines = made.stdout.splitlines()
    digest = hashlib.sha256(token.encode()).hexdigest()
    assert token.startswith("tk_") and len(token) == 35 and empty == ""
    assert lines == ["[access builds]", f"who = token:{digest}", "publish = builds/{name}", " news"]
    config = tmp_path / "tidings.conf"
    config.write_text("\n".join(lines) + "\n")
    done = subprocess.run([program("tidings.fcgi"), "-t", "-c", config], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_no_public_key_is_a_secret(keyring, pairs):
    """The classic: HS256 with the text of the public key."""
    for algorithm in ("RS256", "ES256", "EdDSA"):
        public = pairs[algorithm][1]
        key = serialization.load_pem_public_key(public.encode())
        der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        keyring.has(public, f"{algorithm} HS256")
        head, body = (jwt.utils.base64url_encode(json.dumps(part).encode()).decode()
                      for part in ({"alg": "HS256"}, claims("mercure")))
        for secret in (public.encode(), public.strip().encode(), der):
            mac = hmac.new(secret, f"{head}.{body}".encode(), hashlib.sha256).digest()
            assert keyring.grants(f"{head}.{body}.{jwt.utils.base64url_encode(mac).decode()}") is None


@pytest.mark.parametrize("algorithm, most", [("HS256", 100), ("RS256", 100), ("ES256", 150), ("EdDSA", 150)])
def test_a_known_token_is_found_in_a_microsecond(keyring, pairs, algorithm, most, record_property):
    signs, verifies = pairs[algorithm]
    if signs != SECRET:
        signs = serialization.load_pem_private_key(signs.encode(), None)
    tokens = [jwt.encode({**claims("mercure"), "n": n}, signs, algorithm) for n in range(300)]
    words = keyring.has(verifies, algorithm).ask(*tokens, rounds=[200])[-1].split()
    new, known = int(words[1]), int(words[3])
    print(f"{algorithm}: new {new} ns, known {known} ns")
    assert new < most * 1000 * 5 * SLOW and known < 1000 * 10 * SLOW  # the figures: see docs/benchmarks.md


# ---- the daemons

def maps(pid):
    with open(f"/proc/{pid}/maps") as lines:
        return {line.split()[-1] for line in lines if line.rstrip().endswith(".so") or ".so." in line}


def has_crypto(pid):
    return any("libcrypto" in path or "tidings-crypto" in path for path in maps(pid))


def test_libcrypto_is_loaded_only_where_keys_are_configured(make_world, tmp_path):
    plain = make_world()
    for daemon in (plain.hub, plain.reader, plain.responder):
        for pid in (daemon.pid, *daemon.workers()):
            assert not has_crypto(pid)
    key = tmp_path / "site.key"
    key.write_text(SECRET)
    key.chmod(0o600)
    keyed = make_world({"keys site": {"file": key, "algorithms": "HS256"}})
    assert has_crypto(keyed.responder.pid)
    for daemon in (keyed.hub, keyed.reader):
        for pid in (daemon.pid, *daemon.workers()):
            assert not has_crypto(pid)


def test_a_start_with_a_bad_file_of_keys_says_file_and_reason(make_world, tmp_path):
    key = tmp_path / "site.key"
    world = make_world({"keys site": {"file": key, "algorithms": "HS256"}}, responder=False, hub=False)
    for write, reason in ((lambda: None, "it cannot be opened: No such file or directory"),
                          (lambda: key.write_text(SECRET), "others may read or change it (chmod o=)"),
                          (lambda: (key.chmod(0o600), key.write_text("x" * 31)),
                           "a secret of 31 bytes is too short for HS256, which needs 32")):
        write()
        status, said = world.responder.start_to_fail()
        assert status == 1
        assert f"keys: [keys site] file: {key}: {reason}" in said
    tested = subprocess.run([program("tidings.fcgi"), "-t", "-c", world.folder / "responder.conf"], text=True,
                            capture_output=True)
    assert tested.returncode == 1 and "too short" in tested.stderr
    key.write_text(SECRET)
    tested = subprocess.run([program("tidings.fcgi"), "-t", "-c", world.folder / "responder.conf"], text=True,
                            capture_output=True)
    assert tested.returncode == 0, tested.stderr


def test_a_process_for_one_request_loads_libcrypto_only_if_a_token_comes(make_world, tmp_path):
    world = keyed(make_world, tmp_path, responder=False)
    for token, loads in ((None, False), (signed("HS256", SECRET, subscribe=["news"]), True)):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        environment = {"TIDINGS_CONF": str(world.folder / "responder.conf"),
                       **variables("GET", "/realtime/news", {"Accept": "text/event-stream", **headers})}
        process = subprocess.Popen([program("tidings.fcgi")], env=environment, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE)
        try:
            seen = b""
            while b"event: connected" not in seen:
                piece = os.read(process.stdout.fileno(), 4096)
                assert piece, seen
                seen += piece
            assert has_crypto(process.pid) == loads
        finally:
            process.kill()
            process.stdout.close()
            process.wait()


# ---- by HTTP

OTHER = "another secret, which is as long as the algorithm asks"


def signed(algorithm, key, seconds=600, publish=(), subscribe=(), **more):
    return jwt.encode({"exp": int(time.time()) + seconds, "mercure": {"publish": list(publish),
                                                                      "subscribe": list(subscribe)}, **more},
                      key, algorithm)


def write(path, text, mode=0o600):
    """Beside it, and moved into its place."""
    aside = path.with_suffix(".new")
    aside.write_text(text)
    aside.chmod(mode)
    aside.rename(path)


def keyed(make_world, folder, **how):
    write(folder / "site.key", SECRET + "\n")
    return make_world({"keys site": {"file": folder / "site.key", "algorithms": "HS256"},
                       "responder": {"private": "users/{+rest}"}, "log": {"level": "debug"}}, **how)


def test_a_jwt_publishes_and_listens_on_its_channels(make_world, tmp_path):
    world = keyed(make_world, tmp_path)
    ann = visitor(world, token=signed("HS256", SECRET, publish=["news"], subscribe=["users/ann/{+rest}"]))
    reader = ann.listen("users/ann/mail", "news")
    assert ann.post("news", "one").status == 200
    world.publish("two", channel="users/ann/mail")
    reader.sees("one")
    reader.sees("two")
    assert ann.post("olds").status == 403
    assert ann.get("/stream?channel=users/bob").status == 403
    ended = visitor(world, token=signed("HS256", SECRET, seconds=-1, publish=["news"]))
    assert ended.post("news").status == 401
    world.responder.says("keys: a token is refused: it has expired")
    forged = visitor(world, token=signed("HS256", OTHER, publish=["news"]))
    assert forged.post("news").status == 401
    world.responder.says("keys: a token is refused: none of the keys has signed it")


def test_keys_change_without_a_reload_and_a_bad_file_changes_nothing(make_world, tmp_path):
    world = keyed(make_world, tmp_path)
    old, new = (visitor(world, token=signed("HS256", key, publish=["news"])) for key in (SECRET, OTHER))
    assert (old.post("news").status, new.post("news").status) == (200, 401)
    worker = world.responder.worker()
    write(tmp_path / "site.key", "short")
    world.responder.says("site.key: a secret of 5 bytes is too short for HS256, which needs 32; "
                         "the keys that it had stay in force")
    assert (old.post("news").status, new.post("news").status) == (200, 401)
    write(tmp_path / "site.key", OTHER, 0o644)
    world.responder.says("others may read or change it (chmod o=); the keys that it had stay in force")
    assert old.post("news").status == 200
    (tmp_path / "site.key").chmod(0o640)
    world.responder.says("site.key: read again, has 1")
    assert (old.post("news").status, new.post("news").status) == (401, 200)
    (tmp_path / "site.key").unlink()
    world.responder.says("site.key: it cannot be opened: No such file or directory; the keys that it had stay")
    assert new.post("news").status == 200
    assert world.responder.worker() == worker


def test_a_worker_that_finds_a_bad_file_serves_all_but_tokens(make_world, tmp_path):
    world = keyed(make_world, tmp_path)
    ann = visitor(world, token=signed("HS256", SECRET, publish=["news"]))
    assert ann.post("news").status == 200
    write(tmp_path / "site.key", "short")
    world.responder.says("stay in force")
    world.responder.has_settled()
    world.responder.kill_worker()
    world.responder.says("too short for HS256, which needs 32; its tokens are refused")
    eventually(lambda: ann.post("news").status == 401, "a refusal")
    world.publish("still", channel="news")
    write(tmp_path / "site.key", SECRET)
    world.responder.says("site.key: read again, has 1")
    assert ann.post("news").status == 200


# ---- the command shows one

def test_the_command_shows_its_token(tmp_path):
    """To whoever listens: a server that says what it was asked."""
    script = ("import http.server as h\n"
              "class H(h.BaseHTTPRequestHandler):\n"
              "  def do_GET(self):\n"
              "    print('asked', self.headers.get('Authorization'), flush=True)\n"
              "    self.send_response(401); self.end_headers()\n"
              "s = h.HTTPServer(('127.0.0.1', 0), H)\n"
              "print(s.server_port, flush=True)\n"
              "s.serve_forever()\n")
    server = subprocess.Popen([shutil.which("python3"), "-c", script], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
    try:
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
        filed = tmp_path / "client.conf"
        filed.write_text("token = filed\n")
        for words, token in ((["--token", "said"], "said"), (["--config", str(filed)], "filed"), ([], "TIDINGS")):
            environment = dict(os.environ, HOME=str(tmp_path))
            if token == "TIDINGS":
                environment["TIDINGS_TOKEN"] = token
            subprocess.run([program("client/tidings"), "channels", "--url", url, *words], env=environment,
                           capture_output=True, timeout=20 * SLOW)
            assert server.stdout.readline() == f"asked Bearer {token}\n"
        for words in (["--token", "a b"], ["--token", "a", "--user", "b:c"]):
            refused = subprocess.run([program("client/tidings"), "channels", "--url", url, *words], text=True,
                                     capture_output=True, timeout=20 * SLOW)
            assert refused.returncode == 2 and "--token" in refused.stderr
    finally:
        server.kill()
        server.wait()
