"""What the model is held against: facts with bands, the parameter sets that meet them, and how
well they do elsewhere.
"""
