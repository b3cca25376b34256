"""The system under test as processes: started together, ended together, whatever ends the harness."""

from loadstone.stack.plan import ExternalServers, ServicePlan, StackPlan
from loadstone.stack.stack import Stack, start_stack

__all__ = ["ExternalServers", "ServicePlan", "Stack", "StackPlan", "start_stack"]
