MEALS_A_DAY = 2
PANTRY = "pantry.txt"
