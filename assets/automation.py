"""When an asset renews itself.

Belongs here: the automation conditions that assets share. Does not belong here: schedules and sensors
(`orchestration`).
"""

import dagster as dg

#: As soon as something above was renewed, unless a blocking check on it failed. `eager()` alone ignores checks; and its
#: wish for "no missing month" can't be met by a hospital whose first month is not the first of the calendar.
WHEN_DATA_ARE_GOOD = (
    dg.AutomationCondition.eager().without(~dg.AutomationCondition.any_deps_missing())
    & dg.AutomationCondition.all_deps_blocking_checks_passed()
).with_label("when the data above are new and good")
