"""Vital signs as other systems code them: LOINC codes and UCUM units, brought to our columns.

Belongs here: the two tables that FHIR and HL7 v2 share. Does not belong here: ranges (`core.vocabulary`).
"""

#: LOINC code -> our column.
VITALS_BY_LOINC: dict[str, str] = {
    "8480-6": "systolic_bp",
    "8462-4": "diastolic_bp",
    "8867-4": "heart_rate",
    "9279-1": "respiratory_rate",
    "8310-5": "temperature_c",
    "8331-1": "temperature_c",
    "2708-6": "spo2_pct",
    "59408-5": "spo2_pct",
}
_FAHRENHEIT = {"[degF]", "degF", "F", "°F"}
_KILOPASCAL = {"kPa"}
_PRESSURES = {"systolic_bp", "diastolic_bp"}


def in_our_unit(column: str, value: str, unit: str) -> str:
    """Return a measured value as text in our unit; what is no number stays as it is, for the suite to judge.

    Parameters
    ----------
    column : str
        One of the columns in `VITALS_BY_LOINC`.
    value : str
    unit : str
        UCUM code or the source's word; an unknown unit is taken for ours.
    """
    try:
        number = float(value)
    except ValueError:
        return value
    if column == "temperature_c" and unit in _FAHRENHEIT:
        return f"{(number - 32) * 5 / 9:.2f}".rstrip("0").rstrip(".")
    if column in _PRESSURES and unit in _KILOPASCAL:
        return f"{number * 7.50062:.1f}".rstrip("0").rstrip(".")
    return value
