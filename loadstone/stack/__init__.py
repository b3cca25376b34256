"""The system under test as processes: started together, ended together."""
