"""The resources `/config` and `/mode`: a request in, a JSON document out."""

from typing import Any

from gridctl.local.registry.settings import Settings
from gridctl.local.registry.store import GLOBAL
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
    """One method a resource and verb; raises ApiError."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def level(self, _call: Call) -> Any:
        """GET /config."""
        return {"compatibilityLevel": self._settings.level(GLOBAL, inherit=True)}

    def set_level(self, call: Call) -> Any:
        """PUT /config."""
        return self._set_level(call, GLOBAL)

    def drop_level(self, _call: Call) -> Any:
        """DELETE /config."""
        return self._drop_level(GLOBAL)

    def subject_level(self, call: Call) -> Any:
        """GET /config/{subject}."""
        return {"compatibilityLevel": self._settings.level(call.subject, inherit=call.flag("defaultToGlobal"))}

    def set_subject_level(self, call: Call) -> Any:
        """PUT /config/{subject}."""
        return self._set_level(call, call.subject)

    def drop_subject_level(self, call: Call) -> Any:
        """DELETE /config/{subject}."""
        return self._drop_level(call.subject)

    def _set_level(self, call: Call, scope: str) -> Any:
        fields = call.fields(("compatibility",), _OTHER_CONFIG)
        return {"compatibility": self._settings.set_level(scope, fields.get("compatibility"))}

    def _drop_level(self, scope: str) -> Any:
        # Confluent's clients read the level that was dropped, Karapace's the one that holds now.
        dropped = self._settings.drop_level(scope)
        return {"compatibilityLevel": dropped, "compatibility": self._settings.level(scope, inherit=True)}

    def mode(self, _call: Call) -> Any:
        """GET /mode."""
        return {"mode": self._settings.mode(GLOBAL, inherit=True)}

    def set_mode(self, call: Call) -> Any:
        """PUT /mode."""
        return self._set_mode(call, GLOBAL)

    def drop_mode(self, _call: Call) -> Any:
        """DELETE /mode."""
        return {"mode": self._settings.drop_mode(GLOBAL)}

    def subject_mode(self, call: Call) -> Any:
        """GET /mode/{subject}."""
        return {"mode": self._settings.mode(call.subject, inherit=call.flag("defaultToGlobal"))}

    def set_subject_mode(self, call: Call) -> Any:
        """PUT /mode/{subject}."""
        return self._set_mode(call, call.subject)

    def drop_subject_mode(self, call: Call) -> Any:
        """DELETE /mode/{subject}."""
        return {"mode": self._settings.drop_mode(call.subject)}

    def _set_mode(self, call: Call, scope: str) -> Any:
        fields = call.fields(("mode",))
        return {"mode": self._settings.set_mode(scope, fields.get("mode"), force=call.flag("force"))}
