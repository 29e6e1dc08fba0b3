"""What can be said of the containers without an engine: the files agree with the tree, the Makefile and each other."""

from __future__ import annotations

import fnmatch
import json
import re
import shlex
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from ser import cli
from ser.serving.http.guard import OPEN

ROOT = Path(__file__).parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
GUIDE = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
IGNORED = [
    line for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line and line[0] != "#"
]


def instructions() -> list[tuple[str, str]]:
    """Read the Dockerfile: instruction and what follows it, continued lines joined."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = [line.strip() for line in re.sub(r"\\\n", " ", text).splitlines()]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines if line]


def stages() -> dict[str, list[tuple[str, str]]]:
    """Instructions of each stage, those of the stages it is built on before its own."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, value in instructions():
        if name == "FROM":
            base, _, stage = value.split()
            found[stage] = list(found.get(base, [(name, base)]))
            continue
        found[stage].append((name, value))
    return found


STAGES = stages()
FINAL = {"demo", "test", "app", "serve"}


def copied() -> Iterator[tuple[list[str], list[str]]]:
    """Flags and paths of each COPY."""
    for name, value in instructions():
        if name == "COPY":
            words = value.split()
            yield [word for word in words if word.startswith("--")], [w for w in words if not w.startswith("--")]


def ignored(path: str) -> bool:
    """Whether .dockerignore leaves a path out: its patterns start at the root, and a folder takes all it holds."""
    parts = Path(path).parts
    heads = ["/".join(parts[: count + 1]) for count in range(len(parts))]
    return any(
        fnmatch.fnmatchcase(head, pattern.removeprefix("**/"))
        or (pattern.startswith("**/") and fnmatch.fnmatchcase(Path(head).name, pattern.removeprefix("**/")))
        for pattern in IGNORED
        for head in heads
    )


def resolved(text: str, **known: str) -> str:
    """Put values in the place of variables, as compose does."""
    text = re.sub(r"\$\{(\w+):-([^}]*)\}", lambda found: known.get(found[1], found[2]), text)
    return text.replace("$$", "$")


def command(service: str) -> list[str]:
    whole = SERVICES[service]
    return [resolved(str(word), SER_RUN="3f2a") for word in [*whole.get("entrypoint", ["ser"]), *whole["command"]]]


def test_what_is_copied_is_there() -> None:
    for flags, (*sources, _) in copied():
        stage = next((flag.removeprefix("--from=") for flag in flags if flag.startswith("--from=")), None)
        if stage is not None:
            assert stage in STAGES
            continue
        for source in sources:
            assert (ROOT / source).exists(), source
            assert not ignored(source), source


def test_what_git_leaves_out_enters_no_image() -> None:
    for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            inner = line.rstrip("/")
            assert (inner[1:] if inner.startswith("/") else inner) in {p.removeprefix("**/") for p in IGNORED}, line
    assert all(map(ignored, (".git", ".env", "secrets/serve_token", "runs/1/run.json", "src/ser/__pycache__/x.pyc")))


@pytest.mark.parametrize(
    "path", ["Dockerfile", "compose.yaml", ".dockerignore", ".dvc/config", ".ci/run.sh", "src/ser/features/store.py"]
)
def test_what_the_tests_read_enters_the_image_that_runs_them(path: str) -> None:
    assert not ignored(path)


def test_the_steps_are_those_of_the_makefile() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    used = {target for name, value in instructions() if name == "RUN" for target in re.findall(r"make (\w+)$", value)}
    assert used == {"libraries", "setup", "demo", "test"}
    assert used <= targets


@pytest.mark.parametrize("target", ["demo", "test"])
def test_the_two_commands_of_the_readme_are_stages(target: str) -> None:
    assert STAGES[target][-1] == ("RUN", f"make {target}")
    assert f"    make {target} " in (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("stage", ["demo", "test", "build"])
def test_libraries_are_set_up_before_the_sources_come(stage: str) -> None:
    steps = [" ".join(step) for step in STAGES[stage]]
    lock = dict(value.split("=") for name, value in STAGES[stage] if name == "ENV" and value.startswith("LOCK="))
    before = next(place for place, step in enumerate(steps) if step.endswith("make libraries"))
    assert steps[before - 1].split()[-3:] == ["Makefile", lock.get("LOCK", "requirements.lock"), "./"]
    assert steps[before + 1].endswith(" . .")


@pytest.mark.parametrize("stage", sorted(FINAL))
def test_no_image_runs_as_root(stage: str) -> None:
    assert [value for name, value in STAGES[stage] if name == "USER"][-1] == "ser"


def test_every_image_is_named_with_its_version_and_nothing_is_fetched_from_elsewhere() -> None:
    foreign = {value.split()[0] for name, value in instructions() if name == "FROM"} - set(STAGES)
    foreign |= {service["image"] for service in SERVICES.values() if "build" not in service}
    for image in foreign:
        assert re.fullmatch(r"[a-z]+:[0-9][\w.-]+", image), image
    assert "ADD" not in {name for name, _ in instructions()}
    assert not re.search(r"https?://(?!127\.0\.0\.1[:/])", (ROOT / "Dockerfile").read_text(encoding="utf-8"))


def test_services_are_built_from_stages() -> None:
    built = [service for service in SERVICES.values() if "build" in service]
    assert {service["build"]["target"] for service in built} == {"app", "serve"}
    assert all(service["image"] == f"ser-{service['build']['target']}:local" for service in built)
    assert instructions()[-1][0] == "HEALTHCHECK"
    assert STAGES["serve"][: len(STAGES["app"])] == STAGES["app"]


@pytest.mark.parametrize(
    "service", [name for name, it in SERVICES.items() if "command" in it and "entrypoint" not in it]
)
def test_each_command_line_of_ser_is_one(service: str) -> None:
    options = cli._parser().parse_args(command(service)[1:])
    assert str(options.work_dir) == "/lab"
    assert options.host == "0.0.0.0"  # noqa: S104 - of the container, whose ports compose opens to this machine alone


def test_the_command_line_of_mlflow_is_one() -> None:
    shell, flags, script = command("mlflow")
    assert (shell, flags) == ("sh", "-euc")
    words = shlex.split(script.replace("\\\n", " ").partition("exec mlflow server ")[2])
    options = dict(zip(words[::2], words[1::2], strict=True))
    # To import MLflow's command line takes seconds; its options stand in its source.
    mlflow = Path(str(find_spec("mlflow").origin)).parent
    source = "".join((mlflow / file).read_text(encoding="utf-8") for file in ("cli/__init__.py", "utils/cli_args.py"))
    assert {option for option in options if f'"{option}"' not in source} == set()
    assert options["--backend-store-uri"] == "postgresql+psycopg2://mlflow@postgres:5432/mlflow"
    assert "mlflow:5000" in options["--allowed-hosts"].split(",")
    assert options["--artifacts-destination"] == SERVICES["mlflow"]["volumes"][0].partition(":")[2]
    assert {"POSTGRES_USER": "mlflow", "POSTGRES_DB": "mlflow"}.items() <= SERVICES["postgres"]["environment"].items()
    assert SERVICES["ser"]["environment"]["MLFLOW_TRACKING_URI"] == "http://mlflow:5000"


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_secrets_are_files_of_the_user(service: str) -> None:
    whole = SERVICES[service]
    for name, value in whole.get("environment", {}).items():
        assert not re.search("PASSWORD|TOKEN|SECRET", name) or name.endswith("_FILE"), name
        assert not name.endswith("_FILE") or value.startswith("/run/secrets/"), value
    assert set(re.findall(r"/run/secrets/(\w+)", json.dumps(whole))) == set(whole.get("secrets", []))
    for name in whole.get("secrets", []):
        assert COMPOSE["secrets"][name] == {"file": f"./secrets/{name}"}
        assert name in GUIDE


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_services_are_confined(service: str) -> None:
    whole = SERVICES[service]
    assert whole["read_only"]
    assert whole["cap_drop"] == ["ALL"]
    assert whole["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "network_mode", "pid"} & set(whole)


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_ports_are_open_to_this_machine_alone(service: str) -> None:
    for port in SERVICES[service].get("ports", []):
        address, outside, inside = resolved(port).split(":")
        assert (address, outside) == ("127.0.0.1", inside)
        assert f"http://127.0.0.1:{inside}" in GUIDE


@pytest.mark.parametrize("kind", ["volumes", "networks", "secrets"])
def test_what_services_share_is_declared_and_used(kind: str) -> None:
    used = [resolved(name).split(":")[0] for service in SERVICES.values() for name in service.get(kind, [])]
    assert set(used) | ({"default"} if kind == "networks" else set()) == set(COMPOSE[kind])


def health(service: str) -> str:
    """Give what a service is asked, as one text: its own check, else that of its image."""
    if "healthcheck" in SERVICES[service]:
        return " ".join(SERVICES[service]["healthcheck"]["test"])
    stage = STAGES[SERVICES[service]["build"]["target"]]
    return "".join(value for name, value in stage if name == "HEALTHCHECK")


@pytest.mark.parametrize("service", sorted(set(SERVICES) - {"ser", "postgres"}))
def test_health_is_asked_where_the_service_listens(service: str) -> None:
    address = urlsplit(re.findall(r"http://[^']+", health(service))[0])
    assert address.hostname == "127.0.0.1"
    assert address.port == int(resolved(SERVICES[service]["ports"][0]).split(":")[-1])
    assert "timeout=" in health(service)


def test_the_health_of_the_service_is_a_route_without_token() -> None:
    assert urlsplit(re.findall(r"http://[^']+", health("serve"))[0]).path in OPEN


def test_services_wait_for_what_can_say_that_it_is_well() -> None:
    for service in SERVICES.values():
        for other, how in service.get("depends_on", {}).items():
            assert how == {"condition": "service_healthy"}
            assert health(other)


def test_every_variable_has_a_default_and_is_explained() -> None:
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    # A variable without one would stop every service, not the one that uses it.
    assert not re.search(r"(?<!\$)\$(?!\$|\{\w+:-)", text)
    assert set(re.findall(r"\$\{(\w+)", text)) <= set(re.findall(r"\w+", GUIDE))


def test_the_commands_of_the_guide_exist() -> None:
    lines = re.findall(r"docker compose (?:run|exec|logs|stop) (.*)", GUIDE)
    assert lines
    for line in lines:
        assert set(SERVICES) & set(line.split()), line
    assert set(re.findall(r"run --rm ser (\w+)", GUIDE)) <= {*cli.VERBS, *cli.COMMANDS}


def test_the_image_holds_what_is_tested_and_no_tool_of_research() -> None:
    base, serving, everything = (
        set(re.findall(r"^([\w.-]+==\S+)", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE))
        for name in ("requirements.lock", "requirements-serve.lock", "requirements-dev.lock")
    )
    assert base < serving < everything
    names = {line.split("==")[0] for line in serving}
    assert {"fastapi", "streamlit", "jupyterlab", "psycopg2-binary", "onnxruntime", "av"} <= names
    # openSMILE is not for commercial products, Praat asks for GPL.
    assert not {"opensmile", "praat-parselmouth", "pyspark", "pytest", "playwright"} & names
