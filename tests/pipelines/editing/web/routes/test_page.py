"""The page, and what it is told of the run."""

from __future__ import annotations


def test_page_and_description_of_the_run(client):
    page = client.get("/")
    assert page.status_code == 200
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    description = client.get("/api/run").get_json()
    groups = {axis["name"]: axis["group"] for axis in description["axes"]}
    assert groups == {
        "Male": "The person",
        "Smiling": "Expression",
        "Eyeglasses": "Make-up and accessories",
        "Unheard_Of": "Other",
    }
    assert [axis["verdict"] for axis in description["axes"]] == ["", "", "weak", ""]


def test_icon_is_nothing(client):
    assert client.get("/favicon.ico").status_code == 204


def test_run_is_described_with_its_formats(client):
    description = client.get("/api/run").get_json()
    assert (description["name"], description["resolution"]) == ("tones", 8)
    assert "gif" in description["formats"]
