"""Makes new certificates for this folder: .venv/bin/python test/contract/certificates/make.py

All of them use the key for-tests-only.key.pem. The authority's own key is not kept.
"""

import datetime
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

folder = Path(__file__).parent
leaf_key = serialization.load_pem_private_key((folder / "for-tests-only.key.pem").read_bytes(), None)
authority_key = ec.generate_private_key(ec.SECP256R1())
here = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
elsewhere = [x509.DNSName("prefect.example.com")]


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def make(stem, key, years, number, *extensions):
    begin, end = (datetime.datetime(year, 1, 1) for year in years)
    builder = x509.CertificateBuilder(
        name("for tests only: authority"), name(f"for tests only: {stem}"), key.public_key(), number, begin, end
    )
    for extension, is_critical in extensions:
        builder = builder.add_extension(extension, is_critical)
    certificate = builder.sign(authority_key, hashes.SHA256())
    (folder / f"{stem}.cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


make("authority", authority_key, (2020, 2120), 1, (x509.BasicConstraints(True, None), True))
for number, (stem, names, years) in enumerate(
    [
        ("trusted", here, (2020, 2120)),
        ("expired", here, (2020, 2021)),
        ("not-yet-valid", here, (2110, 2120)),
        ("foreign-name", elsewhere, (2020, 2120)),
    ],
    start=2,
):
    make(stem, leaf_key, years, number, (x509.SubjectAlternativeName(names), False))
