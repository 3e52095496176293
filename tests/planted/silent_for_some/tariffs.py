TARIFFS = {"DE": 4, "FR": 5, "IT": 6}
