"""Adapters: one function for each thing that a third-party client can verify, so that all clients are tested alike.

Nothing here hashes or verifies itself: each function passes its bytes to the client and raises when the client refuses
them. A client that is not installed is left out.
"""

import base64
import contextlib
import importlib
import importlib.metadata
import io
import types

FOUND, MISSING = [], []


def load(package, *modules):
    """The modules of a package as one namespace, or None when it is not installed."""
    try:
        found = {m.rpartition(".")[2]: importlib.import_module(m) for m in modules}
    except ImportError as error:
        MISSING.append(f"{package} is not installed: {error}")
        return None
    FOUND.append(f"{package} {importlib.metadata.version(package)}")
    return types.SimpleNamespace(**found)


scales = load("tlog-scales", "tlog_scales.backend", "tlog_scales.cli", "tlog_scales.reader", "tlog_scales.signing",
              "tlog_scales.tiles", "tlog_scales.tlog")
aics = load("aics-tlog", "aics_tlog")
witness = load("aics-witness", "aics_witness")
scitt = load("scitt-cose", "scitt_cose")
cwt = load("cwt", "cwt")
pycose = load("pycose", "pycose.algorithms", "pycose.headers", "pycose.keys", "pycose.messages")
blake = load("blake3", "blake3")
cbor = load("cbor2", "cbor2")
crypto = load("cryptography", "cryptography.hazmat.primitives.asymmetric.ed25519",
              "cryptography.hazmat.primitives.serialization")


def must(holds, why):
    if not holds:
        raise AssertionError(why)


def b64(text):
    return base64.b64decode(text, validate=True)


def pem(key):
    """A raw Ed25519 public key as PEM."""
    public = crypto.ed25519.Ed25519PublicKey.from_public_bytes(key)
    return public.public_bytes(crypto.serialization.Encoding.PEM, crypto.serialization.PublicFormat.SubjectPublicKeyInfo)


def protected(message):
    """The protected header of a COSE_Sign1."""
    return cbor.cbor2.loads(cbor.cbor2.loads(message).value[0])


class Scales:
    """tlog-scales: reads tiles, verifies checkpoints, inclusion and consistency."""

    name = "tlog-scales"

    @staticmethod
    def checkpoint(note, vkey, origin):
        head = scales.tlog.Checkpoint.from_text(note)
        head.verify(scales.signing.Vkey.from_string(vkey))
        must(head.origin == origin, f"origin {head.origin}")
        return head.size, head.root_hash

    @classmethod
    def cosigned(cls, note, vkey, origin, witness_vkey):
        cls.checkpoint(note, vkey, origin)
        cls.checkpoint(note, witness_vkey, origin)

    @staticmethod
    def included(entry, index, size, path, root):
        scales.tlog.InclusionProof(index, size, path).check(scales.tiles.leaf_hash(entry), root)

    @staticmethod
    def consistent(old, new, path, old_root, new_root):
        scales.tlog.ConsistencyProof(old, new, path).check(old_root, new_root)

    @staticmethod
    def reader(place, size=None):
        reader = scales.reader.TilesReader(scales.backend.make_backend(place))
        if size is not None:
            reader.set_size(size)
        return reader

    @classmethod
    def walk(cls, place, vkey, origin):
        """Reads the log at `place`, a URL prefix: the checkpoint, and every entry with its inclusion proof."""
        reader = cls.reader(place)
        note = reader.backend.get("checkpoint").decode()
        size, root = cls.checkpoint(note, vkey, origin)
        reader.set_size(size)
        entries = [reader.get_entry(i) for i in range(size)]
        for index, entry in enumerate(entries):
            reader.get_inclusion_proof(index, size).check(scales.tiles.leaf_hash(entry), root)
        return note, entries

    @classmethod
    def root(cls, place, size):
        return cls.reader(place, size).calculate_root_hash()

    @classmethod
    def consistency_proof(cls, place, old, new):
        return cls.reader(place, new).get_consistency_proof(old, new).node_hashes

    @staticmethod
    def tlog_proof(place, index):
        """The .tlog-proof that its command line prints."""
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            args = scales.cli.build_parser().parse_args(["gen-proof", place, str(index)])
            args.func(args)
        return out.getvalue()


class Aics:
    """aics-tlog: parses notes most strictly; audits every tile and bundle."""

    name = "aics-tlog"

    @staticmethod
    def checkpoint(note, vkey, origin, witnesses=(), quorum=0):
        t = aics.aics_tlog
        keys = [t.parse_vkey(k) for k in witnesses]
        found = t.verify_checkpoint(t.parse_note(note), t.parse_vkey(vkey), keys, quorum, expected_origin=origin)
        must(found.ok, found.error)
        return found.size, found.root

    @classmethod
    def cosigned(cls, note, vkey, origin, witness_vkey):
        cls.checkpoint(note, vkey, origin, [witness_vkey], 1)

    @staticmethod
    def included(entry, index, size, path, root):
        must(aics.aics_tlog.verify_leaf_inclusion(entry, index, size, path, root), "not included")

    @staticmethod
    def consistent(old, new, path, old_root, new_root):
        must(aics.aics_tlog.verify_consistency(old, new, old_root, new_root, path), "not consistent")

    @classmethod
    def walk(cls, place, vkey, origin):
        t = aics.aics_tlog
        reader = t.HttpTileReader([place], proxies={})
        note = reader.read_checkpoint().decode()
        size, root = cls.checkpoint(note, vkey, origin)
        t.audit_tiles(reader, size, root)
        proven = t.VerifiedTileReader(reader, size, root)
        entries = [proven.entry(i) for i in range(size)]
        for index, entry in enumerate(entries):
            path = t.inclusion_proof_from_tiles(proven, index, size)
            must(t.verify_leaf_inclusion(entry, index, size, path, root), f"entry {index} is not included")
        return note, entries

    @staticmethod
    def root(place, size):
        return aics.aics_tlog.tree_root_from_tiles(aics.aics_tlog.HttpTileReader([place], proxies={}), size)

    @staticmethod
    def consistency_proof(place, old, new):
        t = aics.aics_tlog
        return t.consistency_proof_from_tiles(t.HttpTileReader([place], proxies={}), old, new)


class ScittTree:
    """scitt-cose: verifies proofs, but reads no tiles."""

    name = "scitt-cose"

    @staticmethod
    def included(entry, index, size, path, root):
        path = [h.hex() for h in path]
        must(scitt.scitt_cose.verify_inclusion(entry.hex(), index, size, path, root.hex()), "not included")

    @staticmethod
    def consistent(old, new, path, old_root, new_root):
        path = [h.hex() for h in path]
        must(scitt.scitt_cose.verify_consistency(old_root.hex(), new_root.hex(), old, new, path), "not consistent")


LOGS = [c for c, there in ((Scales, scales), (Aics, aics)) if there]
TREES = LOGS + ([ScittTree] if scitt else [])


# COSE clients: verify(message, key, detached payload) -> protected header; sign(header, payload, PEM of a private key).

def scitt_verify(message, key, payload=None):
    known = frozenset({1, 2, 3, 4, 15, 395})
    return scitt.scitt_cose.verify_sign1(message, public_key_pem=pem(key), detached_payload=payload,
                                         understood_labels=known).protected


def scitt_sign(header, payload, private):
    return scitt.scitt_cose.sign_sign1(payload, alg="EdDSA", private_key_pem=private, protected=header)


def cwt_verify(message, key, payload=None):
    # with the kid of the message: the client ignores a key with another kid
    key = cwt.cwt.COSEKey.new({1: 1, 2: protected(message)[4], 3: -8, -1: 6, -2: key})
    return cwt.cwt.COSE.new().decode_with_headers(message, key, detached_payload=payload)[0]


def cwt_sign(header, payload, private):
    key = cwt.cwt.COSEKey.from_pem(private, kid=header[4])
    return cwt.cwt.COSE.new().encode_and_sign(payload, key, protected=header, unprotected={})


def pycose_verify(message, key, payload=None):
    decoded = pycose.messages.Sign1Message.decode(message)
    decoded.key = pycose.keys.OKPKey(crv="ED25519", x=key)
    must(decoded.verify_signature(payload), "the signature does not verify")
    header = {getattr(k, "identifier", k): v for k, v in decoded.phdr.items()}
    header[1] = header[1].identifier
    return header


def pycose_sign(header, payload, private):
    private = crypto.serialization.load_pem_private_key(private, None)
    message = pycose.messages.Sign1Message({**header, 1: "EDDSA"}, {}, payload)
    message.key = pycose.keys.OKPKey(crv="ED25519", d=private.private_bytes_raw(),
                                     x=private.public_key().public_bytes_raw())
    return message.encode()


COSE = [types.SimpleNamespace(name=n, verify=v, sign=s) for n, v, s, there in (
    ("scitt-cose", scitt_verify, scitt_sign, scitt),
    ("cwt", cwt_verify, cwt_sign, cwt),
    ("pycose", pycose_verify, pycose_sign, pycose)) if there]


def receipt(message, entry, log_key):
    """scitt-cose on an RFC 9942 receipt of `entry`."""
    found = scitt.scitt_cose.verify_receipt(message, leaf_entry_hex=entry.hex(), log_public_key_pem=pem(log_key))
    must(found.ok, found.errors)
    return found
