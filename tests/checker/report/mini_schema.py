"""A validator for the part of JSON Schema that our own schemas use; other keywords are errors."""

from __future__ import annotations

from collections.abc import Iterator

from checker.report.values_json import Json

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "null": type(None),
    "integer": int,
    "number": (int, float),
}
_KNOWN = {
    *("type", "properties", "required", "additionalProperties", "items", "enum", "const"),
    *("anyOf", "minimum", "$ref", "$defs", "$schema", "title"),
}


def violations(value: Json, schema: Json, root: dict[str, Json], path: str = "$") -> Iterator[str]:
    """Yields where `value` departs from the schema."""
    assert isinstance(schema, dict)
    assert set(schema) <= _KNOWN, set(schema) - _KNOWN
    if "$ref" in schema:
        reference = schema["$ref"]
        assert isinstance(reference, str)
        definitions = root["$defs"]
        assert isinstance(definitions, dict)
        yield from violations(value, definitions[reference.rpartition("/")[2]], root, path)
        return
    if "anyOf" in schema:
        choices = schema["anyOf"]
        assert isinstance(choices, list)
        if all(any(violations(value, choice, root, path)) for choice in choices):
            yield f"{path}: none of the alternatives"
        return
    if "const" in schema and value != schema["const"]:
        yield f"{path}: not {schema['const']!r}"
    allowed = schema.get("enum")
    if isinstance(allowed, list) and value not in allowed:
        yield f"{path}: {value!r} is not one of {allowed}"
    if not _has_type(value, schema.get("type")):
        yield f"{path}: not of type {schema['type']}"
        return
    minimum = schema.get("minimum")
    if isinstance(minimum, int) and isinstance(value, int | float) and value < minimum:
        yield f"{path}: below {minimum}"
    yield from _object(value, schema, root, path)
    if isinstance(value, list) and "items" in schema:
        for number, item in enumerate(value):
            yield from violations(item, schema["items"], root, f"{path}[{number}]")


def _has_type(value: Json, name: Json) -> bool:
    if name is None:
        return True
    assert isinstance(name, str)
    is_bool = isinstance(value, bool)
    return isinstance(value, _TYPES[name]) and (name == "boolean" or not is_bool)


def _object(
    value: Json, schema: dict[str, Json], root: dict[str, Json], path: str
) -> Iterator[str]:
    if not isinstance(value, dict):
        return
    properties = schema.get("properties", {})
    required = schema.get("required", [])
    assert isinstance(properties, dict)
    assert isinstance(required, list)
    for name in required:
        if name not in value:
            yield f"{path}: without {name}"
    for name, part in value.items():
        if name in properties:
            yield from violations(part, properties[name], root, f"{path}.{name}")
        elif schema.get("additionalProperties") is False:
            yield f"{path}: unknown {name}"
