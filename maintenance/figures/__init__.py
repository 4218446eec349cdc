"""What the rows say in numbers: pure functions, and the queries that fetch what they need.

docs/kpis.md defines each figure.
"""
