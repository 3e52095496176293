"""Interactive dataflow for Jupyter: dataflow you can watch."""
