def price_of(row):
    return float(row["price"])  # the bug: some rows have none
