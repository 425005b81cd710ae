WATER_AFTER_DAYS = 3
BEDS = ["tomatoes", "beans"]
