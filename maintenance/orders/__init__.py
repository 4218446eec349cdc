"""Work orders: how they are asked for, decided about, carried out and proven.

Every act of a person is one function here; the API and the admin only call it.
"""
