"""Reports: what the rows say of an interval, on paper and as data. Computed from rows only, so
that the same request has the same report."""
