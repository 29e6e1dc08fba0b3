"""The documentation as one page that asks the network for nothing, written from the OpenAPI description."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ser.pages.html import Html, join, page, section, table, tag

_CURL = {
    "post /predict": "curl -F file=@speech.wav {base}/predict",
    "post /train": "curl -X POST -H 'Content-Type: application/json' -d '{{\"rerun\": true}}' {base}/train",
    "get /model": "curl {base}/model?format=markdown",
}


def page_of(description: Mapping[str, Any], base: str) -> str:
    """Write the page.

    Args:
        description: of the API, by OpenAPI 3.1.
        base: address of the service, for the examples, without a slash at its end.

    Returns:
        An HTML 5 document.
    """
    return page(
        description["info"]["title"],
        tag("h1", description["info"]["title"]),
        tag("p", description["info"]["summary"]),
        tag(
            "p",
            "Refusals are JSON with title, reason, detail, expected and fix. Where a token is set, send it as ",
            tag("code", "Authorization: Bearer TOKEN"),
            ". For programs: ",
            tag("a", "openapi.json", href="/openapi.json"),
            ".",
        ),
        *(_route(method, path, operation, base) for method, path, operation in _operations(description)),
    )


def _operations(description: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def _route(method: str, path: str, operation: Mapping[str, Any], base: str) -> Html:
    curl = _CURL.get(f"{method} {path}", "curl {base}" + path.replace("{", "{{").replace("}", "}}")).format(base=base)
    parameters = [
        (tag("code", each["name"]), each["in"], each.get("description", each["schema"].get("description", "")))
        for each in operation.get("parameters", [])
    ]
    numbered = {status: response for status, response in operation["responses"].items() if status.isdigit()}
    responses = [(status, _said(response)) for status, response in sorted(numbered.items())]
    return section(
        operation["operationId"],
        f"{method.upper()} {path}",
        tag("p", tag("strong", operation["summary"]), ". ", _marked(operation.get("description", ""))),
        tag("p", tag("code", curl)),
        table("Parameters", ["name", "in", "what"], parameters) if parameters else Html(""),
        table("Responses", ["status", "when and what"], responses),
        *_example(operation["responses"]),
    )


def _marked(text: str) -> Html:
    """Set what stands between backticks as code."""
    return join(tag("code", part) if place % 2 else part for place, part in enumerate(text.split("`")))


def _said(response: Mapping[str, Any]) -> Html:
    """Name what a response is about: a refusal by its reasons, anything else by its type."""
    reasons = [
        (reason, example["summary"])
        for content in response.get("content", {}).values()
        for reason, example in content.get("examples", {}).items()
    ]
    if not reasons:
        return join([" or ".join(response.get("content", {})) or response.get("description", "")])
    return join([tag("span", tag("code", reason), f" {title}. ") for reason, title in reasons])


def _example(responses: Mapping[str, Any]) -> list[Html]:
    found = [
        content["example"]
        for status, response in responses.items()
        if status.startswith("2")
        for content in response.get("content", {}).values()
        if content.get("example")
    ]
    return [tag("div", tag("pre", tag("code", json.dumps(example, indent=2))), class_="scroll") for example in found]
