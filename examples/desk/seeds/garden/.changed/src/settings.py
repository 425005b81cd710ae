WATER_AFTER_DAYS = 2
BEDS = ["tomatoes", "beans", "herbs"]
