"""Where the temperature is measured, by station number."""

# station: (latitude, longitude), degrees
STATIONS = {
    101: (47.05, 8.31),
    102: (46.95, 7.45),
    205: (46.00, 8.95

HIGHEST = 205
