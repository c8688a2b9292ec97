"""Verifies a running demo, and its directory as static files, with third-party clients (clients.py).

    verify.py --node URL --dir DEMO --seeded FILE --jejak BINARY      (FILE: the output of `jejak --json demo`)

Prints one line per check. Each call is repeated with a changed byte, key or record, and must then fail: a client that
accepts everything fails here. Exit code 1 when a check failed.
"""

import argparse
import base64
import contextlib
import functools
import hashlib
import http.server
import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import clients as c
from clients import b64, must, protected

RECORDS_WANTED = 300  # more than a full tile of 256, so that the second level of the tree is read too
tally = {"passed": 0, "failed": 0, "skipped": 0}


@contextlib.contextmanager
def check(what):
    """One check: fails when its body raises."""
    try:
        yield
    except Exception as error:  # a client may raise any exception
        tally["failed"] += 1
        why = " ".join(str(error).split())[:400]
        print(f"FAIL  {what}: {type(error).__name__}: {why}", flush=True)
    else:
        tally["passed"] += 1
        print(f"ok    {what}", flush=True)


def skip(what):
    tally["skipped"] += 1
    print(f"SKIPPED: {what}", flush=True)


def refuses(call, *args, **kwargs):
    """The call must raise for these changed arguments."""
    try:
        call(*args, **kwargs)
    except Exception:
        return
    raise AssertionError("accepted a changed argument")


def flipped(data, at):
    at %= len(data)
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def get(url, accept="*/*"):
    with urllib.request.urlopen(urllib.request.Request(url, headers={"accept": accept}), timeout=30) as answer:
        return answer.read()


def post(url, body, kind, **headers):
    request = urllib.request.Request(url, body, {"content-type": kind, **headers})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def record_id(entry):
    """BLAKE3-256 of the record in base32, as docs/formats.md says."""
    return base64.b32encode(c.blake.blake3.blake3(entry).digest()).decode().rstrip("=").lower()


class Log:
    """The log under test: its addresses, its description, and its content as the first client reads it."""

    def __init__(self, node, directory, records):
        self.node = node.rstrip("/")
        self.tiles = Path(directory, "ledger", "log").resolve()
        self.keys = Path(directory, "demo", "keys")
        about = json.loads(get(f"{self.node}/.well-known/jejak"))
        self.origin, self.ledger, self.vkey = about["origin"], about["ledger"], about["logKeys"][0]
        self.key = b64(self.vkey.split("+", 2)[2])[1:]
        self.read(records)

    def read(self, records):
        """Reads the newest checkpoint and its entries with the first client, once `records` records are published."""
        for _ in range(300):
            self.note, self.entries = c.LOGS[0].walk(self.node, self.vkey, self.origin)
            self.size, self.root = c.LOGS[0].checkpoint(self.note, self.vkey, self.origin)
            if self.size >= records:
                return
            time.sleep(0.1)
        raise AssertionError(f"{self.size} of {records} records are published")

    def history_text(self):
        """The history, page after page: a page of 256 lines may have another behind it."""
        text, page = get(f"{self.node}/history"), 1
        while text.count(b"\n") == 256 * page:
            try:
                text += get(f"{self.node}/history/{page:06}")
            except urllib.error.HTTPError as error:
                if error.code != 404:
                    raise
                break
            page += 1
        return text

    def history(self):
        """(size, root, note) of each published checkpoint, oldest first."""
        found = []
        for line in self.history_text().decode().splitlines():
            size, root, signature = line.split(" ")
            note = f"{self.origin}\n{size}\n{root}\n\n\u2014 {self.origin} {signature}\n"
            found.append((int(size), b64(root), note))
        return found


def grow(log):
    """Submits records signed by each COSE client: places registered by the authority of the demo."""
    private = Path(log.keys, "authority.pem").read_bytes()
    key = c.crypto.serialization.load_pem_private_key(private, None).public_key().public_bytes_raw()
    mine = [h[15] for h in map(protected, log.entries) if h[4] == key]
    iss, seq = mine[-1][1], max(claims["seq"] for claims in mine)
    each = max(1, -(-(RECORDS_WANTED - log.size) // len(c.COSE)))
    for client in c.COSE:
        batch = []
        for _ in range(each):
            seq += 1
            digits = f"952132150{seq:03}"
            digits += str(-sum(int(d) * (1 + 2 * (i % 2)) for i, d in enumerate(digits)) % 10)
            place = {"type": "Place", "gln": digits, "name": dict.fromkeys(("id", "en", "zh"), f"Desa {seq} (contoh)"),
                     "kind": "village", "country": "ID", "near": "-5.12,119.41"}
            claims = {1: iss, 2: f"https://id.gs1.org/414/{digits}", 3: log.ledger, 6: int(time.time()), "seq": seq}
            header = {1: -8, 3: "application/vnd.jejak.registry+json", 4: key, 15: claims}
            batch.append(client.sign(header, json.dumps(place).encode(), private))
        with check(f"{client.name}: the node refuses a changed record that it signed, and admits {each} unchanged ones"):
            status, answer = post(f"{log.node}/entries", flipped(batch[0], -10), "application/cose")
            must(400 <= status < 500, f"changed record: {status} {answer}")
            status, answer = post(f"{log.node}/entries", b"".join(batch), "application/cbor-seq", prefer="wait=10")
            must(status == 200, f"{status} {answer}")
            refused = [a for a in json.loads(answer) if "index" not in a]
            must(not refused and len(json.loads(answer)) == each, f"{len(refused)} refused, the first: {refused[:1]}")
    with check(f"{c.LOGS[0].name}: the tree grew past a full tile of 256"):
        log.read(RECORDS_WANTED)


@contextlib.contextmanager
def static_server(directory):
    """Serves the directory with the web server of Python's standard library."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(directory)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def places(log):
    """Checkpoint and inclusion of every record, from the node, from the files, and from the files behind a web server."""
    name, key_id, _ = log.vkey.split("+", 2)
    typed = b"\x01" + flipped(log.key, 9)
    other_id = hashlib.sha256(name.encode() + b"\n" + typed).hexdigest()[:8]
    others = [f"{name}+{i}+{base64.b64encode(typed).decode()}" for i in (key_id, other_id)]
    with static_server(log.tiles) as static:
        for client in c.LOGS:
            for where, place in ("node", log.node), ("directory", log.tiles.as_uri()), ("static web server", static):
                with check(f"{client.name}: checkpoint and {log.size} of {log.size} inclusions, from the {where}"):
                    note, entries = client.walk(place, log.vkey, log.origin)
                    must(note == log.note and entries == log.entries, "not the log of the node")
                    must(len(entries) == log.size, f"{len(entries)} entries")
            with check(f"{client.name}: another key and another origin are refused"):
                refuses(client.walk, log.node, others[0], log.origin)
                refuses(client.walk, log.node, others[1], log.origin)
                refuses(client.walk, log.node, log.vkey, log.origin + "x")
    with check("hashlib alone: the entry bundles give the signed root"):
        must(tree(log.entries) == log.root, "another root")


def tree(entries):
    """RFC 6962 section 2.1, literally."""
    if len(entries) == 1:
        return hashlib.sha256(b"\0" + entries[0]).digest()
    k = 1 << (len(entries) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + tree(entries[:k]) + tree(entries[k:])).digest()


def growth(log):
    """The history: each line is a checkpoint that the log signed, and each tree extends the one before."""
    ladder = log.history()
    sizes = f"{len(ladder)} checkpoints of sizes {ladder[0][0]} to {ladder[-1][0]}"
    with check(f"history: {sizes}, ending with the newest, the same from the node and in the directory"):
        files = b"".join(f.read_bytes() for f in sorted(log.tiles.glob("history/*")))
        must(files == log.history_text(), "the files differ")
        must(len(ladder) > 1 and ladder[-1] == (log.size, log.root, log.note), "it does not end with the newest")
        must([h[0] for h in ladder] == sorted({h[0] for h in ladder}), "sizes are not ascending")
    pairs = list(zip(ladder, ladder[1:])) + [(old, ladder[-1]) for old in ladder[:-2]]
    for client in c.LOGS:
        with check(f"{client.name}: {len(ladder)} of {len(ladder)} checkpoints are signed, and the tiles give their roots"):
            for size, root, note in ladder:
                must(client.checkpoint(note, log.vkey, log.origin) == (size, root), "not the size and root of the line")
                must(client.root(log.node, size) == root, f"another root at size {size}")
        proofs = {(o[0], n[0]): client.consistency_proof(log.node, o[0], n[0]) for o, n in pairs}
        for judge in c.TREES:
            with check(f"{judge.name}: {len(pairs)} consistency proofs made by {client.name}; changed ones refused"):
                for (old, old_root, _), (new, new_root, _) in pairs:
                    path = proofs[old, new]
                    judge.consistent(old, new, path, old_root, new_root)
                    refuses(judge.consistent, old, new, path, flipped(old_root, 7), new_root)
                    refuses(judge.consistent, old, new, path, old_root, flipped(new_root, 7))
                    for at in range(len(path)):
                        changed = path[:at] + [flipped(path[at], at)] + path[at + 1:]
                        refuses(judge.consistent, old, new, changed, old_root, new_root)


def records(log):
    """Every record is a COSE_Sign1 with CWT claims, signed by the key in its kid."""
    heads = []
    for client in c.COSE:
        with check(f"{client.name}: {log.size} of {log.size} records are COSE_Sign1 with CWT claims"):
            found = []
            for entry in log.entries:
                header = client.verify(entry, kid(entry))
                claims = header[15]
                must(header[1] == -8 and len(header[4]) == 32, f"header {header}")
                must(claims[3] == log.ledger and claims[1] and claims[2] and claims[6] > 0 and claims["seq"] > 0,
                     f"claims {claims}")
                found.append(header)
            heads.append(found)
            must(found == heads[0], "its headers differ from those of the client before")
        with check(f"{client.name}: another key, and a bit flipped in header, payload or signature: refused every time"):
            for index, entry in enumerate(log.entries):
                key = kid(entry)
                refuses(client.verify, entry, flipped(key, index))
                for at in 8, 60, 150, len(entry) - 90, len(entry) - 10:
                    refuses(client.verify, flipped(entry, at), key)


def kid(entry):
    return protected(entry)[4]


def proofs(log, work, jejak):
    """What the node serves for each record: the record, its .tlog-proof, its RFC 9942 receipt."""
    if not c.blake:
        return skip("records, proofs and receipts by id: blake3 is not installed")
    ids = [record_id(e) for e in log.entries]
    served = {}
    for what, kind in ("", "application/cose"), ("/tlog-proof", "*/*"), ("/receipt", "*/*"):
        served[what] = [get(f"{log.node}/entries/{i}{what}", kind) for i in ids]
    with check(f"blake3: {log.size} of {log.size} records are served under the hash of their bytes"):
        must(served[""] == log.entries, "another record")
    tlog_proofs(log, [p.decode() for p in served["/tlog-proof"]])
    receipts(log, ids, served["/receipt"])
    if c.scitt:
        statements(log, served["/receipt"], work, jejak)


def tlog_proofs(log, texts):
    """C2SP tlog-proof."""
    if c.scales:
        with check(f"tlog-scales: {log.size} of {log.size} .tlog-proof files are identical to its own"):
            for index, text in enumerate(texts):
                must(text == c.Scales.tlog_proof(log.node, index), f"record {index}: {text}")
    parts = []
    for index, text in enumerate(texts):
        head, _, note = text.partition("\n\n")
        name, number, *path = head.split("\n")
        must((name, number) == ("c2sp.org/tlog-proof@v1", f"index {index}"), f"{name} {number}")
        parts.append(([b64(h) for h in path], note))
    for client in c.TREES:
        with check(f"{client.name}: {log.size} of {log.size} .tlog-proof files verify, but not for another record"):
            for index, (path, note) in enumerate(parts):
                size, root = log.size, log.root
                if client in c.LOGS:
                    size, root = client.checkpoint(note, log.vkey, log.origin)
                must((size, root) == (log.size, log.root), "not of the newest checkpoint")
                client.included(log.entries[index], index, size, path, root)
                refuses(client.included, log.entries[index - 1], index, size, path, root)
                refuses(client.included, log.entries[index], index - 1 if index else 1, size, path, root)
                refuses(client.included, log.entries[index], index, size, path[:-1], root)


def receipts(log, ids, messages):
    """RFC 9942."""
    pairs = list(zip(messages, log.entries))
    if c.scitt:
        with check(f"scitt-cose: {log.size} of {log.size} receipts verify for their record"):
            for index, (message, entry) in enumerate(pairs):
                found = c.receipt(message, entry, log.key)
                must((found.root, found.tree_size, found.leaf_index) == (log.root.hex(), log.size, index),
                     f"receipt {index}: {found}")
                must((found.issuer, found.subject) == (log.origin, f"urn:jejak:record:{ids[index]}"), f"{found}")
                must(found.protected_header_ext == {4: log.key}, f"{found}")
        with check("scitt-cose: receipts are refused for another record, with another key, with a flipped bit"):
            for index, (message, entry) in enumerate(pairs):
                refuses(c.receipt, message, log.entries[index - 1], log.key)
                refuses(c.receipt, message, entry, flipped(log.key, index))
                refuses(c.receipt, message, flipped(entry, index), log.key)
                for at in 8, 100, len(message) - 90, len(message) - 10:
                    refuses(c.receipt, flipped(message, at), entry, log.key)
    for client in c.COSE:
        with check(f"{client.name}: {log.size} of {log.size} receipts are COSE_Sign1 over the root, and over no other root"):
            for message in messages:
                header = client.verify(message, log.key, log.root)
                must(header[395] == 1, f"header {header}")
                refuses(client.verify, message, log.key, flipped(log.root, 3))
                refuses(client.verify, message, log.key)


def run(*command):
    done = subprocess.run([str(a) for a in command], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def exits(code, *command):
    got, text = run(*command)
    must(got == code, f"{command[0]} exited with {got}, not {code}: {text}")


def trust_file(log, work, **more):
    path = work / "trust.json"
    path.write_text(json.dumps({"ledger": log.ledger, "log": log.vkey, **more}))
    return path


def statements(log, messages, work, jejak):
    """RFC 9943: the node's transparent statements are identical to those that scitt-cose builds from record and receipt, and
    jejak verifies those of scitt-cose."""
    with check(f"scitt-cose: {log.size} of {log.size} transparent statements are identical to its own, and their receipts verify"):
        for index, entry in enumerate(log.entries):
            served = get(f"{log.node}/entries/{record_id(entry)}/statement")
            held = c.cbor.cbor2.loads(served).value[1][394]
            must(len(held) == 1 and c.receipt(held[0], entry, log.key).leaf_index == index, f"record {index}: {held}")
            must(served == c.scitt.scitt_cose.attach_receipts(entry, held), f"record {index}: other bytes")
    file, trust = work / "statement.cose", trust_file(log, work)
    with check("jejak verify: accepts a transparent statement built by scitt-cose, but not with another record's receipt"):
        for index in 0, log.size // 2, log.size - 1:
            for other, code in (index, 0), (index - 1, 1):
                whole = c.scitt.scitt_cose.attach_receipts(log.entries[index], [messages[other]])
                file.write_bytes(whole)
                exits(code, jejak, "verify", "--trust", trust, file)


def damage(log, work):
    """A client that reads a whole copied log detects a flipped bit in any file."""
    n, last = divmod(log.size, 256)
    files = [f"tile/{level}/{i:03}" for i in range(n) for level in (0, "entries")]
    files += [f"tile/{level}/{n:03}.p/{last}" for level in (0, "entries") if last] + ([f"tile/1/000.p/{n}"] if n else [])
    for client in c.LOGS:
        copy = shutil.copytree(log.tiles, work / f"copy-{client.name}")
        place = f"file://{copy}"
        with check(f"{client.name}: one bit flipped in each of {len(files)} tiles and bundles, at 8 places: refused"):
            client.walk(place, log.vkey, log.origin)
            for name in files:
                path, whole = copy / name, (copy / name).read_bytes()
                for step in range(8):
                    path.write_bytes(flipped(whole, step * (len(whole) - 1) // 7))
                    refuses(client.walk, place, log.vkey, log.origin)
                path.write_bytes(whole)
            client.walk(place, log.vkey, log.origin)
        with check(f"{client.name}: a truncated or missing tile or bundle: refused"):
            for name in files:
                path, whole = copy / name, (copy / name).read_bytes()
                path.write_bytes(whole[:-1])
                refuses(client.walk, place, log.vkey, log.origin)
                path.unlink()
                refuses(client.walk, place, log.vkey, log.origin)
                path.write_bytes(whole)
        # tlog-scales accepts other line ends and unused bits of base64, so not every byte is tried with it
        note = log.note.encode()
        lines = [0, note.index(b"\n") + 1, note.index(b"\n", note.index(b"\n") + 1) + 1, len(note) - 40]
        every = range(len(note)) if client is c.Aics else lines
        with check(f"{client.name}: one bit flipped in the checkpoint, at {len(every)} places: refused"):
            client.checkpoint(note.decode(), log.vkey, log.origin)
            for at in every:
                refuses(lambda: client.checkpoint(flipped(note, at).decode(), log.vkey, log.origin))


def command_line(log, work):
    """The command line of aics-tlog, on the directory and on the node."""
    record, other, old = work / "record", work / "other", work / "old"
    record.write_bytes(log.entries[7])
    other.write_bytes(log.entries[8])
    old.write_text(log.history()[0][2])

    def aics(*args):
        return sys.executable, "-m", "aics_tlog", *args, "--log-key", log.vkey, "--origin", log.origin

    for where, place in ("node", log.node), ("directory", log.tiles):
        with check(f"aics-tlog command line on the {where}: checkpoint, consistency, inclusion; a wrong record refused"):
            exits(0, *aics("verify-checkpoint", "--tiles", place))
            exits(0, *aics("verify-consistency", "--tiles", place, "--old-checkpoint", old))
            exits(0, *aics("verify-inclusion", "--tiles", place, "--leaf", record, "--index", 7))
            exits(1, *aics("verify-inclusion", "--tiles", place, "--leaf", other, "--index", 7))


def openssl(log, work):
    """The raw signatures, with a program that reads neither notes nor COSE."""
    if not shutil.which("openssl"):
        return skip("raw signatures: openssl is not installed")
    key, text, signature = work / "key.pem", work / "text", work / "signature"
    body, _, line = log.note.partition("\n\n")
    head, _, payload, signed = c.cbor.cbor2.loads(log.entries[-1]).value
    raw = b64(line.split()[2])[4:]
    for what, public, message, sig in (
            ("the checkpoint", log.key, body.encode() + b"\n", raw),
            ("a record", kid(log.entries[-1]), c.cbor.cbor2.dumps(["Signature1", head, b"", payload]), signed)):
        with check(f"openssl: the signature of {what} is Ed25519 over the bytes in docs/formats.md; changed: refused"):
            key.write_bytes(c.pem(public))
            signature.write_bytes(sig)
            for code, bytes_ in (0, message), (1, flipped(message, 20)):
                text.write_bytes(bytes_)
                exits(code, "openssl", "pkeyutl", "-verify", "-pubin", "-inkey", key, "-rawin", "-in", text,
                      "-sigfile", signature)


@contextlib.contextmanager
def witness_node(log, work):
    """Runs aics-witness as a process, configured for this log; yields its address and verifier key."""
    config, port = work / "witness.json", free_port()
    tool = sys.executable, "-m", "aics_witness"
    made = subprocess.run([*tool, "init", "--config", config, "--name", "witness.example/w1", "--listen",
                           f"127.0.0.1:{port}"], capture_output=True, text=True, check=True, timeout=60)
    subprocess.run([*tool, "add-log", "--config", config, "--origin", log.origin, "--vkey", log.vkey],
                   capture_output=True, check=True, timeout=60)
    process = subprocess.Popen([*tool, "serve", "--config", config], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            must(process.poll() is None, "aics-witness ended")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}", made.stdout.strip()
    finally:
        process.terminate()
        process.wait(timeout=30)


def witnessed(log, work, jejak):
    """C2SP tlog-witness: a third-party witness follows the log, and all clients accept its cosignature."""
    maker, ladder, cosigned = c.LOGS[0], log.history(), None

    def add(url, old, new, proof):
        lines = "".join(base64.b64encode(h).decode() + "\n" for h in proof)
        return post(f"{url}/add-checkpoint", f"old {old}\n{lines}\n{new}".encode(), "text/plain; charset=utf-8")

    with contextlib.ExitStack() as stack:
        with check(f"aics-witness: runs, and 200 for each of the {len(ladder)} checkpoints of the history"):
            url, witness_vkey = stack.enter_context(witness_node(log, work))
            before = 0
            for size, _, note in ladder:
                proof = maker.consistency_proof(log.node, before, size) if before else []
                if before:
                    status, answer = add(url, before, note, [flipped(proof[0], 1), *proof[1:]])
                    must(status == 422, f"changed proof at {size}: {status} {answer}")
                status, answer = add(url, before, note, proof)
                must(status == 200, f"size {size}: {status} {answer}")
                before = size
            cosigned = log.note + answer.decode()
        if cosigned is None:
            return
        with check("aics-witness: an older checkpoint and a changed one are refused"):
            must(add(url, 0, ladder[0][2], []) == (409, f"{log.size}\n".encode()), "not 409")
            changed = log.note.replace(f"\n{log.size}\n", f"\n{log.size + 1}\n")
            must(add(url, log.size, changed, [])[0] == 403, "not 403")
        for client in c.LOGS:
            with check(f"{client.name}: the cosignature verifies on this checkpoint, and without it the quorum is not reached"):
                client.cosigned(cosigned, log.vkey, log.origin, witness_vkey)
                refuses(client.cosigned, log.note, log.vkey, log.origin, witness_vkey)
                refuses(client.cosigned, flipped(cosigned.encode(), -20).decode(), log.vkey, log.origin, witness_vkey)
        policy = f"log {log.vkey}\nwitness w1 {witness_vkey}\nquorum w1\n"
        trust, proof, record = trust_file(log, work, policy=policy), work / "cosigned.tlog-proof", work / "cosigned.record"
        if not c.scales:
            return
        with check("jejak verify: a .tlog-proof of tlog-scales meets the policy with that cosignature, and not without it"):
            text = c.Scales.tlog_proof(log.node, 7)
            must(text.endswith(log.note), "not of this checkpoint")
            record.write_bytes(log.entries[7])
            for note, code in (cosigned, 0), (log.note, 1):
                proof.write_text(text.removesuffix(log.note) + note)
                exits(code, jejak, "verify", "--trust", trust, "--record", record, proof)


class Founded:
    """The log of a new ledger: what a witness must know of it."""

    def __init__(self, config):
        self.origin, self.vkey = (re.search(rf'^{name} = "(.*)"$', config, re.M)[1] for name in ("origin", "log_key"))


def asks_witness(_, work, jejak):
    """`jejak serve` asks a third-party witness to cosign its heads, and verifiers take its policy from the node."""
    ledger, port = work / "witnessed", free_port()
    node = f"http://127.0.0.1:{port}"
    founded = [jejak, "init", "--dir", ledger, "--keys", work / "witnessed-keys", "--no-passphrase", "--origin", "witnessed.example/log",
               "--public-url", node, "--authority", "urn:jejak:party:authority", "--name", "Authority"]
    subprocess.run(founded, capture_output=True, check=True, timeout=120)
    log = Founded((ledger / "config.toml").read_text())
    with check("aics-witness: cosigns the heads that jejak serve publishes, and the quorum is reached"), contextlib.ExitStack() as stack:
        (work / "w").mkdir()
        url, vkey = stack.enter_context(witness_node(log, work / "w"))
        exits(0, jejak, "witness", "add", "w1", vkey, url, "--dir", ledger)
        serve = subprocess.Popen([jejak, "serve", "--dir", ledger, "--listen", f"127.0.0.1:{port}"], stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        stack.callback(serve.wait, timeout=60)
        stack.callback(serve.terminate)
        status = {}
        for _ in range(200):
            with contextlib.suppress(OSError, ValueError):
                status = json.loads(get(f"{node}/witnesses"))
                if status["quorum"]:
                    break
            must(serve.poll() is None, "jejak serve ended")
            time.sleep(0.1)
        must(status.get("quorum") and status["witnesses"][0]["size"] == status["size"], f"no quorum: {status}")
        trust = work / "witnessed.toml"
        trust.write_bytes(get(f"{node}/trust.toml"))
        exits(0, jejak, "audit", node, "--trust", trust)
        note = get(f"{node}/checkpoint").decode()
        for client in c.LOGS:
            client.cosigned(note, log.vkey, log.origin, vkey)
        exits(0, jejak, "witness", "status", "--node", node)


def main():
    args = argparse.ArgumentParser()
    for name in "--node", "--dir", "--seeded", "--jejak":
        args.add_argument(name, required=True)
    args = args.parse_args()
    print("clients: " + (", ".join(c.FOUND) or "none"))
    for missing in c.MISSING:
        skip(missing)
    if not c.LOGS:
        skip("every check: no client that reads a log is installed")
    else:
        with tempfile.TemporaryDirectory() as work:
            verify(args, Path(work))
    skipped = f", {tally['skipped']} skipped" if tally["skipped"] else ""
    print(f"foreign: {tally['passed']} passed, {tally['failed']} failed{skipped}")
    return 1 if tally["failed"] else 0


def verify(args, work):
    log = None
    with check(f"{c.LOGS[0].name}: reads the log of the node"):
        log = Log(args.node, args.dir, json.loads(Path(args.seeded).read_text())["records"])
    if log is None:
        return
    # growth runs twice: in between, full tiles replace partial ones
    parts = [(growth, c.COSE, ()), (grow, c.COSE, ()), (places, True, ()), (growth, True, ()), (records, c.COSE, ()),
             (proofs, True, (work, args.jejak)), (damage, True, (work,)), (command_line, c.aics, (work,)),
             (openssl, c.cbor, (work,)), (witnessed, c.witness, (work, args.jejak)),
             (asks_witness, c.witness, (work, args.jejak))]
    for part, able, more in parts:
        if able:
            try:
                part(log, *more)
            except Exception as error:  # outside a check: the remaining parts still run
                with check(part.__name__):
                    raise error


if __name__ == "__main__":
    sys.exit(main())
