"""The published analyses and what happens right now, as ready bytes.

Belongs here: reading published results, caching, suppression of small cells, exports. Does not belong here: computing
an analysis (`ml.analytics`, run by `assets/`).
"""
