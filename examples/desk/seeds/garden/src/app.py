from settings import BEDS

for bed in BEDS:
    print(bed)
