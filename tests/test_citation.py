"""How a citation reads."""

import pytest

from bench.citation import Citation


@pytest.mark.parametrize(
    ("citation", "text"),
    [
        (Citation("A Title", "A. Author", 2018), "A. Author (2018). A Title."),
        (
            Citation("A Title", "A. Author", 2018, "ICLR", "https://example.org", "equation 2"),
            "A. Author (2018). A Title. ICLR. https://example.org [equation 2]",
        ),
        (Citation("T", "A", 1, url="https://example.org"), "A (1). T. https://example.org"),
    ],
)
def test_only_what_is_known_is_said(citation: Citation, text: str) -> None:
    assert str(citation) == text
