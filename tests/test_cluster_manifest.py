"""The manifest of a Ray cluster on Kubernetes has the form that its operator reads, and says what the cells need."""

from __future__ import annotations

import importlib.metadata
import re
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

TEMPLATE = {
    "spec": {
        "containers": [
            {
                "name": str,
                "image": str,
                "env": [{"name": str, "value": str}],
                "resources": {"requests": {"cpu": str, "memory": str}, "limits": {"cpu": str, "memory": str}},
                "volumeMounts": [{"name": str, "mountPath": str}],
            }
        ],
        "volumes": [{"name": str, "persistentVolumeClaim": {"claimName": str}}],
    }
}
GROUP = {"rayStartParams": dict, "template": TEMPLATE}
RAY_CLUSTER = {
    "apiVersion": str,
    "kind": str,
    "metadata": {"name": str},
    "spec": {
        "rayVersion": str,
        "headGroupSpec": GROUP,
        "workerGroupSpecs": [GROUP | {"groupName": str, "replicas": int, "minReplicas": int, "maxReplicas": int}],
    },
}
"""The fields of a RayCluster of ray.io/v1 that the manifest uses, all of them needed."""


def unlike(value: Any, form: Any, where: str = "") -> list[str]:
    """Return where a value has not the form."""
    if isinstance(form, type):
        is_texts = form is not dict or (isinstance(value, dict) and all(isinstance(v, str) for v in value.values()))
        return [] if isinstance(value, form) and is_texts else [f"{where}: {value!r}"]
    if isinstance(form, list):
        items = value if isinstance(value, list) and value else [None]
        return [fault for place, item in enumerate(items) for fault in unlike(item, form[0], f"{where}[{place}]")]
    if not isinstance(value, dict):
        return [f"{where}: {value!r}"]
    faults = [f"{where}.{name}" for name in sorted(value.keys() ^ form.keys())]
    for name in sorted(value.keys() & form.keys()):
        faults += unlike(value[name], form[name], f"{where}.{name}")
    return faults


@pytest.fixture
def manifest(repository: Path) -> Any:
    yaml = YAML(typ="safe")
    return yaml.load((repository / "configs" / "cluster" / "raycluster.yaml").read_text(encoding="utf-8"))


def test_the_manifest_has_the_form_of_a_ray_cluster(manifest: Any) -> None:
    assert unlike(manifest, RAY_CLUSTER) == []
    assert (manifest["apiVersion"], manifest["kind"]) == ("ray.io/v1", "RayCluster")


def test_a_wrong_manifest_is_found(manifest: Any) -> None:
    manifest["spec"]["workerGroupSpecs"][0]["replicas"] = "3"
    manifest["spec"]["headGroupSpec"]["rayStartParams"]["num-cpus"] = 0
    del manifest["metadata"]["name"]
    assert unlike(manifest, RAY_CLUSTER) == [
        ".metadata.name",
        f".spec.headGroupSpec.rayStartParams: {manifest['spec']['headGroupSpec']['rayStartParams']}",
        ".spec.workerGroupSpecs[0].replicas: '3'",
    ]


def test_the_manifest_agrees_with_itself_and_with_the_lock(manifest: Any, repository: Path) -> None:
    """One Ray everywhere, the head runs no cells, object stores are sized and fit, every mount has its volume."""
    spec = manifest["spec"]
    lock = (repository / "requirements.lock").read_text(encoding="utf-8")
    assert re.findall(r"^ray==(\S+)", lock, re.M) == [spec["rayVersion"]] == [importlib.metadata.version("ray")]
    assert spec["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"
    for group in (spec["headGroupSpec"], *spec["workerGroupSpecs"]):
        pod = group["template"]["spec"]
        (container,) = pod["containers"]
        assert container["resources"]["requests"] == container["resources"]["limits"]
        store_bytes = int(group["rayStartParams"]["object-store-memory"])
        memory_bytes = int(container["resources"]["limits"]["memory"].removesuffix("Gi")) * 2**30
        assert 75_000_000 <= store_bytes < memory_bytes / 10
        assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    for group in spec["workerGroupSpecs"]:
        assert group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
