"""Number plans of regions out of the metadata of `phonenumbers`, as plain tables."""

from functools import lru_cache

from phonenumbers import PhoneMetadata

from streams.model.mediation import NumberPlan


@lru_cache(maxsize=256)
def number_plan(region: str) -> NumberPlan | None:
    """The plan of an ISO 3166 region, None where there is no such region."""
    found = PhoneMetadata.metadata_for_region(region, None)
    if found is None or found.general_desc is None:
        return None
    return NumberPlan(
        country_code=str(found.country_code),
        international_prefix=found.international_prefix or "",
        national_prefix=found.national_prefix_for_parsing or "",
        transform=found.national_prefix_transform_rule or "",
        national_number=found.general_desc.national_number_pattern or "",
    )
