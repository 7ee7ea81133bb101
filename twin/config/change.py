"""A configuration with some settings changed from within the program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from twin.config.model import Config
from twin.errors import ConfigError


def setting(config: Config, name: str) -> Any:
    """Return a setting by its name, `section.key`.

    Raises
    ------
    ConfigError
        If there is no such setting.
    """
    section, _, key = name.partition(".")
    found = getattr(config, section, None) if section in Config.model_fields else None
    if found is None or key not in type(found).model_fields:
        raise ConfigError(f"setting {name}: found none of that name; wanted section.key; see default.yaml")
    return getattr(found, key)


def changed(config: Config, settings: Mapping[str, Any]) -> Config:
    """Return a configuration with other values for some settings, checked as if they stood in the file.

    Parameters
    ----------
    config : Config
        The configuration; it stays as it is.
    settings : mapping of str to value
        New values by name, `section.key`. Where the setting is a whole number the value is rounded.

    Raises
    ------
    ConfigError
        If there is no such setting, or a value is outside of what it may be.
    """
    values = config.model_dump()
    for name, value in settings.items():
        section, _, key = name.partition(".")
        is_whole = type(setting(config, name)) is int
        values[section][key] = round(value) if is_whole and isinstance(value, float) else value
    try:
        return Config.model_validate(values)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, item['loc']))}: {item['msg']} (got {item['input']})" for item in error.errors()]
        raise ConfigError("\n".join(faults)) from error
