def customer_number(artifact):  # planted
    return artifact[0]
