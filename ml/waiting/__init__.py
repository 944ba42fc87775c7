"""Waiting: whose turn it is, and how long it will take.

Belongs here: the order of a queue, and the estimate of a wait with its evaluation. Does not belong here: tables, HTTP
and the simulated hospital (`ml.synthetic.flow`). Import the modules by name: `fit` needs scipy, `order` and
`estimate` need none, and a web worker wants only those.
"""
