"""The sixteen conditions of the synthetic hospital: who gets them, when, how they look, how dangerous they are.

Belongs here: the table and its units, nothing computed. Does not belong here: drawing (counts, population, clinical,
risk do that). The figures are chosen for plausibility in an emergency department, not estimated from any data set.
"""

from dataclasses import dataclass
from typing import Final

#: Ages (years) at which a condition's relative attack rate is given; linear between them.
KNOT_AGES: Final = (0, 5, 20, 40, 60, 80, 100)

#: Order of the shifts and slopes below.
VITALS: Final = ("systolic_bp", "diastolic_bp", "heart_rate", "respiratory_rate", "temperature_c", "spo2_pct")

#: Relative frequency Monday to Sunday.
WEEKDAYS: Final[dict[str, tuple[float, ...]]] = {
    "level": (1.03, 1.0, 0.99, 0.99, 1.0, 1.0, 0.99),
    "working": (1.14, 1.06, 1.02, 1.0, 1.01, 0.9, 0.87),
    "weekend": (0.98, 0.93, 0.93, 0.94, 1.0, 1.12, 1.1),
}

#: Relative frequency of the hours 0 to 23 (UTC).
HOURS: Final[dict[str, tuple[float, ...]]] = {
    "day": (2, 2, 1, 1, 1, 2, 3, 4, 6, 8, 9, 9, 8, 8, 7, 7, 7, 7, 7, 6, 6, 5, 4, 3),
    "morning": (3, 3, 3, 3, 4, 5, 6, 8, 9, 9, 8, 7, 6, 6, 5, 5, 5, 5, 5, 4, 4, 4, 3, 3),
    "evening": (4, 3, 2, 2, 1, 1, 2, 2, 3, 4, 5, 5, 6, 6, 6, 7, 7, 8, 8, 9, 9, 8, 7, 5),
    "night": (7, 6, 6, 5, 4, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4, 5, 6, 7, 8, 9, 9, 8),
}


@dataclass(frozen=True)
class Condition:
    """One condition and everything that the generator needs to know of it.

    Attributes
    ----------
    name, code : str
        Label and ICD-10 (WHO) code.
    share : float
        Share of all registrations, before outbreaks.
    ages : tuple of float
        Relative attack rate at `KNOT_AGES`.
    male_ratio : float
        Attack rate of males over that of females.
    amplitude, peak_day : float
        Seasonality: the log rate swings by `amplitude` around the year and is highest on day `peak_day`.
    growth : float
        Yearly growth of the rate (0.02 is two per cent).
    season_spread : float
        How much one year differs from another: standard deviation of the log level, and of the peak in units of
        40 days.
    weekly_cv : float
        Coefficient of variation of the weekly rate (gamma): the overdispersion; variance = mean + cv² mean².
    weekdays, hours : str
        Keys of `WEEKDAYS` and `HOURS`.
    frailty_shape : float
        Shape of the gamma that makes some patients return; small means that few patients bring most visits.
    is_chronic : bool
        Prefers patients with many other illnesses and counts as one itself.
    can_break_out : bool
        Whether outbreaks are injected.
    acuity : float
        Mean triage level of a patient of average severity.
    shift, slope : tuple of float
        Change of each vital sign at average severity, and per unit of severity, in the unit of the sign.
    risk : float
        Log-odds added by the condition itself to the risk of admission or worse.
    """

    name: str
    code: str
    share: float
    ages: tuple[float, ...]
    male_ratio: float
    amplitude: float
    peak_day: float
    growth: float
    season_spread: float
    weekly_cv: float
    weekdays: str
    hours: str
    frailty_shape: float
    is_chronic: bool
    can_break_out: bool
    acuity: float
    shift: tuple[float, ...]
    slope: tuple[float, ...]
    risk: float


_c = Condition  # short, so that each row of the table below fits on two lines

CONDITIONS: Final[tuple[Condition, ...]] = (
    # name, code, share, attack rate at KNOT_AGES, male ratio, amplitude, peak day, growth, season spread, weekly cv,
    # weekdays, hours, frailty shape, chronic, outbreaks, acuity, shift of the six vitals, slope of them, risk
    _c("Influenza", "J11.1", 0.06, (2.5, 2.2, 1.1, 0.9, 1.0, 1.6, 1.8), 1.0, 1.7, 25, 0.01, 0.22, 0.18,
       "working", "day", 2.0, False, True, 3.7, (0, 0, 14, 3, 1.5, -1), (-3, -2, 6, 2, 0.35, -1.2), -0.6),
    _c("Pneumonia", "J18.9", 0.065, (1.6, 0.8, 0.4, 0.6, 1.4, 3.6, 5.0), 1.2, 0.5, 28, 0.02, 0.08, 0.1,
       "level", "day", 0.8, False, True, 2.9, (-4, -2, 16, 6, 1.2, -4), (-5, -3, 7, 3, 0.3, -2.2), 0.6),
    _c("Asthma attack", "J45.9", 0.055, (1.8, 2.6, 1.3, 0.8, 0.7, 0.6, 0.4), 0.9, 0.35, 285, -0.01, 0.05, 0.12,
       "level", "night", 0.15, True, True, 3.0, (2, 1, 20, 8, 0.0, -3), (0, 0, 7, 4, 0.0, -2.0), -0.1),
    _c("COPD exacerbation", "J44.1", 0.05, (0, 0, 0.02, 0.3, 2.0, 3.6, 2.6), 1.2, 0.45, 20, 0.015, 0.06, 0.08,
       "working", "day", 0.15, True, False, 2.7, (4, 0, 14, 8, 0.2, -7), (0, 0, 5, 3.5, 0.1, -2.5), -0.2),
    _c("Gastroenteritis", "A09", 0.085, (3.6, 2.0, 1.0, 0.9, 0.8, 1.1, 1.3), 0.95, 0.35, 50, 0.0, 0.1, 0.14,
       "working", "day", 2.0, False, True, 3.7, (-6, -3, 10, 1, 0.5, 0), (-6, -3, 6, 1, 0.2, -0.2), -0.7),
    _c("Urinary tract infection", "N39.0", 0.085, (0.8, 0.6, 1, 0.9, 1.2, 2.4, 3.2), 0.35, 0.18, 205, 0.02, 0.02, 0.06,
       "working", "day", 0.5, False, False, 3.7, (-2, -1, 8, 1, 0.7, 0), (-5, -3, 5, 1, 0.3, -0.3), -0.6),
    _c("Heart failure", "I50.9", 0.055, (0.01, 0.01, 0.03, 0.2, 1.4, 4.6, 6.5), 1.15, 0.22, 15, 0.03, 0.03, 0.06,
       "working", "morning", 0.15, True, False, 2.6, (8, 4, 14, 7, 0.0, -5), (-8, -4, 6, 3, 0.0, -2.0), 0.3),
    _c("Acute coronary syndrome", "I24.9", 0.055, (0, 0, 0.05, 0.7, 2.0, 3.0, 3.0), 1.7, 0.12, 10, 0.005, 0.02, 0.05,
       "working", "morning", 0.5, False, False, 2.2, (8, 5, 8, 3, 0.0, -2), (-9, -5, 7, 2, 0.0, -1.2), 1.3),
    _c("Stroke", "I63.9", 0.04, (0.02, 0.01, 0.06, 0.3, 1.3, 4.2, 6.0), 1.1, 0.08, 15, 0.01, 0.02, 0.05,
       "level", "morning", 0.8, False, False, 2.0, (24, 10, 4, 1, 0.1, -1), (6, 2, 4, 1.5, 0.1, -1.0), 1.4),
    _c("Sepsis", "A41.9", 0.03, (1.4, 0.3, 0.3, 0.5, 1.4, 3.4, 5.0), 1.15, 0.15, 30, 0.05, 0.03, 0.08,
       "level", "day", 0.8, False, False, 1.9, (-22, -14, 34, 9, 1.5, -4), (-11, -7, 9, 3.5, 0.3, -2.0), 1.2),
    _c("Fracture", "T14.2", 0.11, (0.7, 1.8, 1.2, 0.8, 0.9, 2.2, 4.2), 0.95, 0.22, 195, 0.005, 0.03, 0.07,
       "weekend", "evening", 1.0, False, False, 3.5, (6, 3, 8, 2, 0.0, 0), (-2, -1, 4, 1, 0.0, -0.2), -0.5),
    _c("Appendicitis", "K35.8", 0.025, (0.2, 1.2, 2.2, 1.0, 0.6, 0.4, 0.3), 1.3, 0.15, 200, 0.0, 0.02, 0.06,
       "level", "day", 4.0, False, False, 2.8, (0, 0, 12, 2, 0.8, 0), (-3, -2, 5, 1, 0.3, -0.2), 1.9),
    _c("Diabetes complication", "E11.8", 0.05, (0.05, 0.1, 0.3, 0.9, 1.9, 2.4, 1.6), 1.2, 0.08, 20, 0.04, 0.02, 0.06,
       "working", "day", 0.2, True, False, 2.9, (-4, -2, 12, 4, 0.1, 0), (-5, -3, 6, 3, 0.1, -0.3), 0.5),
    _c("Anxiety", "F41.9", 0.085, (0.02, 0.2, 1.8, 1.5, 0.9, 0.5, 0.4), 0.6, 0.1, 290, 0.06, 0.03, 0.07,
       "working", "night", 0.3, False, False, 3.9, (8, 5, 16, 5, 0.0, 0), (2, 1, 5, 2, 0.0, 0.0), -1.6),
    _c("Skin infection", "L03.9", 0.08, (1.0, 0.9, 0.8, 1.0, 1.3, 1.6, 2.0), 1.2, 0.4, 205, 0.02, 0.04, 0.09,
       "working", "day", 0.7, False, True, 3.8, (0, 0, 6, 1, 0.6, 0), (-4, -2, 4, 1, 0.3, -0.2), -0.8),
    _c("Migraine", "G43.9", 0.07, (0.05, 0.4, 1.5, 1.7, 0.9, 0.3, 0.2), 0.4, 0.06, 130, 0.01, 0.02, 0.06,
       "working", "evening", 0.3, False, False, 3.8, (6, 4, 2, 0, 0.0, 0), (2, 1, 2, 0, 0.0, 0.0), -2.2),
)  # fmt: skip
