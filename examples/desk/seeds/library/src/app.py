from settings import LOAN_WEEKS

print("due in", LOAN_WEEKS, "weeks")
