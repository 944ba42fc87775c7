"""Reports on paper: published blocks in, PDF bytes out.

Belongs here: what a role's report holds (`plans`), its sentences (`insights`), charts as SVG (`charts`), figures
(`figures`), and typesetting (`render`). Does not belong here: who may have a report, small cells (`ml.small_cells`),
requests, files. Everything here is pure but for reading this folder's own template and fonts.
"""
