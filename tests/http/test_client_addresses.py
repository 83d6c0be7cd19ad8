"""Whose request it is: nobody can name himself, but whom a trusted proxy names."""

import pytest
from pydantic import ValidationError

from service.http.client_addresses import ClientAddresses
from service.settings import Settings

PROXIES = ClientAddresses("10.0.0.0/8, 192.0.2.7, 2001:db8:1::/48")


@pytest.mark.parametrize(
    ("comes_from", "forwarded", "client"),
    [
        ("203.0.113.5", b"198.51.100.1", "203.0.113.5"),
        ("10.1.2.3", b"198.51.100.1", "198.51.100.1"),
        ("192.0.2.7", b"198.51.100.1", "198.51.100.1"),
        ("10.1.2.3", b"198.51.100.9, 198.51.100.1", "198.51.100.1"),
        ("10.1.2.3", b"198.51.100.9, 198.51.100.1, 10.9.9.9", "198.51.100.1"),
        ("10.1.2.3", b"10.0.0.5,10.0.0.6", "10.0.0.5"),
        ("::ffff:10.1.2.3", b"198.51.100.1", "198.51.100.1"),
        ("2001:db8:1::1", b"198.51.100.1", "198.51.100.1"),
        ("10.1.2.3", b"::ffff:198.51.100.1", "198.51.100.1"),
        ("10.1.2.3", b"198.51.100.1:4711", "198.51.100.1"),
        ("10.1.2.3", b"[::ffff:198.51.100.1]:80", "198.51.100.1"),
    ],
)
def test_the_nearest_address_that_is_no_trusted_proxy_is_the_client(
    comes_from: str, forwarded: bytes, client: str
) -> None:
    assert PROXIES.behind(comes_from, forwarded) == client


@pytest.mark.parametrize("forwarded", [b"xyzzy", b"", b",,", b"\xff", b"198.51.100.1, unknown", b"a" * 8_000])
def test_where_no_address_stands_the_proxy_itself_is_the_client(forwarded: bytes) -> None:
    assert PROXIES.behind("10.1.2.3", forwarded) == "10.1.2.3"


def test_a_neighbour_of_a_trusted_proxy_is_not_believed() -> None:
    addresses = ClientAddresses("2001:db8::1")

    assert addresses.behind("2001:db8::1", b"198.51.100.1") == "198.51.100.1"
    assert addresses.behind("2001:db8::dead", b"198.51.100.1") == addresses.at("2001:db8::dead")


def test_without_trusted_proxies_nobody_is_believed() -> None:
    assert ClientAddresses("").behind("10.1.2.3", b"198.51.100.1") == "10.1.2.3"


def test_who_has_an_ipv6_network_is_one_client() -> None:
    addresses = ClientAddresses("")

    assert addresses.at("2001:db8::1") == addresses.at("2001:db8::ffff:2")
    assert addresses.at("2001:db8::1") != addresses.at("2001:db8:0:1::1")


@pytest.mark.parametrize("proxies", ["10.0.0.1/8", "a", "10.0.0.0/99", "1.2.3.4 5.6.7.8"])
def test_what_is_no_list_of_networks_stops_the_start(proxies: str) -> None:
    with pytest.raises(ValidationError):
        Settings(trusted_proxies=proxies)
