from settings import MEALS_A_DAY

print(7 * MEALS_A_DAY, "meals to plan")
