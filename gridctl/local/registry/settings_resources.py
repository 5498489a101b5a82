"""The resources `/config` and `/mode`: a request in, a JSON document out."""

from typing import Any

from gridctl.local.registry.settings import Settings
from gridctl.local.registry.wire import Call

_OTHER_CONFIG = (
    "alias",
    "normalize",
    "validateFields",
    "validateRules",
    "compatibilityGroup",
    "compatibilityPolicy",
    "defaultMetadata",
    "overrideMetadata",
    "defaultRuleSet",
    "overrideRuleSet",
)


class SettingsResources:
    """One method a resource and verb, for `/config` and `/mode` and for those of one subject; raises ApiError."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def level(self, call: Call) -> Any:
        """GET /config and /config/{subject}."""
        return {"compatibilityLevel": self._settings.level(call.scope, inherit=call.flag("defaultToGlobal"))}

    def set_level(self, call: Call) -> Any:
        """PUT /config and /config/{subject}."""
        fields = call.fields(("compatibility",), _OTHER_CONFIG)
        return {"compatibility": self._settings.set_level(call.scope, fields.get("compatibility"))}

    def drop_level(self, call: Call) -> Any:
        """DELETE /config and /config/{subject}."""
        # Confluent's clients read the level that was dropped, Karapace's the one that holds now.
        dropped = self._settings.drop_level(call.scope)
        return {"compatibilityLevel": dropped, "compatibility": self._settings.level(call.scope, inherit=True)}

    def mode(self, call: Call) -> Any:
        """GET /mode and /mode/{subject}."""
        return {"mode": self._settings.mode(call.scope, inherit=call.flag("defaultToGlobal"))}

    def set_mode(self, call: Call) -> Any:
        """PUT /mode and /mode/{subject}."""
        fields = call.fields(("mode",))
        return {"mode": self._settings.set_mode(call.scope, fields.get("mode"), force=call.flag("force"))}

    def drop_mode(self, call: Call) -> Any:
        """DELETE /mode and /mode/{subject}."""
        return {"mode": self._settings.drop_mode(call.scope)}
