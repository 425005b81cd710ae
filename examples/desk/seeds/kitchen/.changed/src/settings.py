MEALS_A_DAY = 3
PANTRY = "pantry.txt"
