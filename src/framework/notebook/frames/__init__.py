"""Archives and results as DataFrames."""
