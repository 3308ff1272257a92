#!/bin/sh
# Checks with curl, python3 and OpenSSL 3 alone that a key signed a certificate, byte for byte as it is served:
#
#     sh check-signature.sh https://verify.example.com/certificates/ID KEYS
#
# KEYS is a file with the issuer's public keys that you trust (a JWKS).
set -eu
page=$1 keys=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
curl -fsS "$page.json" -o "$work/document"
curl -fsS "$page.jws" -o "$work/jws"

# Takes the signature apart (RFC 7515), and writes its key as OpenSSL reads one (RFC 8410).
python3 - "$keys" "$work" <<'END'
import base64, json, sys

def decode(text):
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    same = base64.urlsafe_b64encode(data).rstrip(b"=").decode() == text
    return data if same else sys.exit("This is not base64url: " + ascii(text[:80]))

keys, work = sys.argv[1:]
parts = open(work + "/jws").read().split(".")
header, payload, signature = map(decode, parts)
header = json.loads(header)
if sorted(header) != ["alg", "kid", "typ"] or header["alg"] not in ("Ed25519", "EdDSA"):
    sys.exit("The signature has an unknown header: " + ascii(header)[:200])
named = [key for key in json.load(open(keys))["keys"] if key["kid"] == header["kid"] and key["crv"] == "Ed25519"]
if not named:
    sys.exit("None of your keys has the id " + ascii(header["kid"])[:80])
key = bytes.fromhex("302a300506032b6570032100") + decode(named[0]["x"])
signed = ".".join(parts[:2]).encode()
for name, data in {"payload": payload, "signature": signature, "key": key, "signed": signed}.items():
    open(work + "/" + name, "wb").write(data)
END
cmp "$work/payload" "$work/document"
openssl pkeyutl -verify -rawin -pubin -keyform DER -inkey "$work/key" -in "$work/signed" -sigfile "$work/signature"
