"""OAuth 1.0 signatures against values computed with openssl from the vendor's rules (wire 4.3)."""

import re

from integration_core.adapters.netsuite.signing import TbaCredentials, authorization, base_string

CREDENTIALS = TbaCredentials(
    account="TSTDRV1_SB1",
    consumer_key="ck",
    consumer_secret="c-s&",
    token_id="tk",
    token_secret="t/s",
)
NOW = 1_769_846_400


def signature(method: str, url: str) -> str:
    header = authorization(method, url, CREDENTIALS, "n-1", NOW)
    found = re.search(r'oauth_signature="([^"]+)"', header)
    assert found is not None
    return found[1]


def test_signature_of_a_query__covers_the_address_and_its_parameters() -> None:
    # printf %s "<base string>" | openssl dgst -sha256 -hmac 'c-s%26&t%2Fs' -binary | base64
    url = "https://tstdrv1-sb1.suitetalk.api.netsuite.example/services/rest/query/v1/suiteql?limit=1000&offset=0"
    assert signature("POST", url) == "xC3cXNqWJgvouXmYu5L0IoHaA0A5xwoQwejmT%2FeUkRg%3D"
    assert signature("POST", url.replace("https://", "HTTPS://").replace(".example/", ".example:443/")) == (
        signature("POST", url)
    )


def test_signature_of_a_record__covers_port_and_encoded_external_id() -> None:
    url = "http://127.0.0.1:8108/services/rest/record/v1/invoice/eid:IN%7CUS01"
    assert signature("get", url) == "7ew94rp8SiZOYLSxmB4%2FADQZcqiUN3hFZDf%2BJSuuDxU%3D"


def test_header__names_the_realm_and_every_parameter_once() -> None:
    header = authorization("GET", "http://erp.example/x", CREDENTIALS, "n-1", NOW)
    assert header.startswith('OAuth realm="TSTDRV1_SB1", ')
    names = re.findall(r'(\w+)="', header)
    assert sorted(names) == [
        "oauth_consumer_key",
        "oauth_nonce",
        "oauth_signature",
        "oauth_signature_method",
        "oauth_timestamp",
        "oauth_token",
        "oauth_version",
        "realm",
    ]
    assert "c-s" not in header + repr(CREDENTIALS)
    assert "t/s" not in header + repr(CREDENTIALS)


def test_base_string__sorts_encoded_parameters_and_leaves_the_realm_out() -> None:
    made = base_string("get", "http://erp.example/x?b=2&a=1%202&a=", {"oauth_nonce": "n"})
    assert made == "GET&http%3A%2F%2Ferp.example%2Fx&a%3D%26a%3D1%25202%26b%3D2%26oauth_nonce%3Dn"
