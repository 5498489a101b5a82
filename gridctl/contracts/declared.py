"""What people declare in TOML files: strict models, and one way to say what is wrong with a file, and where."""

import tomllib
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from gridctl.errors import UsageProblem


class Declared(BaseModel):
    """Frozen, strict, closed: the base of what such a file holds."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    @classmethod
    def from_toml(cls, text: str, where: str) -> Self:
        """Read a file; raise UsageProblem naming the place of the first thing that is wrong."""
        try:
            return cls.model_validate(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise UsageProblem(f"{where}: is not TOML: {error}") from error
        except ValidationError as error:
            first = error.errors()[0]
            raise UsageProblem(f"{where}: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from error
