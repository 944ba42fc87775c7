"""Reports over HTTP: made on request, or by the nightly asset and listed here.

Belongs here: routes, who may have which report, the bounded press. Does not belong here: content and typesetting
(`reports`).
"""
