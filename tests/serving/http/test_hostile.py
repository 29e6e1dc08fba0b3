from __future__ import annotations

import os
from pathlib import Path

import httpx

from hostile import hostile
from toy_service import form, speech

PLACES = [str(Path.cwd()), str(Path.home()), os.path.dirname(os.__file__), "site-packages", "Traceback", "/tmp"]  # noqa: S108


def test_two_hundred_hostile_uploads_are_each_refused_plainly_and_nothing_breaks(client: httpx.Client) -> None:
    uploads = hostile(1)
    assert len(uploads) >= 200
    fine = client.post("/predict", files=form(speech())).json()
    refused = 0
    for upload in uploads:
        response = client.post("/predict", files=form(upload.content, upload.name))
        assert response.status_code in (200, 413, 415, 422), (upload.name[:60], response.text)
        if response.status_code != 200:
            refused += 1
            said = response.json()
            assert said["detail"], upload.name
            assert said["fix"], upload.name
        for place in PLACES:
            assert place not in response.text, (upload.name[:60], response.text)
        assert "/" not in response.json().get("answer", {}).get("source", "")
    assert refused > 100
    assert client.post("/predict", files=form(speech())).json() == fine
    assert 'reason="fault"' not in client.get("/metrics").text
