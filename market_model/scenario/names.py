"""Names that tables use for things of other tables: they must be defined there."""

from typing import Annotated

from pydantic import AfterValidator, ValidationInfo
from pydantic_core import PydanticCustomError

from ..errors import suggest


def _defined(what: str) -> AfterValidator:
    """Names must be among those of their kind in the validation context; anything goes without
    one.
    """

    def defined(name: str, info: ValidationInfo) -> str:
        names = (info.context or {}).get(what, (name,))
        if name not in names:
            said = {"name": name, "what": what, "known": suggest(name, names)}
            raise PydanticCustomError(
                "unknown_name", "names the {what} '{name}', which is not defined; {known}", said
            )
        return name

    return AfterValidator(defined)


type AppName = Annotated[str, _defined("app")]
type CarrierName = Annotated[str, _defined("carrier")]
type RegionName = Annotated[str, _defined("region")]
type OfferName = Annotated[str, _defined("offer")]
type PlanName = Annotated[str, _defined("plan")]
type FirmName = Annotated[str, _defined("app, carrier or owner")]
